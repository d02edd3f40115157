/** Stores: series of every exporter beside each other, since a stack's rules read only one of them. */
import { type AlertCase, counter, gauge, type RuleContext, secondSample } from "./alert-case.ts";

const hour = 3600;
const instance = 'dimension_DBInstanceIdentifier="db"';

function connections(share: number) {
  return ({ divisorOf }: RuleContext) => [
    gauge('cnpg_backends_total{pod="postgres-1",state="active"}', 500 * share),
    gauge('cnpg_pg_settings_setting{pod="postgres-1",name="max_connections"}', 500),
    gauge(
      `aws_rds_database_connections_maximum{${instance}}`,
      Math.round((divisorOf("postgres:connections_used:ratio") || 0) * share),
    ),
  ];
}

function storage(share: number) {
  const claim = 'namespace="data",persistentvolumeclaim="postgres-1"';
  return ({ divisorOf }: RuleContext) => [
    gauge(`kubelet_volume_stats_used_bytes{${claim}}`, 100 * share),
    gauge(`kubelet_volume_stats_capacity_bytes{${claim}}`, 100),
    gauge(
      `aws_rds_free_storage_space_minimum{${instance}}`,
      Math.round((divisorOf("postgres:storage_used:ratio") || 0) * (1 - share)),
    ),
  ];
}

function transactionIds(share: number) {
  const used = Math.round(share * 2 ** 31);
  return () => [
    gauge('cnpg_pg_database_xid_age{pod="postgres-1",datname="admin"}', used),
    gauge(`aws_rds_maximum_used_transaction_ids_maximum{${instance}}`, used),
  ];
}

function redisMemory(share: number) {
  return () => [
    gauge('redis_memory_used_bytes{pod="redis-0"}', 100 * share),
    gauge('redis_memory_max_bytes{pod="redis-0"}', 100),
    gauge(
      'aws_elasticache_database_memory_usage_percentage_maximum{dimension_CacheClusterId="redis-001"}',
      100 * share,
    ),
  ];
}

function redisLag(seconds: number) {
  return () => [
    gauge('redis_connected_slave_lag_seconds{pod="redis-0",slave_ip="10.0.0.2"}', seconds),
    gauge('aws_elasticache_replication_lag_maximum{dimension_CacheClusterId="redis-001"}', seconds),
  ];
}

const lag = (seconds: number) => () => [gauge('cnpg_pg_replication_lag{pod="postgres-2"}', seconds)];
const baseBackup = (ageSeconds: number) => () => [
  gauge('barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{pod="postgres-1"}', -ageSeconds),
];
const recovery = (value: number) => () => [gauge('cnpg_pg_replication_in_recovery{pod="postgres-1"}', value)];
const archiving = (failures: number, waiting: number) => () => [
  counter('cnpg_pg_stat_archiver_failed_count{pod="postgres-1"}', failures),
  gauge('cnpg_collector_pg_wal_archive_status{pod="postgres-1",value="ready"}', waiting),
];
const jobs = (finished: number) => () => [
  gauge('aws_backup_number_of_backup_jobs_completed_sum{dimension_BackupVaultName="vault"}', finished),
];
const member = (role: string, up: number) => () => [
  gauge(`redis_instance_info{pod="redis-0",role="${role}"}`, 1),
  gauge('redis_up{pod="redis-0"}', up),
];
const link = (value: number) => () => [gauge('redis_master_link_up{pod="redis-1"}', value)];

const colour = (name: string) => () =>
  ["green", "yellow", "red"].map((one) =>
    gauge(`elasticsearch_cluster_health_status{cluster="es",color="${one}"}`, one === name ? 1 : 0),
  );
const nodes = (values: string) => () => [
  { series: 'elasticsearch_cluster_health_number_of_nodes{cluster="es"}', values },
];
const esDisk = (share: number) => () => [
  gauge('elasticsearch_filesystem_data_available_bytes{name="es-0"}', 100 * (1 - share)),
  gauge('elasticsearch_filesystem_data_size_bytes{name="es-0"}', 100),
];
const esHeap = (share: number) => () => [
  gauge('elasticsearch_jvm_memory_used_bytes{name="es-0",area="heap"}', 100 * share),
  gauge('elasticsearch_jvm_memory_max_bytes{name="es-0",area="heap"}', 100),
];

const consumerLag = (records: number) => () => [
  gauge('kafka_consumergroup_lag{consumergroup="admin",topic="t",partition="0"}', records),
  gauge('kafka_consumergroup_lag{consumergroup="admin",topic="t",partition="1"}', -1),
];
const brokers = (values: string) => () => [{ series: "kafka_brokers", values }];
const underReplicated = (value: number) => () => [
  gauge('kafka_topic_partition_under_replicated_partition{topic="t",partition="0"}', value),
];
const copies = (replicas: number, inSync: number) => () => [
  gauge('kafka_topic_partition_replicas{topic="t",partition="0"}', replicas),
  gauge('kafka_topic_partition_in_sync_replica{topic="t",partition="0"}', inSync),
];

