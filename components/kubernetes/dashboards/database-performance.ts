import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { elasticsearchSeries } from "../alerts/elasticsearch.ts";
import { postgresSeries } from "../alerts/postgres.ts";
import { thresholds } from "../alerts/thresholds.ts";
import { namespaces } from "../places.ts";
import { buildDashboard, type DashboardFacts, type Section } from "./dashboard.ts";
import { logsLink, tracesLink } from "./links.ts";
import { type PanelSpec, reachedPanel } from "./panel.ts";

const instance = "dimension_DBInstanceIdentifier";

/** PostgreSQL, by whoever exports its metrics in this stack, and Elasticsearch. */
export function databasePerformance({ sources }: DashboardFacts): Dashboard {
  return buildDashboard({
    name: "database-performance",
    description: "Have PostgreSQL and Elasticsearch room, are they quick, and could they be restored?",
    variables: [],
    sections: [
      { title: "As the services see them", panels: [reached] },
      { title: "PostgreSQL", panels: postgres[sources.postgres] },
      ...(sources.elasticsearch === "none" ? [] : [elasticsearch]),
    ],
    links: [
      // A managed database writes its log to the cloud's log store: here are the lines of those who use it.
      logsLink(
        sources.postgres === "cloudnative-pg"
          ? `{namespace="${namespaces.data}"}`
          : `{namespace=~"${namespaces.data}|${namespaces.services}"} |~ "(?i)postgres|elasticsearch"`,
      ),
      tracesLink("publishing"),
    ],
    releases: sources.cluster === "kubernetes",
  });
}

const reached: PanelSpec = {
  ...reachedPanel("Databases that answer", 'dependency=~"postgres|elasticsearch"'),
  width: 24,
};

const shared: readonly PanelSpec[] = [
  {
    title: "Connections of those allowed",
    description: thresholds.connections.reason,
    unit: "percentunit",
    max: 1,
    queries: [{ expr: postgresSeries.connections, legend: "{{member}}" }],
    ladder: thresholds.connections,
  },
  {
    title: "Disk",
    description: thresholds.disk.reason,
    unit: "percentunit",
    max: 1,
    queries: [{ expr: postgresSeries.storage, legend: "{{member}}" }],
    ladder: thresholds.disk,
  },
  {
    title: "Transaction ids used",
    description: thresholds.transactionIds.reason,
    unit: "percentunit",
    max: 1,
    queries: [{ expr: postgresSeries.transactionIds, legend: "{{member}}" }],
    ladder: thresholds.transactionIds,
  },
];

const operator: readonly PanelSpec[] = [
  ...shared,
  {
    title: "Replication lag",
    description: thresholds.postgresLag.reason,
    unit: "s",
    queries: [{ expr: postgresSeries.lag, legend: "{{member}}" }],
    ladder: thresholds.postgresLag,
  },
  {
    title: "Transactions",
    unit: "ops",
    queries: [
      {
        expr: "sum by (datname) (rate(cnpg_pg_stat_database_xact_commit[5m]))",
        legend: "{{datname}} committed",
      },
      {
        expr: "sum by (datname) (rate(cnpg_pg_stat_database_xact_rollback[5m]))",
        legend: "{{datname}} rolled back",
      },
    ],
  },
  {
    title: "Reads from the cache",
    description: "Share of blocks that PostgreSQL had in memory.",
    unit: "percentunit",
    max: 1,
    queries: [
      {
        expr: "sum by (datname) (rate(cnpg_pg_stat_database_blks_hit[5m])) / (sum by (datname) (rate(cnpg_pg_stat_database_blks_hit[5m])) + sum by (datname) (rate(cnpg_pg_stat_database_blks_read[5m])))",
        legend: "{{datname}}",
      },
    ],
  },
  {
    title: "Size of the databases",
    unit: "bytes",
    queries: [{ expr: "max by (datname) (cnpg_pg_database_size_bytes)", legend: "{{datname}}" }],
  },
  {
    title: "Log segments that wait for the archive",
    unit: "short",
    queries: [
      { expr: 'max by (pod) (cnpg_collector_pg_wal_archive_status{value="ready"})', legend: "{{pod}}" },
    ],
  },
  {
    title: "Age of the base backup",
    description: thresholds.databaseBackupAge.reason,
    unit: "s",
    queries: [
      {
        expr: "time() - max(barman_cloud_cloudnative_pg_io_last_available_backup_timestamp)",
        legend: "base backup",
      },
    ],
    ladder: thresholds.databaseBackupAge,
  },
];

