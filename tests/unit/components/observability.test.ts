// Covers Observability: what is installed and wired, how alerts are routed, what the cloud adds, and what differs on local.
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { parse } from "yaml";
import type { AwsEnvironment } from "../../../components/clouds/aws/environment.ts";
import { managedStoreExporters } from "../../../components/clouds/aws/exporters.ts";
import type {
  Cloud,
  IdentitySpec,
  ObjectStoreOutputs,
  ObjectStoreSpec,
} from "../../../components/clouds/contract.ts";
import { alertmanagerTemplate } from "../../../components/kubernetes/alertmanager.ts";
import { Observability, type ObservabilityArgs } from "../../../components/observability.ts";
import { Secrets } from "../../../components/secrets.ts";
import * as fake from "../../support/fake-cloud.ts";
import { specOf } from "../../support/fake-platform.ts";
import { type Recording, recordResources } from "../../support/record.ts";

const sizes = {
  replicas: 3,
  prometheusStorageGiB: 60,
  prometheusRetentionDays: 15,
  lokiStorageGiB: 10,
  logRetentionDays: 30,
  cloudTraces: true,
  cloudLogRetentionDays: 30,
};
const cloudBucket = {
  bucket: "logs-1234567",
  region: "us-east-1",
  endpoint: undefined,
  credentialsSecret: undefined,
};
const bucketInside = {
  bucket: "llm-marketplace-local-logs",
  region: "us-east-1",
  endpoint: "http://object-store.object-store.svc.cluster.local:7070",
  credentialsSecret: "object-store-credentials",
};

interface Options {
  readonly args?: Partial<ObservabilityArgs>;
  readonly bucket?: typeof cloudBucket | typeof bucketInside;
  readonly inCluster?: boolean;
  readonly small?: boolean;
}

interface ObservabilityRecording extends Recording {
  readonly identities: readonly IdentitySpec[];
  readonly objectStores: readonly ObjectStoreSpec[];
}

async function record(options: Options = {}): Promise<ObservabilityRecording> {
  let identities: readonly IdentitySpec[] = [];
  const objectStores: ObjectStoreSpec[] = [];
  const recording = await recordResources(() => {
    const plain = fake.fakeCloud();
    identities = plain.identities;
    const cloud: Cloud = {
      ...plain,
      objectStore: (_parent, _name, spec): ObjectStoreOutputs => {
        objectStores.push(spec);
        const { bucket, ...rest } = options.bucket ?? cloudBucket;
        return { ...rest, bucket: pulumi.output(bucket), reference: pulumi.output(bucket), ready: [] };
      },
      telemetry: (_parent, _name, spec) => ({
        collector: {
          exporters: { "otlphttp/xray": { traces_endpoint: "https://xray.example/v1/traces" } },
          extensions: { "sigv4auth/xray": { region: "us-east-1" } },
          traceExporters: ["otlphttp/xray"],
        },
        grants: [{ to: "traces" }],
        exporters: managedStoreExporters(spec, { region: "us-east-1" } as AwsEnvironment),
        alarmTopic: pulumi.output("topic"),
      }),
    };
    const context = options.small
      ? { ...fake.context, stack: "dev", environment: "dev" as const, protectData: false }
      : fake.context;
    const inside = {
      context,
      cloud,
      encryption: fake.encryption,
      network: fake.network(),
      cluster: fake.cluster(),
    };
    const secrets = new Secrets("secrets", inside);
    const observability = new Observability("observability", {
      ...inside,
      secrets,
      ...(options.inCluster ? fake.inClusterStores() : fake.managedStores()),
      services: fake.services,
      ...sizes,
      ...options.args,
    });
    const { endpoints, dashboards, alarmTopic } = observability;
    return { endpoints, dashboards, alarmTopic: alarmTopic ?? "none" };
  });
  return { ...recording, identities, objectStores };
}

