import type { NodePoolSpec } from "../components/clouds/contract.ts";
import { instanceTypes } from "../components/core/sizing.ts";
import type { DataConfig, KafkaConfig } from "./schema/stores.ts";

/**
 * What `profile: optimised` changes. Every image of the platform and of the four services is built for arm64 too,
 * so Graviton needs nothing but the types; the node image follows the type's architecture.
 */
export const optimised = {
  /** Graviton types of the same size, 15 to 20 % under the x86 ones. */
  instanceTypes: {
    "t3.large": "t4g.large",
    "t3.xlarge": "t4g.xlarge",
    "t3a.xlarge": "m6g.xlarge",
    "m5.xlarge": "m6g.xlarge",
    "m5a.xlarge": "m6g.xlarge",
    "m6i.xlarge": "m7g.xlarge",
    "c5.2xlarge": "c7g.2xlarge",
    "c6i.2xlarge": "c6g.2xlarge",
    "r5.xlarge": "r6g.xlarge",
    "r6i.xlarge": "r7g.xlarge",
  },
  /** Types that may stand in on the spot market, by the first choice. */
  spotAlternatives: {
    "t4g.xlarge": ["m6g.xlarge", "m7g.xlarge"],
    "c7g.2xlarge": ["c6g.2xlarge"],
  },
  databaseClasses: {
    "db.t3.medium": "db.t4g.medium",
    "db.t3.large": "db.t4g.large",
    "db.m5.large": "db.m6g.large",
  },
  cacheTypes: {
    "cache.t3.small": "cache.t4g.small",
    "cache.t3.medium": "cache.t4g.medium",
    "cache.m5.large": "cache.m6g.large",
  },
  brokerTypes: { "kafka.m5.large": "kafka.m7g.large", "kafka.m5.xlarge": "kafka.m7g.xlarge" },
  /** 20 % under Redis OSS on the same node. */
  redisEngine: "valkey",
  /**
   * Share of a pool's on-demand nodes that become spot nodes. Half of `general` stays on demand: monitoring, the
   * mesh and the operators run there. `compute` holds services only; `memory` holds data and keeps every node.
   */
  spotShare: { general: 0.5, compute: 1, memory: 0 },
} as const;

/** The value that stands in for `key`, or `key` itself. */
function translate(table: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(table, key) ? (table[key] as string) : key;
}

/** The pool on Graviton, with its share of nodes on spot; the sum of nodes stays what it was. */
export function optimisePool(pool: NodePoolSpec): NodePoolSpec {
  const instanceType = translate(optimised.instanceTypes, pool.instanceType);
  const share = optimised.spotShare[pool.name];
  const moved = {
    minimum: Math.floor(pool.onDemand.minimum * share),
    maximum: Math.floor(pool.onDemand.maximum * share),
  };
  const onDemand = {
    minimum: pool.onDemand.minimum - moved.minimum,
    maximum: pool.onDemand.maximum - moved.maximum,
  };
  const alternatives = spotAlternatives(instanceType, pool.spot?.alternativeInstanceTypes ?? []);
  const spot = {
    minimum: (pool.spot?.minimum ?? 0) + moved.minimum,
    maximum: (pool.spot?.maximum ?? 0) + moved.maximum,
    alternativeInstanceTypes: alternatives,
  };
  return { ...pool, instanceType, onDemand, ...(spot.maximum > 0 ? { spot } : {}) };
}

function spotAlternatives(instanceType: string, configured: readonly string[]): string[] {
  const table: Readonly<Record<string, readonly string[]>> = optimised.spotAlternatives;
  const own = Object.hasOwn(table, instanceType) ? (table[instanceType] ?? []) : [];
  const translated = configured.map((type) => translate(optimised.instanceTypes, type));
  const architecture = instanceTypes[instanceType]?.architecture;
  return [...new Set([...own, ...translated])].filter(
    (type) => type !== instanceType && instanceTypes[type]?.architecture === architecture,
  );
}

/** Managed stores on Graviton, and Valkey in the place of Redis. In-cluster stores stay: the nodes change. */
export function optimiseData(data: DataConfig): DataConfig {
  const { postgres, redis } = data;
  return {
    ...data,
    postgres:
      postgres.mode === "managed"
        ? { ...postgres, instanceClass: translate(optimised.databaseClasses, postgres.instanceClass) }
        : postgres,
    redis:
      redis.mode === "managed"
        ? {
            ...redis,
            engine: optimised.redisEngine,
            nodeType: translate(optimised.cacheTypes, redis.nodeType),
          }
        : redis,
  };
}

export function optimiseKafka(kafka: KafkaConfig): KafkaConfig {
  if (kafka.mode !== "managed") return kafka;
  return { ...kafka, brokerType: translate(optimised.brokerTypes, kafka.brokerType) };
}
