import * as pulumi from "@pulumi/pulumi";
import type { ServiceSettings } from "../config/settings-types.ts";
import type {
  Cloud,
  ClusterOutputs,
  EncryptionOutputs,
  KafkaOutputs,
  NetworkOutputs,
  StoreOutputs,
} from "./clouds/contract.ts";
import { withProviders } from "./core/component-options.ts";
import type { PlatformContext } from "./core/context.ts";
import { createAlertmanagerConfig } from "./kubernetes/alertmanager.ts";
import { createPlatformRules } from "./kubernetes/alerts/create.ts";
import { metricSources } from "./kubernetes/alerts/sources.ts";
import { createDashboards } from "./kubernetes/dashboards/create.ts";
import { dashboardNames } from "./kubernetes/dashboards/names.ts";
import { createExporters } from "./kubernetes/exporters.ts";
import { createGrafanaAdmin } from "./kubernetes/grafana.ts";
import { createJaeger } from "./kubernetes/jaeger.ts";
import { createLogCollector } from "./kubernetes/log-collector.ts";
import { createLoki } from "./kubernetes/loki.ts";
import { createMonitoringNamespaces } from "./kubernetes/monitoring.ts";
import { createOtelCollector } from "./kubernetes/otel-collector.ts";
import { collector, jaeger, loki, prometheus } from "./kubernetes/places.ts";
import { alertmanagerUrl, createPrometheus, grafanaUrl } from "./kubernetes/prometheus.ts";
import { createScrapeTargets } from "./kubernetes/scrape-targets.ts";
import type { Secrets } from "./secrets.ts";

export interface ObservabilityArgs {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly encryption: EncryptionOutputs;
  readonly network: NetworkOutputs;
  readonly cluster: ClusterOutputs;
  /** Brings External Secrets and the keys of PagerDuty and Slack. */
  readonly secrets: Secrets;
  /** Watched by the cloud's alarms and exporters; Elasticsearch keeps the spans. */
  readonly data: {
    readonly postgres: StoreOutputs;
    readonly redis: StoreOutputs;
    readonly elasticsearch: StoreOutputs;
  };
  readonly messaging: { readonly kafka: KafkaOutputs };
  /** Services of the stack, which the dashboards show. */
  readonly services: readonly ServiceSettings[];
  /** Copies of Loki and Alertmanager, 1 to 3; Prometheus and the collector have the same, at most 2. */
  readonly replicas: number;
  /** GiB of each Prometheus' volume, 5 to 2000. */
  readonly prometheusStorageGiB: number;
  /** Days that metrics are kept, 1 to 90; fewer when the volume is full before. */
  readonly prometheusRetentionDays: number;
  /** GiB of each Loki's volume, 5 to 2000: what is not in object storage yet. */
  readonly lokiStorageGiB: number;
  /** Days that logs are kept in object storage, 1 to 400. */
  readonly logRetentionDays: number;
  /** Whether traces also go to the cloud's own tracing. */
  readonly cloudTraces: boolean;
  /** Days that logs of managed services are kept in the cloud's log store, 1 to 3653. */
  readonly cloudLogRetentionDays: number;
}

/** Addresses inside the cluster; people reach them with `kubectl port-forward`. */
export interface ObservabilityEndpoints {
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly grafana: string;
  readonly loki: string;
  readonly jaeger: string;
  /** OTLP over gRPC. */
  readonly otlp: string;
}

export interface ObservabilityOutputs {
  readonly endpoints: ObservabilityEndpoints;
  /** Names of the dashboards that are installed. */
  readonly dashboards: readonly string[];
  /** Where the cloud's alarms are published, for subscriptions made by hand; undefined where there are none. */
  readonly alarmTopic: pulumi.Output<string> | undefined;
  /** The kinds of monitors and rules exist, and somebody reads them. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * Metrics, logs, traces and alerts of everything the platform runs.
 *
 * Creates: the namespaces `monitoring` and `monitoring-agents`; Prometheus with its operator, Alertmanager (critical
 * alerts to PagerDuty, warnings to Slack), Grafana with its data sources; Loki on object storage with a collector on
 * every node; Jaeger with its spans in Elasticsearch; the OpenTelemetry collector; monitors of the platform's
 * operators; six dashboards and the rules of nodes, stores and platform, both chosen by what exports the stores'
 * metrics in this stack; the cloud's alarms on managed stores, exporters of them, and its tracing.
 *
 * Does not create: monitors of stores, monitors and rules of services (they bring theirs); a public way to Grafana.
 * Cost: the nodes' share of its pods, volumes, object storage, the cloud's alarms, metrics read and spans.
 * Replaces: nothing; volumes keep their size. Throws: nothing of its own.
 *
 * Example: `new Observability("observability", { context, cloud, encryption, network, cluster, secrets, data,
 * messaging, replicas: 2, prometheusStorageGiB: 20, … })`
 */
export class Observability extends pulumi.ComponentResource implements ObservabilityOutputs {
  readonly endpoints: ObservabilityEndpoints = {
    prometheus: `http://${prometheus.host}:${prometheus.port}`,
    alertmanager: alertmanagerUrl,
    grafana: grafanaUrl,
    loki: `http://${loki.host}:${loki.port}`,
    jaeger: `http://${jaeger.host}:${jaeger.queryPort}`,
    otlp: `http://${collector.host}:${collector.grpcPort}`,
  };
  readonly dashboards: readonly string[] = dashboardNames;
  readonly alarmTopic: pulumi.Output<string> | undefined;
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: ObservabilityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:observability:Observability", name, {}, withProviders(args, opts));
    const { context, cloud, cluster, encryption, data, messaging, secrets } = args;
    const place = createMonitoringNamespaces(this, args);
    const inside = { ...place, cloud, cluster, encryption };

    const telemetry = cloud.telemetry(this, name, {
      context,
      cluster,
      encryption,
      postgres: data.postgres,
      redis: data.redis,
      kafka: messaging.kafka,
      logRetentionDays: args.cloudLogRetentionDays,
    });
    const stack = createPrometheus(this, name, {
      ...place,
      replicas: args.replicas,
      storageGiB: args.prometheusStorageGiB,
      retentionDays: args.prometheusRetentionDays,
      secrets: [
        createGrafanaAdmin(this, name, place, secrets),
        createAlertmanagerConfig(this, name, place, secrets),
      ],
    });
    const logs = createLoki(this, name, {
      ...inside,
      replicas: args.replicas,
      storageGiB: args.lokiStorageGiB,
      retentionDays: args.logRetentionDays,
    });
    createLogCollector(this, name, { ...place, loki: logs });
    const spans = createJaeger(this, name, {
      ...place,
      secrets,
      elasticsearch: data.elasticsearch,
      indexReplicas: args.replicas > 1 ? 1 : 0,
    });
    createOtelCollector(this, name, {
      ...inside,
      replicas: Math.min(2, args.replicas),
      telemetry: args.cloudTraces ? telemetry : undefined,
      jaeger: spans,
    });
    createScrapeTargets(this, name, place);
    const sources = metricSources({ ...data, ...messaging }, telemetry.exporters ?? []);
    createPlatformRules(this, name, { ...place, sources });
    createDashboards(this, name, { ...place, services: args.services, sources });
    createExporters(this, name, {
      ...inside,
      networkCidr: args.network.cidr,
      exporters: telemetry.exporters ?? [],
    });

    this.alarmTopic = telemetry.alarmTopic;
    this.ready = [...cluster.ready, stack];
    this.registerOutputs({
      endpoints: this.endpoints,
      dashboards: this.dashboards,
      alarmTopic: this.alarmTopic,
    });
  }
}