/** Values of a Helm release, free to walk through. */
// biome-ignore lint/suspicious/noExplicitAny: tests read deep into values whose form they assert
function valuesOf(recording: Recording, release: string): any {
  return recording.get("kubernetes:helm.sh/v3:Release", `observability-${release}`).inputs.values;
}

function releases(recording: Recording): string[] {
  return recording
    .ofType("kubernetes:helm.sh/v3:Release")
    .filter(({ name }) => name.startsWith("observability-"))
    .map(({ name }) => name.replace("observability-", ""));
}

function policy(recording: Recording, name: string) {
  return specOf(recording.get("kubernetes:networking.k8s.io/v1:NetworkPolicy", `observability-${name}`));
}

/** What Loki replaces by the environment variable. */
const reference = (variable: string) => `\${${variable}}`;

const monitoring = { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } };

describe("Observability", () => {
  it("installs the stack with its six dashboards and tells where it is", async () => {
    const recording = await record();
    expect(releases(recording)).to.have.members([
      "kube-prometheus-stack",
      "loki",
      "alloy",
      "jaeger",
      "otel-collector",
      "cloudwatch-exporter",
      "kafka-exporter",
    ]);
    expect(recording.outputs).to.deep.equal({
      endpoints: {
        prometheus: "http://kube-prometheus-stack-prometheus.monitoring.svc.cluster.local:9090",
        alertmanager: "http://kube-prometheus-stack-alertmanager.monitoring.svc.cluster.local:9093",
        grafana: "http://kube-prometheus-stack-grafana.monitoring.svc.cluster.local:80",
        loki: "http://loki.monitoring.svc.cluster.local:3100",
        jaeger: "http://jaeger.monitoring.svc.cluster.local:16686",
        otlp: "http://otel-collector.monitoring.svc.cluster.local:4317",
      },
      dashboards: [
        "service-overview",
        "infrastructure-health",
        "database-performance",
        "cache-metrics",
        "message-queue",
        "business-metrics",
      ],
      alarmTopic: "topic",
    });
  });

  it("keeps only what reads the node in a privileged namespace, and both namespaces out of the mesh", async () => {
    const recording = await record();
    const labels = (name: string) => {
      const { metadata } = recording.get("kubernetes:core/v1:Namespace", `namespace-${name}`).inputs;
      const all = (metadata as { labels: Record<string, string> }).labels;
      return [all["pod-security.kubernetes.io/enforce"], all["istio-injection"]];
    };
    expect(labels("monitoring")).to.deep.equal(["restricted", "disabled"]);
    expect(labels("monitoring-agents")).to.deep.equal(["privileged", "disabled"]);
    const { namespace } = recording.get("kubernetes:helm.sh/v3:Release", "observability-alloy").inputs;
    expect(namespace).to.equal("monitoring-agents");
    expect(
      valuesOf(recording, "kube-prometheus-stack")["prometheus-node-exporter"].namespaceOverride,
    ).to.equal("monitoring-agents");
  });

  it("runs two Prometheus, three Alertmanager, one a zone, with budgets that let one go", async () => {
    const { prometheus, alertmanager } = valuesOf(await record(), "kube-prometheus-stack");
    expect(prometheus.podDisruptionBudget).to.deep.equal({ enabled: true, minAvailable: 1 });
    expect(alertmanager.podDisruptionBudget).to.deep.equal({ enabled: true, minAvailable: 2 });
    const { prometheusSpec } = prometheus;
    expect(prometheusSpec.replicas).to.equal(2);
    expect(prometheusSpec.retention).to.equal("15d");
    expect(prometheusSpec.retentionSize).to.equal("51GB");
    expect(prometheusSpec.storageSpec.volumeClaimTemplate.spec).to.deep.equal({
      storageClassName: "ssd",
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "60Gi" } },
    });
    expect(prometheusSpec.topologySpreadConstraints).to.deep.equal([
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: "DoNotSchedule",
        labelSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } },
      },
    ]);
    expect(alertmanager.alertmanagerSpec.replicas).to.equal(3);
  });

  it("reads the monitors of every namespace and leaves out what a managed control plane hides", async () => {
    const values = valuesOf(await record(), "kube-prometheus-stack");
    const { prometheusSpec } = values.prometheus;
    for (const kind of ["serviceMonitor", "podMonitor", "rule", "probe", "scrapeConfig"]) {
      expect(prometheusSpec[`${kind}SelectorNilUsesHelmValues`], kind).to.equal(false);
    }
    for (const part of ["kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy", "crds"]) {
      expect(values[part], part).to.deep.equal({ enabled: false });
    }
  });

  it("asks in all containers of a pod for what the footprint says", async () => {
    const { alertmanager, prometheusOperator } = valuesOf(await record(), "kube-prometheus-stack");
    expect(prometheusOperator.prometheusConfigReloader.resources).to.deep.equal({
      requests: { cpu: "10m", memory: "32Mi" },
      limits: { memory: "64Mi" },
    });
    // 25m, 96Mi and 192Mi together.
    expect(alertmanager.alertmanagerSpec.resources).to.deep.equal({
      requests: { cpu: "15m", memory: "64Mi" },
      limits: { memory: "128Mi" },
    });
  });

  it("gives Grafana a generated administrator and four data sources", async () => {
    const recording = await record();
    const { grafana } = valuesOf(recording, "kube-prometheus-stack");
    expect(grafana.extraEmptyDirMounts).to.deep.equal([{ name: "tmp", mountPath: "/tmp" }]);
    expect(grafana.admin).to.deep.equal({
      existingSecret: "grafana-admin",
      userKey: "admin-user",
      passwordKey: "admin-password",
    });
    const { target, dataFrom } = specOf(
      recording.get("kubernetes:external-secrets.io/v1:ExternalSecret", "observability-grafana-admin"),
    );
    expect(target.template.data).to.deep.equal({
      "admin-user": "admin",
      "admin-password": "{{ .password }}",
    });
    expect(dataFrom[0].sourceRef.generatorRef.kind).to.equal("Password");
    const sources: { name: string; url: string }[] = grafana.datasources["datasources.yaml"].datasources;
    expect(sources.map(({ name, url }) => [name, url])).to.deep.equal([
      ["Prometheus", "http://kube-prometheus-stack-prometheus.monitoring.svc.cluster.local:9090"],
      ["Loki", "http://loki.monitoring.svc.cluster.local:3100"],
      ["Jaeger", "http://jaeger.monitoring.svc.cluster.local:16686"],
      ["Alertmanager", "http://kube-prometheus-stack-alertmanager.monitoring.svc.cluster.local:9093"],
    ]);
  });
});

