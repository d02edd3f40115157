import { topics } from "../../services/catalog.ts";
import type { PlatformConfig } from "../schema/platform.ts";
import { either } from "../schema-tree.ts";
import { nearest } from "../suggest.ts";
import type { Check, Finding } from "./check.ts";

/** Smallest st1 volume (EBS user guide, "volume types", read 2026-11-23). */
const smallestHddGiB = 125;

/**
 * Partition replicas that a broker takes, leaders and followers together (MSK developer guide, "best practices for
 * Standard brokers", read 2026-11-23).
 */
const partitionsPerBroker: Readonly<Record<string, number>> = {
  "kafka.t3.small": 300,
  "kafka.m5.large": 1000,
  "kafka.m5.xlarge": 1000,
  "kafka.m5.2xlarge": 2000,
  "kafka.m7g.large": 1000,
  "kafka.m7g.xlarge": 1000,
  "kafka.m7g.2xlarge": 2000,
};

/** Partitions of `__consumer_offsets`, which Kafka makes itself. */
const offsetPartitions = 50;

export const storeChecks: readonly Check[] = [
  { reads: ["data"], findings: (config) => [...hddFindings(config, "data"), ...growthFindings(config)] },
  { reads: ["kafka"], findings: (config) => hddFindings(config, "kafka") },
  { reads: ["data", "network"], findings: (config) => spreadFindings(config, "data") },
  { reads: ["kafka", "network"], findings: (config) => spreadFindings(config, "kafka") },
  { reads: ["kafka", "network"], findings: brokerFindings },
  { reads: ["kafka"], findings: partitionFindings },
];

/** Stores with volumes in the cluster, by their place in the stack file. */
function inClusterStores(config: PlatformConfig, section: "data" | "kafka") {
  const { postgres, redis, elasticsearch } = config.data;
  const stores =
    section === "kafka"
      ? { kafka: config.kafka }
      : {
          "data.postgres": postgres,
          "data.redis": redis,
          "data.elasticsearch": {
            ...elasticsearch,
            mode: "in-cluster" as const,
            members: elasticsearch.nodes,
          },
        };
  return Object.entries(stores).flatMap(([path, store]) =>
    store.mode === "in-cluster" ? [{ ...store, path }] : [],
  );
}

function hddFindings(config: PlatformConfig, section: "data" | "kafka"): Finding[] {
  return inClusterStores(config, section)
    .filter(({ storageClass, storageGiB }) => storageClass === "hdd" && storageGiB < smallestHddGiB)
    .map(({ path, storageGiB }) => ({
      path: `${path}.storageGiB`,
      got: `${storageGiB} of hdd`,
      allowed: `at least ${smallestHddGiB}, the smallest st1 volume`,
      fix: `use ssd, or ${smallestHddGiB} GiB`,
    }));
}

function growthFindings(config: PlatformConfig): Finding[] {
  const { postgres } = config.data;
  if (postgres.mode !== "managed" || postgres.maxStorageGiB >= postgres.storageGiB) return [];
  return [
    {
      path: "data.postgres.maxStorageGiB",
      got: String(postgres.maxStorageGiB),
      allowed: `at least data.postgres.storageGiB, ${postgres.storageGiB}`,
      fix: "raise data.postgres.maxStorageGiB",
    },
  ];
}

/** Three members must stand in three zones, or a zone's loss takes the majority with it. */
function spreadFindings(config: PlatformConfig, section: "data" | "kafka"): Finding[] {
  if (config.cloud !== "aws" || config.network.zones >= 3) return [];
  return inClusterStores(config, section)
    .filter(({ members }) => members === 3)
    .map(({ path }) => ({
      path: `${path}.${path === "data.elasticsearch" ? "nodes" : "members"}`,
      got: `3 with ${config.network.zones} zones`,
      allowed: "3 with at least 3 zones, or 1",
      fix: "set network.zones to 3: two members in one zone are a majority that can be lost at once",
    }));
}

function brokerFindings(config: PlatformConfig): Finding[] {
  const { kafka } = config;
  if (kafka.mode !== "managed" || config.cloud !== "aws") return [];
  const { zones } = config.network;
  if (zones <= 3 && kafka.brokers % zones === 0) return [];
  return [
    {
      path: "kafka.brokers",
      got: `${kafka.brokers} with ${zones} zones`,
      allowed: "a multiple of the zones, which are 2 or 3 (MSK places brokers evenly)",
      fix: "set network.zones to 3",
    },
  ];
}

function partitionFindings(config: PlatformConfig): Finding[] {
  const { kafka } = config;
  if (kafka.mode !== "managed") return [];
  const limit = Object.hasOwn(partitionsPerBroker, kafka.brokerType)
    ? partitionsPerBroker[kafka.brokerType]
    : undefined;
  if (limit === undefined) {
    const known = Object.keys(partitionsPerBroker);
    const meant = nearest(kafka.brokerType, known);
    return [
      {
        path: "kafka.brokerType",
        got: JSON.stringify(kafka.brokerType),
        allowed: either(known),
        fix:
          meant === undefined
            ? "choose one, or add its limit to config/checks/stores.ts"
            : `did you mean ${meant}?`,
      },
    ];
  }
  const needed = partitionReplicasPerBroker(topics, kafka.brokers);
  if (needed <= limit) return [];
  return [
    {
      path: "kafka.brokerType",
      got: `${kafka.brokerType} for ${needed} partition replicas a broker`,
      allowed: `at most ${limit} on ${kafka.brokerType}`,
      fix: "take a larger broker type, more brokers, or fewer partitions in services/catalog.ts",
    },
  ];
}

/** Replicas of all partitions, Kafka's own included, over the brokers; replication is 3. */
export function partitionReplicasPerBroker(
  list: readonly { readonly partitions: number }[],
  brokers: number,
): number {
  const partitions = list.reduce((sum, topic) => sum + topic.partitions, offsetPartitions);
  return Math.ceil((partitions * 3) / brokers);
}
