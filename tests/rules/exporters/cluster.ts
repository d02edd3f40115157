/** Exporters of Kubernetes, nodes and the platform's operators. */
import { counter, type Exporter, gauge } from "./exporter.ts";

const services = ["publishing", "discovery", "consumption", "admin"];
const servicePods = services.map((service) => `${service}-5f6d8c7b9-x2k4p`);

export const kubeStateMetrics: Exporter = {
  name: "kube-state-metrics",
  version: "v2.20.0 (chart kube-state-metrics 8.4.0 of kube-prometheus-stack 88.5.3)",
  source: "kubernetes/kube-state-metrics docs/metrics; label of nodes through metricLabelsAllowlist",
  target: {
    job: "kube-state-metrics",
    namespace: "monitoring",
    service: "kube-prometheus-stack-kube-state-metrics",
  },
  honorLabels: true,
  metrics: [
    gauge("kube_pod_info", { namespace: ["llm-marketplace", "data"], pod: ["p-0"], node: ["node-a"] }),
    gauge("kube_pod_status_ready", {
      namespace: ["llm-marketplace"],
      pod: servicePods,
      condition: ["true", "false", "unknown"],
    }),
    gauge("kube_pod_status_phase", {
      namespace: ["llm-marketplace"],
      pod: servicePods,
      phase: ["Pending", "Succeeded", "Failed", "Running", "Unknown"],
    }),
    counter("kube_pod_container_status_restarts_total", {
      namespace: ["llm-marketplace"],
      pod: ["p-0"],
      container: services,
    }),
    gauge("kube_pod_container_resource_requests", {
      namespace: ["llm-marketplace"],
      pod: servicePods,
      container: services,
      resource: ["cpu", "memory"],
      unit: ["core"],
    }),
    gauge("kube_pod_container_resource_limits", {
      namespace: ["llm-marketplace"],
      pod: servicePods,
      container: services,
      resource: ["memory"],
      unit: ["byte"],
    }),
    gauge("kube_node_status_allocatable", { node: ["node-a"], resource: ["cpu", "memory"], unit: ["core"] }),
    gauge("kube_node_status_condition", {
      node: ["node-a"],
      condition: ["Ready", "DiskPressure"],
      status: ["true", "false", "unknown"],
    }),
    gauge("kube_node_labels", { node: ["node-a"], label_llm_marketplace_io_pool: ["general"] }),
    gauge("kube_horizontalpodautoscaler_spec_max_replicas", {
      namespace: ["llm-marketplace"],
      horizontalpodautoscaler: services,
    }),
  ],
};

export const kubelet: Exporter = {
  name: "kubelet",
  version: "Kubernetes 1.36",
  source:
    "kubernetes/kubernetes pkg/kubelet/metrics (volume stats) and google/cadvisor docs/storage/prometheus.md",
  target: {
    job: "kubelet",
    namespace: "kube-system",
    service: "kube-prometheus-stack-kubelet",
    node: "node-a",
  },
  honorLabels: true,
  metrics: [
    gauge("kubelet_volume_stats_used_bytes", {
      namespace: ["data"],
      persistentvolumeclaim: ["postgres-1", "redis-data-redis-0"],
    }),
    gauge(
      "kubelet_volume_stats_capacity_bytes",
      { namespace: ["data"], persistentvolumeclaim: ["postgres-1", "redis-data-redis-0"] },
      10,
    ),
    counter("container_cpu_usage_seconds_total", {
      namespace: ["llm-marketplace"],
      pod: servicePods,
      container: services,
      image: ["registry/image"],
      cpu: ["total"],
    }),
    gauge("container_memory_working_set_bytes", {
      namespace: ["llm-marketplace"],
      pod: servicePods,
      container: services,
      image: ["registry/image"],
    }),
  ],
};

export const nodeExporter: Exporter = {
  name: "node-exporter",
  version: "v1.12.1 (chart prometheus-node-exporter 4.56.1 of kube-prometheus-stack 88.5.3)",
  source:
    "prometheus/node_exporter collectors cpu, meminfo, filesystem, netdev; label node through the monitor",
  target: {
    job: "node-exporter",
    namespace: "monitoring-agents",
    pod: "node-exporter-abcde",
    node: "node-a",
  },
  metrics: [
    counter("node_cpu_seconds_total", { cpu: ["0", "1"], mode: ["idle", "user", "system"] }),
    gauge("node_memory_MemAvailable_bytes"),
    gauge("node_memory_MemTotal_bytes", {}, 4),
    gauge("node_filesystem_avail_bytes", { device: ["/dev/nvme0n1p1"], fstype: ["xfs"], mountpoint: ["/"] }),
    gauge(
      "node_filesystem_size_bytes",
      { device: ["/dev/nvme0n1p1"], fstype: ["xfs"], mountpoint: ["/"] },
      4,
    ),
    counter("node_network_receive_bytes_total", { device: ["ens5", "lo"] }),
    counter("node_network_transmit_bytes_total", { device: ["ens5", "lo"] }),
  ],
};

