/**
 * Where things live in the cluster: names that several components must agree on before any of them exists.
 * A component that refers to another's outputs uses those; these constants are for references that would
 * otherwise run in a circle (the mesh is built before the collector to which it sends its traces).
 */
export const namespaces = {
  /** The marketplace's services; the name that people type: `kubectl get pods -n llm-marketplace`. */
  services: "llm-marketplace",
  /** Istio's control plane, and the root namespace of mesh-wide policies. */
  mesh: "istio-system",
  /** istio-cni's node agent, the only privileged part of the mesh. */
  meshNodeAgent: "istio-cni",
  /** The public gateway. Nothing leaves through one, see ADR 14. */
  gateway: "istio-ingress",
  certificates: "cert-manager",
  dns: "external-dns",
  secrets: "external-secrets",
  delivery: "argo-rollouts",
  /** KEDA, where a service scales on its requests. */
  scaling: "keda",
  monitoring: "monitoring",
  /** What observability runs on every node: the log collector and the node exporter. */
  monitoringAgents: "monitoring-agents",
  /** PostgreSQL, Redis and Elasticsearch inside the cluster, and the job that makes roles in a managed database. */
  data: "data",
  /** Kafka inside the cluster, and the declared topics of any Kafka. */
  messaging: "messaging",
  backup: "velero",
  /** Operators of the stores inside the cluster. */
  postgresOperator: "cnpg-system",
  elasticsearchOperator: "elastic-system",
  kafkaOperator: "strimzi-system",
} as const;

/** DNS name of a Service inside the cluster. */
export function serviceHost(service: string, namespace: string): string {
  return `${service}.${namespace}.svc.cluster.local`;
}

/** The OpenTelemetry collector, to which services and the mesh send traces. */
export const collector = {
  service: "otel-collector",
  host: serviceHost("otel-collector", namespaces.monitoring),
  grpcPort: 4317,
  httpPort: 4318,
} as const;

/** The Prometheus that canaries are judged by. */
export const prometheus = {
  service: "kube-prometheus-stack-prometheus",
  host: serviceHost("kube-prometheus-stack-prometheus", namespaces.monitoring),
  port: 9090,
} as const;

/** Where logs go. */
export const loki = {
  service: "loki",
  host: serviceHost("loki", namespaces.monitoring),
  port: 3100,
} as const;

/** Where spans go from the collector, and where people look at them. */
export const jaeger = {
  service: "jaeger",
  host: serviceHost("jaeger", namespaces.monitoring),
  otlpPort: 4317,
  queryPort: 16686,
  metricsPort: 8888,
  /** Its user of Elasticsearch; its indices begin with that name. */
  user: "jaeger",
  /** Labels of the pods that write, read and delete spans. */
  podLabels: { "app.kubernetes.io/name": "jaeger" },
} as const;

/** Label by which Prometheus finds ServiceMonitors, PodMonitors and PrometheusRules. */
export const monitoringLabels = { release: "kube-prometheus-stack" } as const;

/** Istio's control plane: where sidecars get certificates and configuration, and webhooks are answered. */
export const istiod = { app: "istiod", xdsPort: 15012, webhookPort: 15017, metricsPort: 15014 } as const;

/** Port of a sidecar at which metrics of application and proxy are merged, readable without mTLS. */
export const mergedMetricsPort = 15020;

/** Name of the ClusterSecretStore behind which the cloud's secret store is. */
export const secretStoreName = "platform";