describe("Alertmanager's configuration", () => {
  it("pages for critical alerts, writes warnings to the channel, and silences a warning under its critical", () => {
    const { route, inhibit_rules } = parse(alertmanagerTemplate);
    const receivers = route.routes.map(({ matchers, receiver }: { matchers: string[]; receiver: string }) => [
      matchers[0],
      receiver,
    ]);
    expect(receivers).to.deep.equal([
      ['alertname =~ "Watchdog|InfoInhibitor"', "nobody"],
      ['severity = "critical"', "pagerduty"],
      ['severity = "warning"', "slack"],
    ]);
    expect(route.group_by).to.deep.equal(["alertname", "namespace", "service"]);
    const { source_matchers, target_matchers, equal } = inhibit_rules[0];
    expect([source_matchers, target_matchers]).to.deep.equal([
      ['severity = "critical"'],
      ['severity =~ "warning|info"'],
    ]);
    expect(equal).to.include.members(["alertname", "namespace", "service", "member", "consumergroup"]);
  });

  it("takes its two keys from the cloud's secret store and puts them together in the cluster", async () => {
    const spec = specOf(
      (await record()).get(
        "kubernetes:external-secrets.io/v1:ExternalSecret",
        "observability-alertmanager-config",
      ),
    );
    expect(spec.data).to.deep.equal([
      {
        secretKey: "pagerduty",
        remoteRef: { key: "llm-marketplace/production/pagerduty", property: "routing-key" },
      },
      { secretKey: "slack", remoteRef: { key: "llm-marketplace/production/slack", property: "webhook-url" } },
    ]);
    expect(spec.target.name).to.equal("alertmanager-config");
    expect(spec.target.template.data["alertmanager.yaml"]).to.equal(alertmanagerTemplate);
  });

  it("leaves Alertmanager's own templates to Alertmanager", () => {
    // What External Secrets makes of it: raw strings lose their marks, the two keys are filled in.
    const rendered = alertmanagerTemplate
      .replaceAll(/\{\{`(.*?)`\}\}/gs, "$1")
      .replace("{{ .pagerduty }}", "key")
      .replace("{{ .slack }}", "https://hooks.example/1");
    const { receivers } = parse(rendered);
    expect(receivers[1].pagerduty_configs[0]).to.include({
      routing_key: "key",
      severity: "{{ .CommonLabels.severity }}",
    });
    expect(receivers[2].slack_configs[0]).to.include({
      api_url: "https://hooks.example/1",
      title: "[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }} ({{ .Alerts | len }})",
    });
  });
});

