import { named } from "./postgres.ts";
import { type AlertingRule, alert, ladderAlerts, type RecordingRule, type RuleGroup } from "./rule.ts";
import type { MetricSources } from "./sources.ts";
import { thresholds } from "./thresholds.ts";

/** Series of Redis with the same names and the label `member`, whoever exports them. */
export const redisSeries = {
  memory: "redis:memory_used:ratio",
  lag: "redis:replication_lag:seconds",
  hits: "redis:hits:ratio_rate5m",
  evictions: "redis:evictions:rate5m",
  connections: "redis:connections:count",
} as const;

const dashboard = "cache-metrics" as const;
const node = "dimension_CacheClusterId";

export function redisGroups({ redis }: MetricSources): RuleGroup[] {
  if (redis === "none") return [];
  const rules =
    redis === "cloudwatch"
      ? [...cloudWatchRecords, ...sharedAlerts]
      : [...exporterRecords, ...sharedAlerts, ...exporterAlerts];
  return [{ name: "redis", rules }];
}

const perPod = (expr: string) => named(`max by (pod) (${expr})`, "pod");
const perNode = (expr: string) => named(`max by (${node}) (${expr})`, node);

const exporterRecords: readonly RecordingRule[] = [
  // A limit of 0 is none.
  { record: redisSeries.memory, expr: perPod("redis_memory_used_bytes / (redis_memory_max_bytes > 0)") },
  { record: redisSeries.lag, expr: perPod("redis_connected_slave_lag_seconds") },
  {
    record: redisSeries.hits,
    expr: perPod(
      "rate(redis_keyspace_hits_total[5m]) / (rate(redis_keyspace_hits_total[5m]) + rate(redis_keyspace_misses_total[5m]))",
    ),
  },
  { record: redisSeries.evictions, expr: perPod("rate(redis_evicted_keys_total[5m])") },
  { record: redisSeries.connections, expr: perPod("redis_connected_clients") },
];

/** CloudWatch's sums are of one minute. */
const cloudWatchRecords: readonly RecordingRule[] = [
  {
    record: redisSeries.memory,
    expr: perNode("aws_elasticache_database_memory_usage_percentage_maximum / 100"),
  },
  { record: redisSeries.lag, expr: perNode("aws_elasticache_replication_lag_maximum") },
  {
    record: redisSeries.hits,
    expr: perNode(
      "aws_elasticache_cache_hits_sum / (aws_elasticache_cache_hits_sum + aws_elasticache_cache_misses_sum)",
    ),
  },
  { record: redisSeries.evictions, expr: perNode("aws_elasticache_evictions_sum / 60") },
  { record: redisSeries.connections, expr: perNode("aws_elasticache_curr_connections_maximum") },
];

const sharedAlerts: readonly AlertingRule[] = [
  ...ladderAlerts({
    alert: "RedisMemory",
    measure: redisSeries.memory,
    ladder: thresholds.redisMemory,
    for: { critical: "5m", warning: "10m" },
    dashboard,
    summary: "Redis {{ $labels.member }} uses {{ $value | humanizePercentage }} of its memory",
    description: "At the limit keys are evicted: the cache works less well, and counters of limits may go.",
  }),
  ...ladderAlerts({
    alert: "RedisReplicationLag",
    measure: redisSeries.lag,
    ladder: thresholds.redisLag,
    for: { critical: "2m", warning: "5m" },
    dashboard,
    summary: "Replication of Redis {{ $labels.member }} is {{ $value | humanizeDuration }} behind",
    description: "A failover loses what the replica has not got yet.",
  }),
];

const exporterAlerts: readonly AlertingRule[] = [
  alert({
    alert: "RedisDown",
    severity: "critical",
    expr: 'absent(redis_instance_info{role="master"} and on (pod) redis_up == 1)',
    for: "2m",
    labels: { dependency: "redis" },
    dashboard,
    summary: "Redis has no primary",
    description: "No member answers as the primary. Sentinel needs two of three members to choose one.",
  }),
  alert({
    alert: "RedisReplicaDetached",
    severity: "warning",
    expr: "redis_master_link_up == 0",
    for: "5m",
    dashboard,
    summary: "Redis {{ $labels.pod }} does not follow its primary",
    description: "The replica has old data and cannot take over.",
  }),
];
