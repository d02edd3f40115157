import { namespaces } from "../places.ts";
import { ladderAlerts, type RuleGroup } from "./rule.ts";
import { thresholds } from "./thresholds.ts";

/** Recorded series of nodes (label `node`), volumes and the services' containers. */
export const nodeSeries = {
  cpu: "node:cpu_used:ratio_rate5m",
  memory: "node:memory_used:ratio",
  disk: "node:disk_used:ratio",
  volume: "volume:used:ratio",
  container: "container:memory_used_of_limit:ratio",
} as const;

const dashboard = "infrastructure-health" as const;
const exporter = 'job="node-exporter"';
/** The kubelet's own file system and, where there is one, the container runtime's. */
const disks = `${exporter},fstype!~"tmpfs|ramfs|vfat",mountpoint!~"/boot.*|/run.*"`;
const claims = "by (namespace, persistentvolumeclaim)";
const services = `namespace="${namespaces.services}"`;

/** What the status summary names of nodes; the chart's own rules watch pods, Deployments and the API beside it. */
export function nodeGroups(): RuleGroup[] {
  return [
    {
      name: "nodes",
      rules: [
        {
          record: nodeSeries.cpu,
          expr: `1 - avg by (node) (rate(node_cpu_seconds_total{${exporter},mode="idle"}[5m]))`,
        },
        {
          record: nodeSeries.memory,
          expr: `max by (node) (1 - node_memory_MemAvailable_bytes{${exporter}} / node_memory_MemTotal_bytes{${exporter}})`,
        },
        {
          record: nodeSeries.disk,
          expr: `max by (node, mountpoint) (1 - node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes{${disks}})`,
        },
        {
          record: nodeSeries.volume,
          expr: `max ${claims} (kubelet_volume_stats_used_bytes / kubelet_volume_stats_capacity_bytes)`,
        },
        {
          record: nodeSeries.container,
          expr:
            `max by (namespace, pod, container) (container_memory_working_set_bytes{${services},container!="",image!=""}) / ` +
            `max by (namespace, pod, container) (kube_pod_container_resource_limits{${services},resource="memory"})`,
        },
        ...ladderAlerts({
          alert: "NodeDisk",
          measure: nodeSeries.disk,
          ladder: thresholds.disk,
          for: { warning: "10m" },
          dashboard,
          summary:
            "{{ $labels.mountpoint }} of node {{ $labels.node }} is {{ $value | humanizePercentage }} full",
          description: "At 85 % the kubelet deletes images, at 90 % it evicts pods.",
        }),
        ...ladderAlerts({
          alert: "VolumeDisk",
          measure: nodeSeries.volume,
          ladder: thresholds.disk,
          for: { warning: "10m" },
          dashboard,
          summary:
            "Volume {{ $labels.persistentvolumeclaim }} in {{ $labels.namespace }} is {{ $value | humanizePercentage }} full",
          description: "A full volume stops the store that writes to it.",
        }),
        ...ladderAlerts({
          alert: "NodeMemory",
          measure: nodeSeries.memory,
          ladder: thresholds.memory,
          for: { warning: "10m" },
          dashboard,
          summary: "Node {{ $labels.node }} uses {{ $value | humanizePercentage }} of its memory",
          description: "Soon the kubelet evicts pods, those above their requests first.",
        }),
        ...ladderAlerts({
          alert: "ServiceMemory",
          measure: nodeSeries.container,
          ladder: thresholds.memory,
          for: { warning: "10m" },
          dashboard,
          summary:
            "{{ $labels.container }} in {{ $labels.pod }} uses {{ $value | humanizePercentage }} of its memory limit",
          description: "At the limit the kernel stops the container, and its requests in flight fail.",
        }),
      ],
    },
  ];
}