export const storeCases: readonly AlertCase[] = [
  {
    alert: "PostgresConnections",
    severity: "critical",
    fires: { "98 % are in use": connections(0.98) },
    silent: { "90 % are": connections(0.9) },
  },
  {
    alert: "PostgresConnections",
    severity: "warning",
    fires: { "90 % are in use": connections(0.9) },
    silent: { "70 % are": connections(0.7) },
  },
  {
    alert: "PostgresStorage",
    severity: "warning",
    fires: { "90 % are full": storage(0.9) },
    silent: { "70 % are": storage(0.7) },
  },
  {
    alert: "PostgresTransactionIds",
    severity: "critical",
    fires: { "80 % are used": transactionIds(0.8) },
    silent: { "60 % are": transactionIds(0.6) },
  },
  {
    alert: "PostgresTransactionIds",
    severity: "warning",
    fires: { "60 % are used": transactionIds(0.6) },
    silent: { "autovacuum works": transactionIds(0.1) },
  },
  {
    alert: "PostgresDown",
    severity: "critical",
    fires: { "only standbys answer": recovery(1), "nobody answers": () => [] },
    silent: { "a primary answers": recovery(0) },
  },
  {
    alert: "PostgresReplicationLag",
    severity: "critical",
    fires: { "ten minutes behind": lag(600) },
    silent: { "two minutes behind": lag(120) },
  },
  {
    alert: "PostgresReplicationLag",
    severity: "warning",
    fires: { "two minutes behind": lag(120) },
    silent: { "a second behind": lag(1) },
  },
  {
    alert: "PostgresArchiving",
    severity: "critical",
    delaySeconds: secondSample,
    fires: { "segments wait and archiving fails": archiving(0.05, 4) },
    silent: {
      "it failed and then all was archived": archiving(0.05, 0),
      "segments wait for their turn": archiving(0, 4),
    },
  },
  {
    alert: "DatabaseBackupAge",
    severity: "critical",
    fires: { "more than a day old": baseBackup(27 * hour) },
    silent: { "four hours old": baseBackup(4 * hour) },
  },
  {
    alert: "DatabaseBackupAge",
    severity: "warning",
    fires: { "four hours old": baseBackup(4 * hour) },
    silent: { "an hour old": baseBackup(hour) },
  },
  {
    alert: "DatabaseBackupMissing",
    severity: "warning",
    fires: { "no job finished": jobs(0) },
    silent: { "a job finished": jobs(1) },
  },
  {
    alert: "RedisMemory",
    severity: "critical",
    fires: { "97 % are used": redisMemory(0.97) },
    silent: { "90 % are": redisMemory(0.9) },
  },
  {
    alert: "RedisMemory",
    severity: "warning",
    fires: { "90 % are used": redisMemory(0.9) },
    silent: { "80 % are": redisMemory(0.8) },
  },
  {
    alert: "RedisReplicationLag",
    severity: "critical",
    fires: { "two minutes behind": redisLag(120) },
    silent: { "half a minute behind": redisLag(30) },
  },
  {
    alert: "RedisReplicationLag",
    severity: "warning",
    fires: { "half a minute behind": redisLag(30) },
    silent: { "a second behind": redisLag(1) },
  },
  {
    alert: "RedisDown",
    severity: "critical",
    fires: {
      "all members are replicas": member("slave", 1),
      "the primary does not answer": member("master", 0),
      "no member is there": () => [],
    },
    silent: { "the primary answers": member("master", 1) },
  },
  {
    alert: "RedisReplicaDetached",
    severity: "warning",
    fires: { "its link is down": link(0) },
    silent: { "its link is up": link(1) },
  },
  {
    alert: "ElasticsearchHealth",
    severity: "critical",
    fires: { red: colour("red") },
    silent: { yellow: colour("yellow") },
  },
  {
    alert: "ElasticsearchHealth",
    severity: "warning",
    fires: { yellow: colour("yellow") },
    silent: { green: colour("green") },
  },
  {
    alert: "ElasticsearchNodeMissing",
    severity: "warning",
    delaySeconds: secondSample,
    fires: { "two of three are left": nodes("3 2x100") },
    silent: { "all three are there": nodes("3x100"), "there was only ever one": nodes("1x100") },
  },
  {
    alert: "ElasticsearchDisk",
    severity: "warning",
    fires: { "84 % full": esDisk(0.84) },
    silent: { "70 % full": esDisk(0.7) },
  },
  {
    alert: "ElasticsearchHeap",
    severity: "warning",
    fires: { "93 % full": esHeap(0.93) },
    silent: { "75 % full, as after a collection": esHeap(0.75) },
  },
  {
    alert: "KafkaConsumerLag",
    severity: "critical",
    fires: { "200,000 records behind": consumerLag(200_000) },
    silent: { "20,000 behind": consumerLag(20_000) },
  },
  {
    alert: "KafkaConsumerLag",
    severity: "warning",
    fires: { "20,000 records behind": consumerLag(20_000) },
    silent: { "5,000 behind": consumerLag(5000) },
  },
  {
    alert: "KafkaBrokersMissing",
    severity: "critical",
    delaySeconds: secondSample,
    fires: { "two of three are left": brokers("3 2x100") },
    silent: { "all three are there": brokers("3x100"), "there was only ever one": brokers("1x100") },
  },
  {
    alert: "KafkaUnderReplicated",
    severity: "warning",
    fires: { "a copy is missing": underReplicated(1) },
    silent: { "none is": underReplicated(0) },
  },
  {
    alert: "KafkaWritesRefused",
    severity: "critical",
    fires: { "one copy of three is in sync": copies(3, 1), "the only copy is away": copies(1, 0) },
    silent: { "two copies of three are in sync": copies(3, 2), "the only copy is there": copies(1, 1) },
  },
];