describe("logs", () => {
  it("go to the cloud's object store under Loki's own identity, and are deleted after the retention", async () => {
    const recording = await record();
    expect(
      recording.objectStores.map(({ purpose, expireDays, replicate }) => [purpose, expireDays, replicate]),
    ).to.deep.equal([["logs", 37, false]]);
    const identity = recording.identities.find(({ serviceAccount }) => serviceAccount === "loki");
    expect(identity?.grants.map(({ to }) => to)).to.deep.equal(["object-store"]);
    const { loki, singleBinary } = valuesOf(recording, "loki");
    expect(loki.limits_config.retention_period).to.equal("720h");
    expect(loki.compactor).to.deep.include({ retention_enabled: true, delete_request_store: "s3" });
    expect(loki.commonConfig).to.deep.equal({ replication_factor: 3 });
    expect(loki.storage).to.deep.equal({
      type: "s3",
      bucketNames: { chunks: "logs-1234567", ruler: "logs-1234567", admin: "logs-1234567" },
      s3: { region: "us-east-1" },
    });
    expect(singleBinary.podDisruptionBudget).to.deep.equal({ enabled: true, maxUnavailable: 1 });
    expect(singleBinary).not.to.have.property("extraEnv");
  });

  it("go to an object store inside the cluster with its keys from a secret, never from the values", async () => {
    const recording = await record({ bucket: bucketInside, args: { replicas: 1 } });
    const { loki, singleBinary } = valuesOf(recording, "loki");
    expect(loki.storage.s3).to.deep.equal({
      region: "us-east-1",
      endpoint: bucketInside.endpoint,
      s3ForcePathStyle: true,
      insecure: true,
      accessKeyId: reference("S3_ACCESS_KEY"),
      secretAccessKey: reference("S3_SECRET_KEY"),
    });
    expect(singleBinary.extraArgs).to.deep.equal(["-config.expand-env=true"]);
    expect(singleBinary.extraEnv[1].valueFrom.secretKeyRef).to.deep.equal({
      name: "object-store-credentials",
      key: "secret-key",
    });
    expect(policy(recording, "loki-traffic").egress).to.deep.equal([
      { to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "object-store" } } }] },
    ]);
  });

  it("keeps one copy of a line where there are two Lokis, so that either may fail", async () => {
    const { loki } = valuesOf(await record({ args: { replicas: 2 } }), "loki");
    expect(loki.commonConfig).to.deep.equal({ replication_factor: 1 });
  });

  it("are read on every node by a collector that may list pods and read no secret", async () => {
    const { rbac, alloy, controller } = valuesOf(await record(), "alloy");
    expect(rbac.rules).to.deep.equal([
      { apiGroups: [""], resources: ["pods", "namespaces"], verbs: ["get", "list", "watch"] },
    ]);
    expect(controller.type).to.equal("daemonset");
    expect(alloy.configMap.content).to.contain(
      'url = "http://loki.monitoring.svc.cluster.local:3100/loki/api/v1/push"',
    );
  });
});

