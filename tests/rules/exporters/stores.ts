/** Exporters of stores: inside the cluster, and CloudWatch's through its exporter. */
import type { Rendered } from "../support/rendered.ts";
import { counter, type Exporter, gauge } from "./exporter.ts";

export const elasticsearch: Exporter = {
  name: "elasticsearch-exporter",
  version: "v1.11.0",
  source: "prometheus-community/elasticsearch_exporter collector/cluster_health.go and collector/nodes.go",
  target: { job: "elasticsearch-exporter", namespace: "data", service: "elasticsearch-exporter" },
  metrics: [
    gauge("elasticsearch_cluster_health_status", {
      cluster: ["elasticsearch"],
      color: ["green", "yellow", "red"],
    }),
    gauge("elasticsearch_cluster_health_number_of_nodes", { cluster: ["elasticsearch"] }, 3),
    gauge("elasticsearch_cluster_health_unassigned_shards", { cluster: ["elasticsearch"] }, 0),
    gauge("elasticsearch_jvm_memory_used_bytes", { ...node(), area: ["heap", "non-heap"] }),
    gauge("elasticsearch_jvm_memory_max_bytes", { ...node(), area: ["heap"] }, 2),
    gauge("elasticsearch_filesystem_data_available_bytes", { ...node(), mount: ["/data"], path: ["/data"] }),
    gauge("elasticsearch_filesystem_data_size_bytes", { ...node(), mount: ["/data"], path: ["/data"] }, 4),
    counter("elasticsearch_indices_search_query_total", node()),
    counter("elasticsearch_indices_search_query_time_seconds", node()),
    counter("elasticsearch_indices_indexing_index_total", node()),
    counter("elasticsearch_thread_pool_rejected_count", { ...node(), type: ["search", "write"] }),
  ],
};

function node() {
  return { cluster: ["elasticsearch"], host: ["10.0.0.1"], name: ["elasticsearch-es-default-0"] };
}

const cloudNativePg: Exporter = {
  name: "cloudnative-pg",
  version: "1.30.0 with plugin-barman-cloud v0.13.0",
  source:
    "cloudnative-pg.io, Monitoring › default queries (config/manager/default-monitoring.yaml); plugin: internal/cnpgi/instance/metrics.go",
  target: { job: "data/postgres", namespace: "data", pod: "postgres-1", cnpg_io_instanceRole: "primary" },
  metrics: [
    gauge("cnpg_collector_up", { cluster: ["postgres"] }),
    gauge("cnpg_collector_pg_wal_archive_status", { value: ["ready", "done"] }),
    gauge("cnpg_backends_total", { datname: ["admin"], usename: ["admin"], state: ["active", "idle"] }),
    gauge("cnpg_pg_settings_setting", { name: ["max_connections", "shared_buffers"] }, 500),
    gauge("cnpg_pg_replication_lag", {}, 0),
    gauge("cnpg_pg_replication_in_recovery", {}, 0),
    gauge("cnpg_pg_database_size_bytes", { datname: ["admin", "publishing"] }),
    gauge("cnpg_pg_database_xid_age", { datname: ["admin", "publishing"] }),
    counter("cnpg_pg_stat_archiver_failed_count"),
    counter("cnpg_pg_stat_database_xact_commit", { datname: ["admin"] }),
    counter("cnpg_pg_stat_database_xact_rollback", { datname: ["admin"] }),
    counter("cnpg_pg_stat_database_blks_hit", { datname: ["admin"] }),
    counter("cnpg_pg_stat_database_blks_read", { datname: ["admin"] }),
    gauge("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp", {}, { now: -1800 }),
  ],
};

const redis: Exporter = {
  name: "redis-exporter",
  version: "v1.89.0",
  source: "oliver006/redis_exporter exporter/metrics.go and exporter/info.go",
  target: { job: "data/redis", namespace: "data", pod: "redis-0", container: "exporter" },
  metrics: [
    gauge("redis_up"),
    gauge("redis_instance_info", { role: ["master", "slave"], redis_version: ["7.2.16"] }),
    gauge("redis_master_link_up", { master_host: ["redis-0"], master_port: ["6379"] }),
    gauge("redis_memory_used_bytes"),
    gauge("redis_memory_max_bytes", {}, 4),
    gauge("redis_connected_slave_lag_seconds", {
      slave_ip: ["10.0.0.2"],
      slave_port: ["6379"],
      slave_state: ["online"],
    }),
    counter("redis_keyspace_hits_total"),
    counter("redis_keyspace_misses_total"),
    counter("redis_evicted_keys_total"),
    counter("redis_commands_processed_total"),
    gauge("redis_connected_clients"),
  ],
};

export const kafka: Exporter = {
  name: "kafka-exporter",
  version: "v1.9.0",
  source: "danielqsj/kafka_exporter kafka_exporter.go; the same beside Strimzi, Confluent and MSK",
  target: { job: "kafka-exporter", namespace: "messaging", pod: "kafka-exporter-0" },
  metrics: [
    gauge("kafka_brokers", {}, 3),
    gauge("kafka_topic_partition_under_replicated_partition", partition(), 0),
    gauge("kafka_topic_partition_in_sync_replica", partition(), 3),
    gauge("kafka_topic_partition_replicas", partition(), 3),
    counter("kafka_topic_partition_current_offset", partition()),
    gauge("kafka_consumergroup_lag", { ...partition(), consumergroup: ["admin.metering"] }, 5),
    counter("kafka_consumergroup_current_offset", { ...partition(), consumergroup: ["admin.metering"] }),
    gauge("kafka_consumergroup_members", { consumergroup: ["admin.metering"] }),
  ],
};

function partition() {
  return { topic: ["metering.records"], partition: ["0", "1"] };
}

/** Dimensions of CloudWatch's metrics by namespace. */
const dimensions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "AWS/RDS": { dimension_DBInstanceIdentifier: ["llm-marketplace-production-postgres"] },
  "AWS/ElastiCache": { dimension_CacheClusterId: ["redis-001", "redis-002"] },
  "AWS/Backup": { dimension_BackupVaultName: ["llm-marketplace-production-backup"] },
};

/** What the exporter of CloudWatch makes of the metrics that the stack's own configuration tells it to read. */
function cloudWatch(metrics: Rendered["cloudWatch"]): Exporter {
  return {
    name: "cloudwatch-exporter",
    version: "v0.67.0",
    source:
      "prometheus-community/yet-another-cloudwatch-exporter pkg/promutil/prometheus.go (names), its labels",
    target: { job: "cloudwatch-exporter", namespace: "monitoring", service: "cloudwatch-exporter" },
    metrics: metrics.map(({ type, name, statistic }) => {
      const known = dimensions[type];
      if (known === undefined) throw new Error(`${type}: say in this file which dimensions its metrics have`);
      return gauge(cloudWatchName(type, name, statistic), {
        ...known,
        account_id: ["111122223333"],
        region: ["us-east-1"],
        name: [`arn:aws:${type}`],
      });
    }),
  };
}

/** An underscore comes where a capital follows a small letter or a digit: `CPUUtilization` → `cpuutilization`. */
export function cloudWatchName(type: string, name: string, statistic: string): string {
  const snake = (text: string) => text.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  return `${type.replace("/", "_").toLowerCase()}_${snake(name)}_${snake(statistic)}`;
}

export function storeExporters({ cloudWatch: metrics }: Rendered): Exporter[] {
  const managed = metrics.length > 0;
  return [elasticsearch, kafka, ...(managed ? [cloudWatch(metrics)] : [cloudNativePg, redis])];
}
