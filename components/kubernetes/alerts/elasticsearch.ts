import { alert, ladderAlerts, type RuleGroup } from "./rule.ts";
import { thresholds } from "./thresholds.ts";

/** Recorded series of Elasticsearch, with the label `name` of the node. */
export const elasticsearchSeries = {
  heap: "elasticsearch:heap_used:ratio",
  disk: "elasticsearch:disk_used:ratio",
} as const;

const dashboard = "database-performance" as const;
const labels = { dependency: "elasticsearch" } as const;

/** Elasticsearch is in the cluster on every cloud, behind one exporter. */
export function elasticsearchGroups(): RuleGroup[] {
  return [
    {
      name: "elasticsearch",
      rules: [
        {
          record: elasticsearchSeries.heap,
          expr: 'max by (name) (elasticsearch_jvm_memory_used_bytes{area="heap"} / elasticsearch_jvm_memory_max_bytes{area="heap"})',
        },
        {
          record: elasticsearchSeries.disk,
          expr: "max by (name) (1 - elasticsearch_filesystem_data_available_bytes / elasticsearch_filesystem_data_size_bytes)",
        },
        alert({
          alert: "ElasticsearchHealth",
          severity: "critical",
          expr: 'max by (cluster) (elasticsearch_cluster_health_status{color="red"}) == 1',
          for: "2m",
          labels,
          dashboard,
          summary: "Elasticsearch is red: some indices cannot be searched",
          description: "A primary shard is nowhere. Searches miss listings or fail.",
        }),
        alert({
          alert: "ElasticsearchHealth",
          severity: "warning",
          expr: 'max by (cluster) (elasticsearch_cluster_health_status{color="yellow"}) == 1',
          for: "15m",
          labels,
          dashboard,
          summary: "Elasticsearch is yellow: some shards have no copy",
          description: "The loss of one more node would take indices away.",
        }),
        alert({
          alert: "ElasticsearchNodeMissing",
          severity: "warning",
          expr: "max by (cluster) (elasticsearch_cluster_health_number_of_nodes) < max by (cluster) (max_over_time(elasticsearch_cluster_health_number_of_nodes[1d]))",
          for: "10m",
          dashboard,
          summary: "Elasticsearch has {{ $value }} nodes, fewer than in the last day",
          description: "A node left and did not come back; its shards are copied to the others.",
        }),
        ...ladderAlerts({
          alert: "ElasticsearchDisk",
          measure: elasticsearchSeries.disk,
          ladder: thresholds.disk,
          for: { warning: "10m" },
          dashboard,
          summary: "The disk of {{ $labels.name }} is {{ $value | humanizePercentage }} full",
          description: "At 85 % no new shards come to the node, at 95 % its indices become read-only.",
        }),
        ...ladderAlerts({
          alert: "ElasticsearchHeap",
          measure: `avg_over_time(${elasticsearchSeries.heap}[15m])`,
          ladder: thresholds.heap,
          for: { warning: "15m" },
          dashboard,
          summary: "The heap of {{ $labels.name }} is {{ $value | humanizePercentage }} full",
          description: "Collections free little; soon breakers refuse requests.",
        }),
      ],
    },
  ];
}