function rds(metric: string): string {
  return `max by (${instance}) (aws_rds_${metric})`;
}

const cloudWatch: readonly PanelSpec[] = [
  ...shared,
  {
    title: "CPU",
    unit: "percent",
    max: 100,
    queries: [{ expr: rds("cpuutilization_average"), legend: `{{${instance}}}` }],
  },
  {
    title: "Time of reads and writes",
    unit: "s",
    queries: [
      { expr: rds("read_latency_average"), legend: "read" },
      { expr: rds("write_latency_average"), legend: "write" },
    ],
  },
  {
    title: "Reads and writes",
    unit: "iops",
    queries: [
      { expr: rds("read_iops_average"), legend: "read" },
      { expr: rds("write_iops_average"), legend: "write" },
    ],
  },
  {
    title: "Free memory",
    unit: "bytes",
    queries: [{ expr: rds("freeable_memory_minimum"), legend: `{{${instance}}}` }],
  },
  {
    title: "Log on disk",
    unit: "bytes",
    queries: [{ expr: rds("transaction_logs_disk_usage_maximum"), legend: `{{${instance}}}` }],
  },
  {
    title: "Backups finished in an hour",
    unit: "short",
    queries: [
      {
        expr: "max by (dimension_BackupVaultName) (aws_backup_number_of_backup_jobs_completed_sum)",
        legend: "{{dimension_BackupVaultName}}",
      },
    ],
  },
];

const postgres: Readonly<Record<DashboardFacts["sources"]["postgres"], readonly PanelSpec[]>> = {
  "cloudnative-pg": operator,
  cloudwatch: cloudWatch,
  none: [],
};

const elasticsearch: Section = {
  title: "Elasticsearch",
  panels: [
    {
      title: "Health",
      description: "The colour whose line is at 1.",
      unit: "short",
      queries: [
        { expr: "max by (color) (elasticsearch_cluster_health_status)", legend: "{{color}}" },
        { expr: "max(elasticsearch_cluster_health_unassigned_shards)", legend: "unassigned shards" },
      ],
    },
    {
      title: "Disk of nodes",
      description: thresholds.disk.reason,
      unit: "percentunit",
      max: 1,
      queries: [{ expr: elasticsearchSeries.disk, legend: "{{name}}" }],
      ladder: thresholds.disk,
    },
    {
      title: "Heap of nodes",
      description: thresholds.heap.reason,
      unit: "percentunit",
      max: 1,
      queries: [{ expr: elasticsearchSeries.heap, legend: "{{name}}" }],
      ladder: thresholds.heap,
    },
    {
      title: "Searches",
      unit: "ops",
      queries: [
        { expr: "sum(rate(elasticsearch_indices_search_query_total[5m]))", legend: "queries of shards" },
      ],
    },
    {
      title: "Time of a search",
      description: "Mean of a shard's part.",
      unit: "s",
      queries: [
        {
          expr: "sum(rate(elasticsearch_indices_search_query_time_seconds[5m])) / sum(rate(elasticsearch_indices_search_query_total[5m]))",
          legend: "mean",
        },
      ],
    },
    {
      title: "Documents written and requests rejected",
      unit: "ops",
      queries: [
        { expr: "sum(rate(elasticsearch_indices_indexing_index_total[5m]))", legend: "written" },
        {
          expr: 'sum by (type) (rate(elasticsearch_thread_pool_rejected_count{type=~"search|write"}[5m]))',
          legend: "{{type}} rejected",
        },
      ],
    },
  ],
};