describe("traces", () => {
  it("go to Jaeger and to the cloud's tracing, the latter under an identity with that right alone", async () => {
    const recording = await record();
    const { config } = valuesOf(recording, "otel-collector");
    expect(config.service.pipelines.traces).to.deep.equal({
      receivers: ["otlp"],
      processors: ["memory_limiter", "batch"],
      exporters: ["otlp/jaeger", "otlphttp/xray"],
    });
    expect(config.service.extensions).to.deep.equal(["health_check", "sigv4auth/xray"]);
    const identity = recording.identities.find(({ serviceAccount }) => serviceAccount === "otel-collector");
    expect(identity?.grants).to.deep.equal([{ to: "traces" }]);
  });

  it("stay inside without the cloud's tracing", async () => {
    const recording = await record({ args: { cloudTraces: false } });
    const { config } = valuesOf(recording, "otel-collector");
    expect(config.service.pipelines.traces.exporters).to.deep.equal(["otlp/jaeger"]);
    expect(config.extensions).to.deep.equal({});
    const identity = recording.identities.find(({ serviceAccount }) => serviceAccount === "otel-collector");
    expect(identity?.grants).to.deep.equal([]);
  });

  it("grow their collector from two copies to four in production, and keep one in dev", async () => {
    const production = valuesOf(await record(), "otel-collector");
    expect(production.replicaCount).to.equal(2);
    expect(production.autoscaling).to.deep.equal({
      enabled: true,
      minReplicas: 2,
      maxReplicas: 4,
      targetCPUUtilizationPercentage: 80,
    });
    const dev = valuesOf(await record({ small: true, args: { replicas: 1 } }), "otel-collector");
    expect(dev.replicaCount).to.equal(1);
    expect(dev).not.to.have.property("autoscaling");
    expect(dev.podDisruptionBudget).to.deep.equal({ enabled: false });
  });

  it("are kept by Jaeger in Elasticsearch with two copied keys of its user and the authority alone", async () => {
    const recording = await record();
    const copied = (name: string) =>
      specOf(
        recording.get(
          "kubernetes:external-secrets.io/v1:ExternalSecret",
          `observability-jaeger-secret-${name}`,
        ),
      ).data;
    const key = (secret: string, property: string) => ({
      secretKey: property,
      remoteRef: { key: secret, property },
    });
    expect(copied("elasticsearch-jaeger")).to.deep.equal([
      key("elasticsearch-jaeger", "username"),
      key("elasticsearch-jaeger", "password"),
    ]);
    expect(copied("elasticsearch-ca")).to.deep.equal([key("elasticsearch-ca", "ca.crt")]);
    const role = recording.get(
      "kubernetes:rbac.authorization.k8s.io/v1:Role",
      "observability-jaeger-secret-reader",
    );
    expect(role.inputs.rules).to.deep.equal([
      {
        apiGroups: [""],
        resources: ["secrets"],
        resourceNames: ["elasticsearch-jaeger", "elasticsearch-ca"],
        verbs: ["get"],
      },
    ]);
    expect((role.inputs.metadata as { namespace: string }).namespace).to.equal("data");
    const { backends } = valuesOf(recording, "jaeger").userconfig.extensions.jaeger_storage;
    expect(backends.spans.elasticsearch.server_urls).to.deep.equal(["https://elasticsearch.example:9200"]);
    expect(backends.spans.elasticsearch.indices.spans).to.deep.equal({ replicas: 1 });
  });
});

