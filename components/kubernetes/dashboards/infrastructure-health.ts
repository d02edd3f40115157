import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { nodeSeries } from "../alerts/nodes.ts";
import { collectorMetric } from "../alerts/platform.ts";
import { thresholds } from "../alerts/thresholds.ts";
import { namespaces } from "../places.ts";
import { buildDashboard, type DashboardFacts, type Section, type VariableSpec } from "./dashboard.ts";
import { logsLink, tracesLink, variable } from "./links.ts";
import type { PanelSpec } from "./panel.ts";

const poolLabel = "label_llm_marketplace_io_pool";
const variables: readonly VariableSpec[] = [
  // Nodes of a laptop's cluster have no pool; `.*` takes them too.
  { name: "pool", label: "Node pool", series: "kube_node_labels", from: poolLabel, all: ".*" },
  { name: "namespace", label: "Namespace", series: "kube_pod_info", from: "namespace" },
];
const inNamespace = 'namespace=~"$namespace"';

/** A series of nodes, of the chosen pools only. */
function ofPool(series: string): string {
  return `${series} * on (node) group_left (${poolLabel}) kube_node_labels{${poolLabel}=~"$pool"}`;
}

/** Nodes, volumes, pods, and what the platform runs beside the services. */
export function infrastructureHealth({ sources }: DashboardFacts): Dashboard {
  const cluster = sources.cluster === "kubernetes";
  return buildDashboard({
    name: "infrastructure-health",
    description:
      "Have nodes, volumes and pods room, and do backups, certificates, secrets and telemetry work?",
    variables: cluster ? variables : [],
    sections: cluster ? [nodes, pods, platform] : [{ title: platform.title, panels: [targets] }],
    links: [
      logsLink(
        cluster ? `{namespace=~"${variable("namespace:pipe")}"}` : `{namespace="${namespaces.services}"}`,
      ),
      tracesLink(""),
    ],
    releases: cluster,
  });
}

const nodes: Section = {
  title: "Nodes and volumes",
  panels: [
    {
      title: "CPU of nodes",
      unit: "percentunit",
      max: 1,
      queries: [{ expr: ofPool(nodeSeries.cpu), legend: "{{node}}" }],
    },
    {
      title: "Memory of nodes",
      description: thresholds.memory.reason,
      unit: "percentunit",
      max: 1,
      queries: [{ expr: ofPool(nodeSeries.memory), legend: "{{node}}" }],
      ladder: thresholds.memory,
    },
    {
      title: "Disk of nodes",
      description: thresholds.disk.reason,
      unit: "percentunit",
      max: 1,
      queries: [{ expr: ofPool(nodeSeries.disk), legend: "{{node}} {{mountpoint}}" }],
      ladder: thresholds.disk,
    },
    {
      title: "Volumes",
      unit: "percentunit",
      max: 1,
      queries: [
        { expr: `${nodeSeries.volume}{${inNamespace}}`, legend: "{{namespace}} {{persistentvolumeclaim}}" },
      ],
      ladder: thresholds.disk,
    },
    {
      title: "Network of nodes",
      unit: "Bps",
      queries: [
        {
          expr: 'sum by (node) (rate(node_network_receive_bytes_total{job="node-exporter",device!~"lo|veth.*|eni.*"}[5m]))',
          legend: "{{node}} in",
        },
        {
          expr: 'sum by (node) (rate(node_network_transmit_bytes_total{job="node-exporter",device!~"lo|veth.*|eni.*"}[5m]))',
          legend: "{{node}} out",
        },
      ],
    },
    {
      title: "Nodes",
      description: "Ready, and not.",
      unit: "short",
      queries: [
        { expr: 'sum(kube_node_status_condition{condition="Ready",status="true"})', legend: "ready" },
        { expr: 'sum(kube_node_status_condition{condition="Ready",status!="true"})', legend: "not ready" },
      ],
    },
  ],
};

const pods: Section = {
  title: "Pods",
  panels: [
    {
      title: "Requested of the nodes",
      description: "Above 1 pods wait for nodes.",
      unit: "percentunit",
      queries: (["cpu", "memory"] as const).map((resource) => ({
        expr: `sum(kube_pod_container_resource_requests{resource="${resource}"}) / sum(kube_node_status_allocatable{resource="${resource}"})`,
        legend: resource,
      })),
    },
    {
      title: "Pods that do not run",
      unit: "short",
      queries: [
        {
          expr: `sum by (namespace, phase) (kube_pod_status_phase{${inNamespace},phase=~"Pending|Failed|Unknown"})`,
          legend: "{{namespace}} {{phase}}",
        },
      ],
    },
    {
      title: "Restarts in an hour",
      unit: "short",
      queries: [
        {
          expr: `topk(10, sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total{${inNamespace}}[1h])))`,
          legend: "{{namespace}} {{pod}}",
        },
      ],
    },
  ],
};

const targets: PanelSpec = {
  title: "Targets that Prometheus cannot read",
  unit: "short",
  queries: [{ expr: "count by (job) (up == 0) or vector(0)", legend: "{{job}}" }],
};

const platform: Section = {
  title: "Platform",
  panels: [
    {
      title: "Age of the cluster's backup",
      description: thresholds.backupAge.reason,
      unit: "s",
      queries: [
        {
          expr: 'time() - max by (schedule) (velero_backup_last_successful_timestamp{schedule!=""})',
          legend: "{{schedule}}",
        },
      ],
      ladder: thresholds.backupAge,
    },
    {
      title: "Certificates: time left",
      description: thresholds.certificateAge.reason,
      unit: "s",
      queries: [
        {
          expr: "bottomk(10, min by (exported_namespace, name) (certmanager_certificate_expiration_timestamp_seconds) - time())",
          legend: "{{exported_namespace}} {{name}}",
        },
      ],
      ladder: thresholds.certificateAge,
    },
    {
      title: "Secrets that cannot be read",
      unit: "short",
      queries: [
        {
          expr: 'sum by (exported_namespace) (externalsecret_status_condition{condition="Ready",status="False"})',
          legend: "{{exported_namespace}}",
        },
      ],
    },
    targets,
    {
      title: "Log lines",
      unit: "cps",
      queries: [
        { expr: "sum(rate(loki_distributor_lines_received_total[5m]))", legend: "received" },
        {
          expr: "sum by (reason) (rate(loki_write_dropped_entries_total[5m]))",
          legend: "dropped: {{reason}}",
        },
      ],
    },
    {
      title: "Spans",
      unit: "cps",
      queries: [
        {
          expr: `sum by (exporter) (rate(${collectorMetric("exporter_sent_spans")}[5m]))`,
          legend: "{{exporter}} sent",
        },
        {
          expr: `sum by (exporter) (rate(${collectorMetric("exporter_send_failed_spans")}[5m]))`,
          legend: "{{exporter}} lost",
        },
      ],
    },
  ],
};