const operators: readonly Exporter[] = [
  {
    name: "cert-manager",
    version: "v1.21.2",
    source: "cert-manager/cert-manager internal/collectors/certificate_collector.go",
    target: { job: "monitoring/cert-manager", namespace: "cert-manager", pod: "cert-manager-0" },
    metrics: [
      gauge(
        "certmanager_certificate_expiration_timestamp_seconds",
        {
          name: ["postgres-tls"],
          namespace: ["data"],
          issuer_name: ["postgres-authority"],
          issuer_kind: ["Issuer"],
          issuer_group: ["cert-manager.io"],
        },
        { now: 60 * 86_400 },
      ),
    ],
  },
  {
    name: "external-secrets",
    version: "v2.9.0",
    source:
      "external-secrets.io, API › Metrics: externalsecret_status_condition{name, namespace, condition, status}",
    target: { job: "monitoring/external-secrets", namespace: "external-secrets", pod: "external-secrets-0" },
    metrics: [
      gauge("externalsecret_status_condition", {
        name: ["publishing-secrets"],
        namespace: ["llm-marketplace"],
        condition: ["Ready"],
        status: ["True", "False"],
      }),
    ],
  },
  {
    name: "argo-rollouts",
    version: "v1.9.3",
    source: "argoproj/argo-rollouts controller/metrics/prommetrics.go and utils/conditions (read at v1.9.2)",
    target: { job: "monitoring/argo-rollouts", namespace: "argo-rollouts", pod: "argo-rollouts-0" },
    metrics: [
      gauge("rollout_info", {
        name: services,
        namespace: ["llm-marketplace"],
        strategy: ["canary"],
        traffic_router: ["Istio"],
        phase: ["Healthy", "Degraded"],
      }),
      gauge("rollout_info_replicas_available", { name: services, namespace: ["llm-marketplace"] }),
      counter("rollout_events_total", {
        name: services,
        namespace: ["llm-marketplace"],
        type: ["Normal"],
        reason: ["RolloutUpdated", "RolloutCompleted", "RolloutAborted"],
      }),
    ],
  },
  {
    name: "velero",
    version: "v1.18.3",
    source: "vmware-tanzu/velero pkg/metrics/metrics.go; schedule's name from the chart's template",
    target: { job: "velero", namespace: "velero", service: "velero" },
    metrics: [
      gauge("velero_backup_last_successful_timestamp", { schedule: ["", "velero-daily"] }, { now: -3600 }),
    ],
  },
];

const telemetry: readonly Exporter[] = [
  {
    name: "loki",
    version: "3.7.6",
    source: "grafana/loki pkg/distributor/distributor.go",
    target: { job: "monitoring/loki", namespace: "monitoring", pod: "loki-0" },
    metrics: [counter("loki_distributor_lines_received_total", { tenant: ["fake"] })],
  },
  {
    name: "alloy",
    version: "v1.18.1",
    source: "grafana.com/docs/alloy, component loki.write › debug metrics",
    target: { job: "alloy", namespace: "monitoring-agents", pod: "alloy-abcde" },
    metrics: [
      counter("loki_write_dropped_entries_total", {
        component_id: ["loki.write.loki"],
        host: ["loki"],
        reason: ["ingester_error", "rate_limited", "stream_limited", "line_too_long"],
      }),
    ],
  },
  {
    name: "otel-collector",
    version: "0.158.0",
    source:
      "open-telemetry/opentelemetry-collector exporter/exporterhelper/documentation.md; suffix by the reader's setting",
    target: { job: "otel-collector", namespace: "monitoring", pod: "otel-collector-0" },
    metrics: [
      counter("otelcol_exporter_sent_spans_total", { exporter: ["otlp/jaeger"] }),
      counter("otelcol_exporter_send_failed_spans_total", { exporter: ["otlp/jaeger"] }),
    ],
  },
];

/** On every stack. */
export const clusterExporters: readonly Exporter[] = [
  kubeStateMetrics,
  kubelet,
  nodeExporter,
  ...operators,
  ...telemetry,
];