describe("exporters of managed stores", () => {
  it("read CloudWatch for PostgreSQL and Redis, of this stack only, every five minutes", async () => {
    const { config, extraArgs } = valuesOf(await record(), "cloudwatch-exporter");
    const { jobs } = parse(config).discovery;
    expect(jobs.map(({ type }: { type: string }) => type)).to.deep.equal([
      "AWS/RDS",
      "AWS/Backup",
      "AWS/ElastiCache",
    ]);
    expect(jobs[2].searchTags).to.deep.equal([
      { key: "Project", value: "^llm-marketplace$" },
      { key: "Stack", value: "^production$" },
    ]);
    expect(jobs[2].metrics[0]).to.deep.equal({
      name: "CacheHits",
      statistics: ["Sum"],
      period: 60,
      length: 300,
    });
    expect(jobs[1].metrics).to.deep.equal([
      {
        name: "NumberOfBackupJobsCompleted",
        statistics: ["Sum"],
        period: 3600,
        length: 7200,
        nilToZero: true,
      },
    ]);
    expect(extraArgs).to.deep.equal({ "scraping-interval": 300 });
  });

  it("ask Kafka for its groups' lag with a token of their own identity", async () => {
    const recording = await record();
    const values = valuesOf(recording, "kafka-exporter");
    expect(values.kafkaServer).to.deep.equal(["b-1.kafka.example:9098", "b-2.kafka.example:9098"]);
    expect(values.sasl.awsiam).to.deep.equal({ enabled: true, awsRegion: "us-east-1" });
    const identity = recording.identities.find(({ serviceAccount }) => serviceAccount === "kafka-exporter");
    expect(identity?.grants.map(({ to }) => to)).to.deep.equal(["kafka-metrics"]);
    expect(policy(recording, "kafka-exporter-egress").egress).to.deep.equal([
      { to: [{ ipBlock: { cidr: "10.20.0.0/16" } }], ports: [{ protocol: "TCP", port: 9098 }] },
    ]);
  });

  it("are not there where every store is in the cluster", async () => {
    const recording = await record({ inCluster: true });
    expect(releases(recording)).to.have.members([
      "kube-prometheus-stack",
      "loki",
      "alloy",
      "jaeger",
      "otel-collector",
    ]);
  });
});

describe("metrics", () => {
  it("are read from the operators and the mesh, which bring no monitor of their own", async () => {
    const monitors = (await record()).ofType("kubernetes:monitoring.coreos.com/v1:PodMonitor");
    const read = monitors.map((monitor) => {
      const spec = specOf(monitor);
      return `${spec.namespaceSelector.matchNames[0]}:${spec.podMetricsEndpoints[0].portNumber}`;
    });
    expect(read.sort()).to.deep.equal([
      "argo-rollouts:8090",
      "cert-manager:9402",
      "external-secrets:8080",
      "istio-cni:15014",
      "istio-ingress:15020",
      "istio-system:15014",
      "monitoring:8888",
    ]);
  });

  it("and traces are still gathered when services fill the nodes", async () => {
    const recording = await record();
    const stack = valuesOf(recording, "kube-prometheus-stack");
    expect(stack["kube-state-metrics"].priorityClassName).to.equal("platform-critical");
    expect(valuesOf(recording, "otel-collector").priorityClassName).to.equal("platform-critical");
  });
});

