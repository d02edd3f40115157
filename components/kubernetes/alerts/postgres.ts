import { namespaces } from "../places.ts";
import { type AlertingRule, alert, ladderAlerts, type RecordingRule, type RuleGroup } from "./rule.ts";
import type { MetricSources } from "./sources.ts";
import { thresholds } from "./thresholds.ts";

/** Series of PostgreSQL with the same names and the label `member`, whoever exports them. */
export const postgresSeries = {
  connections: "postgres:connections_used:ratio",
  storage: "postgres:storage_used:ratio",
  transactionIds: "postgres:transaction_ids_used:ratio",
  /** Not on RDS: its standby takes every commit before it is acknowledged and cannot lag. */
  lag: "postgres:replication_lag:seconds",
} as const;

/** Transaction ids that PostgreSQL has before it must reuse old ones. */
const transactionIds = 2 ** 31;
/** Label that CloudNativePG and the platform's volumes call pods by, and CloudWatch instances. */
const member = {
  pod: "pod",
  claim: "persistentvolumeclaim",
  instance: "dimension_DBInstanceIdentifier",
} as const;
const dashboard = "database-performance" as const;
/** Alerts on the store itself silence `ServiceDependencyDown` of the services that only suffer from it. */
export const store = { dependency: "postgres" } as const;

export function postgresGroups(sources: MetricSources): RuleGroup[] {
  if (sources.postgres === "none") return [];
  const rules =
    sources.postgres === "cloudwatch"
      ? [...cloudWatchRecords(sources), ...sharedAlerts, ...cloudWatchAlerts]
      : [...operatorRecords, ...sharedAlerts, ...operatorAlerts];
  return [{ name: "postgres", rules }];
}

/** Gives a series the label `member` in place of the exporter's own. */
export function named(series: string, label: string): string {
  return `label_replace(${series}, "member", "$1", "${label}", "(.+)")`;
}

const volumes = `namespace="${namespaces.data}",persistentvolumeclaim=~"postgres-.*"`;

const operatorRecords: readonly RecordingRule[] = [
  {
    record: postgresSeries.connections,
    expr: named(
      'sum by (pod) (cnpg_backends_total) / on (pod) max by (pod) (cnpg_pg_settings_setting{name="max_connections"})',
      member.pod,
    ),
  },
  {
    record: postgresSeries.storage,
    expr: named(
      `max by (persistentvolumeclaim) (kubelet_volume_stats_used_bytes{${volumes}} / kubelet_volume_stats_capacity_bytes{${volumes}})`,
      member.claim,
    ),
  },
  {
    record: postgresSeries.transactionIds,
    expr: named(`max by (pod) (cnpg_pg_database_xid_age) / ${transactionIds}`, member.pod),
  },
  {
    record: postgresSeries.lag,
    expr: named("max by (pod) (cnpg_pg_replication_lag)", member.pod),
  },
];

function cloudWatchRecords({ postgresLimits }: MetricSources): RecordingRule[] {
  const of = (metric: string) => `max by (${member.instance}) (aws_rds_${metric})`;
  const shared = [
    {
      record: postgresSeries.transactionIds,
      expr: named(`${of("maximum_used_transaction_ids_maximum")} / ${transactionIds}`, member.instance),
    },
  ];
  if (postgresLimits === undefined) return shared;
  const { connections, storageGiB } = postgresLimits;
  return [
    {
      record: postgresSeries.connections,
      expr: named(`${of("database_connections_maximum")} / ${connections}`, member.instance),
    },
    {
      record: postgresSeries.storage,
      // Storage grows by itself; against the size at the start what is used is never understated.
      expr: named(
        `clamp_min(1 - ${of("free_storage_space_minimum")} / ${storageGiB * 2 ** 30}, 0)`,
        member.instance,
      ),
    },
    ...shared,
  ];
}

const sharedAlerts: readonly AlertingRule[] = [
  ...ladderAlerts({
    alert: "PostgresConnections",
    measure: postgresSeries.connections,
    ladder: thresholds.connections,
    for: { critical: "2m", warning: "10m" },
    dashboard,
    summary:
      "PostgreSQL {{ $labels.member }} has {{ $value | humanizePercentage }} of its connections in use",
    description: "At the limit new connections are refused, and services that need one answer 503.",
  }),
  ...ladderAlerts({
    alert: "PostgresStorage",
    measure: postgresSeries.storage,
    ladder: thresholds.disk,
    for: { warning: "10m" },
    dashboard,
    summary: "The disk of PostgreSQL {{ $labels.member }} is {{ $value | humanizePercentage }} full",
    description: "A full disk stops every write.",
  }),
  ...ladderAlerts({
    alert: "PostgresTransactionIds",
    measure: postgresSeries.transactionIds,
    ladder: thresholds.transactionIds,
    for: { critical: "10m", warning: "1h" },
    dashboard,
    summary:
      "PostgreSQL {{ $labels.member }} has used {{ $value | humanizePercentage }} of its transaction ids",
    description: "Autovacuum does not keep up; at the end PostgreSQL takes no more writes.",
  }),
];

const operatorAlerts: readonly AlertingRule[] = [
  alert({
    alert: "PostgresDown",
    severity: "critical",
    expr: "absent(cnpg_pg_replication_in_recovery == 0)",
    for: "2m",
    labels: store,
    dashboard,
    summary: "PostgreSQL has no primary",
    description:
      "No instance answers as the primary, so nothing can be written; a failover takes under a minute.",
  }),
  ...ladderAlerts({
    alert: "PostgresReplicationLag",
    measure: postgresSeries.lag,
    ladder: thresholds.postgresLag,
    for: { critical: "5m", warning: "5m" },
    dashboard,
    summary: "PostgreSQL {{ $labels.member }} is {{ $value | humanizeDuration }} behind its primary",
    description: "A standby that is far behind is not promoted, and what it lacks is lost if it must be.",
  }),
  alert({
    alert: "PostgresArchiving",
    severity: "critical",
    expr: 'increase(cnpg_pg_stat_archiver_failed_count[15m]) > 0 and on (pod) cnpg_collector_pg_wal_archive_status{value="ready"} > 0',
    for: "10m",
    dashboard,
    summary: "PostgreSQL {{ $labels.pod }} cannot archive its log",
    description:
      "Point-in-time recovery ends where archiving stopped (recovery point objective 15 minutes), and the log fills the disk.",
  }),
  ...ladderAlerts({
    alert: "DatabaseBackupAge",
    // Before the first backup the value is 0, the year 1970.
    measure: "time() - max(barman_cloud_cloudnative_pg_io_last_available_backup_timestamp)",
    ladder: thresholds.databaseBackupAge,
    for: { critical: "10m", warning: "10m" },
    dashboard,
    summary: "The last base backup of PostgreSQL is {{ $value | humanizeDuration }} old",
    description: "Backups are taken at every full hour; restores replay all of the log since the last one.",
  }),
];

const cloudWatchAlerts: readonly AlertingRule[] = [
  alert({
    alert: "DatabaseBackupMissing",
    severity: "warning",
    expr: "max by (dimension_BackupVaultName) (max_over_time(aws_backup_number_of_backup_jobs_completed_sum[26h])) < 1",
    for: "10m",
    dashboard,
    summary: "No backup of the database has finished for 26 hours",
    description:
      "Jobs of the vault {{ $labels.dimension_BackupVaultName }} fail or do not start. Point-in-time recovery of RDS is separate and may still work.",
  }),
];
