import type { PlatformContext } from "../../core/context.ts";
import type { KafkaOutputs, StoreOutputs } from "../contract.ts";
import { kafkaClusterName } from "./kafka.ts";
import { postgresIdentifier } from "./postgres.ts";
import { redisIdentifier } from "./redis.ts";

/** An alarm on a metric that AWS publishes for a managed store. Plain data. */
export interface StoreAlarm {
  /** Kebab-case, unique in the stack. */
  readonly name: string;
  readonly namespace: "AWS/RDS" | "AWS/ElastiCache" | "AWS/Kafka";
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: "Average" | "Maximum" | "Minimum" | "Sum";
  readonly when: "above" | "below";
  readonly threshold: number;
  /** How long it must last; periods are 60 s. */
  readonly minutes: number;
  /** What it means and what to look at first. */
  readonly meaning: string;
}

type Rule = Omit<StoreAlarm, "name" | "namespace" | "dimensions"> & { readonly id: string };

const gibibyte = 1024 ** 3;

/**
 * Alarms on PostgreSQL. There is no read replica, hence no lag. Storage grows by itself below 10 % free, so 5 %
 * means that it has reached its ceiling or cannot keep up.
 */
export function postgresAlarms(context: PlatformContext, store: StoreOutputs): StoreAlarm[] {
  if (store.managed === undefined) return [];
  const { maxConnections = 0, storageGiB = 0 } = store.managed;
  const rules: Rule[] = [
    {
      id: "cpu",
      metric: "CPUUtilization",
      statistic: "Average",
      when: "above",
      threshold: 80,
      minutes: 15,
      meaning: "busy for long; see the top statements",
    },
    {
      id: "storage",
      metric: "FreeStorageSpace",
      statistic: "Minimum",
      when: "below",
      threshold: Math.round(storageGiB * 0.05 * gibibyte),
      minutes: 10,
      meaning: "under 5 % of storage is free and automatic growth does not keep up",
    },
    {
      id: "connections",
      metric: "DatabaseConnections",
      statistic: "Maximum",
      when: "above",
      threshold: Math.floor(maxConnections * 0.8),
      minutes: 5,
      meaning: "over 80 % of connections are open; pools are larger than planned or leak",
    },
    {
      id: "memory",
      metric: "FreeableMemory",
      statistic: "Minimum",
      when: "below",
      threshold: gibibyte / 4,
      minutes: 10,
      meaning: "under 256 MiB of memory is free",
    },
    // At 2,147 million PostgreSQL stops accepting writes; vacuum starts to hurry at 200 million.
    {
      id: "transaction-ids",
      metric: "MaximumUsedTransactionIDs",
      statistic: "Maximum",
      when: "above",
      threshold: 1_000_000_000,
      minutes: 5,
      meaning: "vacuum does not get through; writes stop at 2,147 million transaction ids",
    },
  ];
  return named("postgres", "AWS/RDS", { DBInstanceIdentifier: postgresIdentifier(context) }, rules);
}

/** Alarms on each node of the cache. */
export function redisAlarms(context: PlatformContext, store: StoreOutputs): StoreAlarm[] {
  const nodes = store.managed?.nodes ?? 0;
  const rules: Rule[] = [
    {
      id: "engine-cpu",
      metric: "EngineCPUUtilization",
      statistic: "Average",
      when: "above",
      threshold: 80,
      minutes: 10,
      meaning: "the one thread that serves commands is full; look for slow commands in the slow log",
    },
    {
      id: "memory",
      metric: "DatabaseMemoryUsagePercentage",
      statistic: "Maximum",
      when: "above",
      threshold: 85,
      minutes: 10,
      meaning: "memory is filling up; keys without a lifetime are never evicted",
    },
    {
      id: "evictions",
      metric: "Evictions",
      statistic: "Sum",
      when: "above",
      threshold: 1000,
      minutes: 5,
      meaning: "the cache is too small for what is in use",
    },
    {
      id: "authentication-failures",
      metric: "AuthenticationFailures",
      statistic: "Sum",
      when: "above",
      threshold: 10,
      minutes: 5,
      meaning: "a client tries to connect without a valid token",
    },
  ];
  const lag: Rule = {
    id: "lag",
    metric: "ReplicationLag",
    statistic: "Maximum",
    when: "above",
    threshold: 10,
    minutes: 5,
    meaning: "a failover now would lose data",
  };
  return numbered(nodes).flatMap((node) =>
    named(
      `redis-${node}`,
      "AWS/ElastiCache",
      { CacheClusterId: `${redisIdentifier(context)}-00${node}` },
      nodes > 1 ? [...rules, lag] : rules,
    ),
  );
}

/** Alarms on the Kafka cluster and on each broker, all of CloudWatch's free level. */
export function kafkaAlarms(context: PlatformContext, kafka: KafkaOutputs): StoreAlarm[] {
  const brokers = kafka.managed?.nodes ?? 0;
  if (brokers === 0) return [];
  const cluster = { "Cluster Name": kafkaClusterName(context) };
  const clusterRules: Rule[] = [
    {
      id: "offline-partitions",
      metric: "OfflinePartitionsCount",
      statistic: "Maximum",
      when: "above",
      threshold: 0,
      minutes: 2,
      meaning: "partitions have no leader: they can be neither written nor read",
    },
    {
      id: "controller",
      metric: "ActiveControllerCount",
      statistic: "Maximum",
      when: "below",
      threshold: 1,
      minutes: 5,
      meaning: "no controller is active",
    },
  ];
  const brokerRules: Rule[] = [
    {
      id: "disk",
      metric: "KafkaDataLogsDiskUsed",
      statistic: "Maximum",
      when: "above",
      threshold: 75,
      minutes: 10,
      meaning: "raise kafka.storageGiB or shorten retention; a full disk stops the broker",
    },
    {
      id: "under-replicated",
      metric: "UnderReplicatedPartitions",
      statistic: "Maximum",
      when: "above",
      threshold: 0,
      minutes: 15,
      meaning: "a copy lags behind or a broker is away",
    },
    {
      id: "under-min-in-sync",
      metric: "UnderMinIsrPartitionCount",
      statistic: "Maximum",
      when: "above",
      threshold: 0,
      minutes: 2,
      meaning: "producers that want all copies are refused",
    },
    {
      id: "cpu",
      metric: "CpuUser",
      statistic: "Average",
      when: "above",
      threshold: 60,
      minutes: 15,
      meaning: "AWS wants user and system CPU together under 60 %",
    },
    {
      id: "heap",
      metric: "HeapMemoryAfterGC",
      statistic: "Maximum",
      when: "above",
      threshold: 60,
      minutes: 15,
      meaning: "too many partitions or clients for it",
    },
  ];
  return [
    ...named("kafka", "AWS/Kafka", cluster, clusterRules),
    ...numbered(brokers).flatMap((broker) =>
      named(`kafka-${broker}`, "AWS/Kafka", { ...cluster, "Broker ID": `${broker}` }, brokerRules),
    ),
  ];
}

function named(
  store: string,
  namespace: StoreAlarm["namespace"],
  dimensions: StoreAlarm["dimensions"],
  rules: readonly Rule[],
): StoreAlarm[] {
  return rules.map(({ id, ...rest }) => ({ name: `${store}-${id}`, namespace, dimensions, ...rest }));
}

function numbered(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
