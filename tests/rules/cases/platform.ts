/** Nodes, volumes, certificates, backups, secrets, releases, logs and traces. */
import { type AlertCase, counter, gauge, secondSample } from "./alert-case.ts";

const hour = 3600;
const day = 24 * hour;

const nodeDisk =
  (share: number, fstype = "xfs") =>
  () => {
    const labels = `job="node-exporter",node="node-a",mountpoint="/",fstype="${fstype}"`;
    return [
      gauge(`node_filesystem_avail_bytes{${labels}}`, 100 * (1 - share)),
      gauge(`node_filesystem_size_bytes{${labels}}`, 100),
    ];
  };
const volume = (share: number) => () => {
  const labels = 'namespace="messaging",persistentvolumeclaim="data-0-kafka-0"';
  return [
    gauge(`kubelet_volume_stats_used_bytes{${labels}}`, 100 * share),
    gauge(`kubelet_volume_stats_capacity_bytes{${labels}}`, 100),
  ];
};
const nodeMemory = (share: number) => () => [
  gauge('node_memory_MemAvailable_bytes{job="node-exporter",node="node-a"}', 100 * (1 - share)),
  gauge('node_memory_MemTotal_bytes{job="node-exporter",node="node-a"}', 100),
];
const serviceMemory = (share: number) => () => {
  const labels = 'namespace="llm-marketplace",pod="admin-1-a",container="admin"';
  return [
    gauge(`container_memory_working_set_bytes{${labels},image="registry/admin"}`, 100 * share),
    gauge(`kube_pod_container_resource_limits{${labels},resource="memory"}`, 100),
  ];
};
/** Tests begin at the time 0. */
const certificate = (left: number) => () => [
  gauge('certmanager_certificate_expiration_timestamp_seconds{exported_namespace="data",name="tls"}', left),
];
const backup = (age: number) => () => [
  gauge('velero_backup_last_successful_timestamp{schedule="velero-daily"}', -age),
];
const secret = (failed: number) => () => [
  gauge(
    'externalsecret_status_condition{exported_namespace="llm-marketplace",name="s",condition="Ready",status="False"}',
    failed,
  ),
];
const rollout = (phase: string) => () => [
  gauge(`rollout_info{exported_namespace="llm-marketplace",name="admin",phase="${phase}"}`, 1),
];
const dropped = (perSecond: number) => () => [
  counter('loki_write_dropped_entries_total{reason="rate_limited"}', perSecond),
];
const lostSpans = (name: string, perSecond: number) => () => [
  counter(`${name}{exporter="otlp/jaeger"}`, perSecond),
];

export const platformCases: readonly AlertCase[] = [
  {
    alert: "NodeDisk",
    severity: "warning",
    fires: { "90 % full": nodeDisk(0.9) },
    silent: { "70 % full": nodeDisk(0.7), "a file system in memory is full": nodeDisk(1, "tmpfs") },
  },
  {
    alert: "VolumeDisk",
    severity: "warning",
    fires: { "90 % full": volume(0.9) },
    silent: { "70 % full": volume(0.7) },
  },
  {
    alert: "NodeMemory",
    severity: "warning",
    fires: { "90 % used": nodeMemory(0.9) },
    silent: { "80 % used": nodeMemory(0.8) },
  },
  {
    alert: "ServiceMemory",
    severity: "warning",
    fires: { "90 % of the limit": serviceMemory(0.9) },
    silent: { "80 % of the limit": serviceMemory(0.8) },
  },
  {
    alert: "CertificateExpiry",
    severity: "critical",
    fires: { "two days left": certificate(2 * day) },
    silent: { "nine days left": certificate(9 * day) },
  },
  {
    alert: "CertificateExpiry",
    severity: "warning",
    fires: { "nine days left": certificate(9 * day) },
    silent: { "twenty days left": certificate(20 * day) },
  },
  {
    alert: "BackupAge",
    severity: "critical",
    fires: { "two runs missed": backup(51 * hour) },
    silent: { "one run missed": backup(27 * hour) },
  },
  {
    alert: "BackupAge",
    severity: "warning",
    fires: { "one run missed": backup(27 * hour) },
    silent: { "of last night": backup(12 * hour) },
  },
  {
    alert: "ExternalSecretNotSynced",
    severity: "warning",
    fires: { "it is not ready": secret(1) },
    silent: { "it is": secret(0) },
  },
  {
    alert: "RolloutDegraded",
    severity: "warning",
    fires: { "it was aborted": rollout("Degraded"), "its specification is wrong": rollout("InvalidSpec") },
    silent: { "it goes on": rollout("Progressing"), "it is done": rollout("Healthy") },
  },
  {
    alert: "LogsDropped",
    severity: "warning",
    delaySeconds: secondSample,
    fires: { "lines are dropped": dropped(1) },
    silent: { "none is": dropped(0) },
  },
  {
    alert: "TracesDropped",
    severity: "warning",
    delaySeconds: secondSample,
    fires: {
      "spans are lost": lostSpans("otelcol_exporter_send_failed_spans_total", 1),
      "the counter has no suffix": lostSpans("otelcol_exporter_send_failed_spans", 1),
    },
    silent: { "none is lost": lostSpans("otelcol_exporter_send_failed_spans_total", 0) },
  },
];