describe("dashboards and rules", () => {
  it("are ConfigMaps that Grafana's sidecar finds, each with a whole dashboard in it", async () => {
    const recording = await record();
    const maps = recording
      .ofType("kubernetes:core/v1:ConfigMap")
      .filter(({ name }) => name.startsWith("observability-dashboard-"));
    expect(maps).to.have.length(6);
    for (const { inputs } of maps) {
      const { metadata, data } = inputs as {
        metadata: { name: string; namespace: string; labels: Record<string, string> };
        data: Record<string, string>;
      };
      expect(metadata.labels.grafana_dashboard).to.equal("1");
      expect(metadata.namespace).to.equal("monitoring");
      const uid = metadata.name.replace("dashboard-", "");
      expect(JSON.parse(data[`${uid}.json`] ?? "{}").uid).to.equal(uid);
    }
  });

  it("are a rule object for each capability whose metrics the stack exports", async () => {
    const rules = async (inCluster: boolean) =>
      (await record({ inCluster })).ofType("kubernetes:monitoring.coreos.com/v1:PrometheusRule").map((rule) =>
        specOf(rule)
          .groups.map(({ name }: { name: string }) => name)
          .join(),
      );
    const capabilities = ["elasticsearch", "kafka", "nodes", "platform", "postgres", "redis"];
    expect((await rules(true)).sort()).to.deep.equal(capabilities);
    expect((await rules(false)).sort()).to.deep.equal(capabilities);
  });

  it("know nodes by name and pool, as kube-state-metrics and the node exporter are told", async () => {
    const stack = valuesOf(await record(), "kube-prometheus-stack");
    expect(stack["kube-state-metrics"].metricLabelsAllowlist).to.deep.equal([
      "nodes=[llm-marketplace.io/pool]",
    ]);
    expect(stack["prometheus-node-exporter"].prometheus.monitor.relabelings).to.deep.equal([
      { sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node" },
    ]);
  });
});

describe("network policies of observability", () => {
  it("let the mesh's pods reach the collector, and canary analysis and KEDA reach Prometheus", async () => {
    const recording = await record();
    expect(policy(recording, "collector-ingress").ingress).to.deep.equal([
      {
        from: [
          { namespaceSelector: { matchLabels: { "istio-injection": "enabled" } } },
          { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "istio-ingress" } } },
          { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "istio-system" } } },
        ],
        ports: [
          { protocol: "TCP", port: 4317 },
          { protocol: "TCP", port: 4318 },
        ],
      },
    ]);
    expect(policy(recording, "prometheus-queries").ingress).to.deep.equal([
      {
        from: ["argo-rollouts", "keda"].map((name) => ({
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
        })),
        ports: [{ protocol: "TCP", port: 9090 }],
      },
    ]);
  });

  it("let Prometheus reach pods everywhere and the nodes' own ports", async () => {
    expect(policy(await record(), "prometheus-scrapes").egress).to.deep.equal([
      { to: [{ namespaceSelector: {} }] },
      {
        to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } }],
        ports: [
          { protocol: "TCP", port: 10250 },
          { protocol: "TCP", port: 9100 },
        ],
      },
    ]);
  });

  it("let log collectors reach Loki and Jaeger reach Elasticsearch", async () => {
    const recording = await record();
    expect(policy(recording, "log-collector-egress").egress).to.deep.equal([
      {
        to: [
          {
            namespaceSelector: monitoring,
            podSelector: { matchLabels: { "app.kubernetes.io/name": "loki" } },
          },
        ],
        ports: [{ protocol: "TCP", port: 3100 }],
      },
    ]);
    expect(policy(recording, "loki-traffic").ingress).to.deep.equal([
      {
        from: [
          { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring-agents" } } },
        ],
        ports: [{ protocol: "TCP", port: 3100 }],
      },
    ]);
    expect(policy(recording, "jaeger-egress").egress).to.deep.equal([
      {
        to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "data" } } }],
        ports: [{ protocol: "TCP", port: 9200 }],
      },
    ]);
  });
});

describe("order of observability", () => {
  it("puts what a pod needs before the release that starts it", async () => {
    const recording = await record();
    const release = (name: string) => recording.get("kubernetes:helm.sh/v3:Release", `observability-${name}`);
    const secret = (name: string) =>
      recording.get("kubernetes:external-secrets.io/v1:ExternalSecret", `observability-${name}`).urn;
    expect(release("kube-prometheus-stack").dependencies).to.include.members([
      secret("grafana-admin"),
      secret("alertmanager-config"),
    ]);
    expect(release("jaeger").dependencies).to.include.members([
      secret("jaeger-secret-elasticsearch-jaeger"),
      secret("jaeger-secret-elasticsearch-ca"),
    ]);
    expect(release("otel-collector").dependencies).to.include(release("jaeger").urn);
    expect(release("alloy").dependencies).to.include(release("loki").urn);
  });
});
