import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { storageQuantity } from "../core/units.ts";
import { alertmanagerConfigSecret } from "./alertmanager.ts";
import { grafanaValues } from "./grafana.ts";
import {
  type MonitoringPlace,
  mainResources,
  observabilityComponent,
  ownerLabels,
  reloader,
} from "./monitoring.ts";
import { anywhere, createNetworkPolicy, podsIn, tcp } from "./network-policy.ts";
import { namespaces, prometheus, serviceHost } from "./places.ts";
import { disruptionBudget, resources, type SpreadConstraint } from "./pods.ts";
import { createRelease } from "./release.ts";
import { poolLabel } from "./stores/placement.ts";

export interface PrometheusSpec extends MonitoringPlace {
  /** Copies of Alertmanager; of Prometheus at most two, which both scrape everything. */
  readonly replicas: number;
  readonly storageGiB: number;
  readonly retentionDays: number;
  /** Secrets that pods of the release mount or read when they start. */
  readonly secrets: readonly pulumi.Resource[];
}

/** Share of the volume that blocks may fill: the write-ahead log and compaction need the rest. */
const blocksShare = 0.85;
const alertmanagerStorageGiB = 1;
const alertmanagerService = "kube-prometheus-stack-alertmanager";
export const alertmanagerUrl = `http://${serviceHost(alertmanagerService, namespaces.monitoring)}:9093`;
export const grafanaUrl = `http://${serviceHost("kube-prometheus-stack-grafana", namespaces.monitoring)}:80`;
/** Ports on the nodes themselves: the kubelet and the node exporter. */
const nodePorts = [10250, 9100];

/** Prometheus's operator, Prometheus, Alertmanager, Grafana and the exporters of nodes and of Kubernetes' objects. */
export function createPrometheus(
  parent: pulumi.ComponentResource,
  name: string,
  spec: PrometheusSpec,
): kubernetes.helm.v3.Release {
  const { context, namespace } = spec;
  const podLabels = { "app.kubernetes.io/name": "prometheus" };
  createNetworkPolicy(parent, `${name}-prometheus-scrapes`, {
    context,
    component: observabilityComponent,
    policyName: "prometheus-scrapes",
    namespace,
    podLabels,
    egress: [{ to: [{ namespaceSelector: {} }] }, { to: [anywhere], ports: tcp(...nodePorts) }],
  });
  createNetworkPolicy(parent, `${name}-prometheus-queries`, {
    context,
    component: observabilityComponent,
    policyName: "prometheus-queries",
    namespace,
    podLabels,
    // Canary analyses, and KEDA where a service scales on its requests.
    ingress: [
      { from: [podsIn(namespaces.delivery), podsIn(namespaces.scaling)], ports: tcp(prometheus.port) },
    ],
  });
  return createRelease(
    parent,
    `${name}-kube-prometheus-stack`,
    {
      context,
      chart: "kube-prometheus-stack",
      namespace,
      values: prometheusValues(spec),
      // The definitions are a release of their own that came with the cluster.
      skipCrds: true,
      timeoutSeconds: 900,
    },
    { dependsOn: [...spec.ready, ...spec.secrets] },
  );
}

/** One copy a zone, and none beside another: a volume keeps its copy in its zone for good. */
export function oneAZone(replicas: number, podLabels: Record<string, string>): SpreadConstraint[] {
  if (replicas === 1) return [];
  return [
    {
      maxSkew: 1,
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: podLabels },
    },
  ];
}

function claim(storageGiB: number) {
  return {
    volumeClaimTemplate: {
      spec: {
        storageClassName: "ssd",
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: storageQuantity(storageGiB) } },
      },
    },
  };
}

function prometheusValues(spec: PrometheusSpec): Record<string, unknown> {
  const { context } = spec;
  return {
    crds: { enabled: false },
    // The provider hides these (a managed control plane) or they bind to the node's loopback (kind).
    kubeControllerManager: { enabled: false },
    kubeScheduler: { enabled: false },
    kubeEtcd: { enabled: false },
    kubeProxy: { enabled: false },
    defaultRules: {
      create: true,
      rules: {
        etcd: false,
        kubeControllerManager: false,
        kubeProxy: false,
        kubeSchedulerAlerting: false,
        kubeSchedulerRecording: false,
        windows: false,
      },
    },
    prometheusOperator: {
      podLabels: ownerLabels(context),
      priorityClassName: "platform-critical",
      resources: mainResources("prometheus-operator", context),
      // Rules are tested before they are merged; a webhook more would be one more thing that stops every change.
      admissionWebhooks: { enabled: false },
      tls: { enabled: false },
      prometheusConfigReloader: { resources: resources(reloader) },
    },
    prometheus: prometheusPart(spec),
    alertmanager: alertmanagerPart(spec),
    grafana: grafanaValues(spec, alertmanagerUrl),
    "kube-state-metrics": {
      priorityClassName: "platform-critical",
      customLabels: ownerLabels(context),
      resources: mainResources("kube-state-metrics", context),
      // Dashboards show nodes by pool.
      metricLabelsAllowlist: [`nodes=[${poolLabel}]`],
    },
    "prometheus-node-exporter": {
      // It sees the node's files, network and processes, which the restricted namespace refuses.
      namespaceOverride: spec.agentsNamespace,
      podLabels: ownerLabels(context),
      priorityClassName: "system-node-critical",
      resources: mainResources("node-exporter", context),
      // A node's series are found by its name, as kube-state-metrics calls it, not by the address of a pod.
      prometheus: {
        monitor: {
          relabelings: [{ sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node" }],
        },
      },
    },
  };
}

function prometheusPart(spec: PrometheusSpec): Record<string, unknown> {
  const { context, storageGiB } = spec;
  const replicas = Math.min(2, spec.replicas);
  return {
    podDisruptionBudget: disruptionBudget(replicas),
    prometheusSpec: {
      replicas,
      retention: `${spec.retentionDays}d`,
      retentionSize: `${Math.floor(storageGiB * blocksShare)}GB`,
      externalLabels: { cluster: context.stack },
      enableFeatures: ["exemplar-storage"],
      podMetadata: { labels: ownerLabels(context) },
      priorityClassName: "stateful",
      resources: mainResources("prometheus", context, [reloader]),
      storageSpec: claim(storageGiB),
      topologySpreadConstraints: oneAZone(replicas, { "app.kubernetes.io/name": "prometheus" }),
      // Every monitor of every namespace, whoever wrote it.
      serviceMonitorSelectorNilUsesHelmValues: false,
      podMonitorSelectorNilUsesHelmValues: false,
      ruleSelectorNilUsesHelmValues: false,
      probeSelectorNilUsesHelmValues: false,
      scrapeConfigSelectorNilUsesHelmValues: false,
    },
  };
}

function alertmanagerPart({ context, replicas }: PrometheusSpec): Record<string, unknown> {
  return {
    podDisruptionBudget: disruptionBudget(replicas),
    alertmanagerSpec: {
      replicas,
      useExistingSecret: true,
      configSecret: alertmanagerConfigSecret,
      retention: "120h",
      podMetadata: { labels: ownerLabels(context) },
      priorityClassName: "stateful",
      resources: mainResources("alertmanager", context, [reloader]),
      storage: claim(alertmanagerStorageGiB),
      topologySpreadConstraints: oneAZone(replicas, { "app.kubernetes.io/name": "alertmanager" }),
    },
  };
}
