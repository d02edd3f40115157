/** Which size of each store, and how many nodes, a load needs on AWS, and what that costs a month at list price. */
import { type TopicDefinition, topics } from "../../catalog.ts";
import { listPrice, monthly } from "./list-price.ts";

export interface StoreDemand {
  /** vCPU that the load burns in each store, in all its processes together, with one copy of the data. */
  readonly vcpu: Readonly<Record<string, number>>;
  readonly kafkaMegabytesPerSecond: number;
}

/** A size that is enough, or the largest there is with what it lacks. */
export interface StoreChoice {
  readonly store: string;
  /** vCPU that the load burns in the store. */
  readonly vcpu: number;
  /** For people: type, number, what runs beside. */
  readonly size: string;
  readonly monthlyUsd: number;
  /** vCPU that the size of the stack `production` is planned to burn in it. */
  readonly productionVcpu: number;
  /** Undefined where the size is enough. */
  readonly problem: string | undefined;
}

/** Share of its CPU that a store is planned to use: the rest is for peaks and for a member that is lost. */
export const planned = 0.6;

/** The stack `production` (config/defaults.ts). */
export const production = {
  database: "db.m6g.large",
  cache: "cache.m6g.large",
  broker: "kafka.t3.small",
  brokers: 3,
};

interface Size {
  readonly type: string;
  /** vCPU that the store can use for ever: a burstable type's baseline, one thread of Redis. */
  readonly vcpu: number;
}

/** Baselines of burstable types as of EC2's t3 and t4g (prices.json, instanceTypes): 20 % of two vCPU. */
const burstable = 0.4;

/** RDS for PostgreSQL in two zones: only the primary works. */
const databaseSizes: readonly Size[] = [
  { type: "db.t4g.medium", vcpu: burstable },
  { type: "db.m6g.large", vcpu: 2 },
  { type: "db.m6g.xlarge", vcpu: 4 },
];
/** ElastiCache, a primary and two replicas: one thread of the primary runs all commands. */
const cacheSizes: readonly Size[] = [
  { type: "cache.t4g.medium", vcpu: burstable / 2 },
  { type: "cache.m6g.large", vcpu: 1 },
];
/** MSK, brokers in threes, three copies of everything. */
const brokerSizes: readonly Size[] = [
  { type: "kafka.t3.small", vcpu: burstable },
  { type: "kafka.m7g.large", vcpu: 2 },
];
const copies = 3;
const mostBrokers = 15;
/** Elasticsearch in the cluster: a pod of three vCPU on a node of its own, as production has them (config/defaults.ts). */
const searchNode = { type: "r5.xlarge", vcpu: 3, fewest: 3, most: 6 };

/** In the order of the page. */
export const stores: Readonly<Record<string, (demand: StoreDemand) => StoreChoice>> = {
  postgres: ({ vcpu }) => {
    const need = vcpu.postgres ?? 0;
    const [size, enough] = smallest(databaseSizes, need);
    return {
      store: "postgres",
      vcpu: need,
      size: `${size.type}, two zones`,
      productionVcpu: vcpuOf(databaseSizes, production.database) * planned,
      monthlyUsd: monthly(`aws.rds.postgresql.${size.type}.multiAz.hour`),
      problem: enough
        ? undefined
        : `PostgreSQL burns ${need.toFixed(1)} vCPU; ${size.type} is planned for ${(size.vcpu * planned).toFixed(1)}`,
    };
  },
  redis: ({ vcpu }) => {
    const need = vcpu.redis ?? 0;
    const [size, enough] = smallest(cacheSizes, need);
    return {
      store: "redis",
      vcpu: need,
      size: `3 × ${size.type}`,
      productionVcpu: vcpuOf(cacheSizes, production.cache) * planned,
      monthlyUsd: 3 * monthly(`aws.elasticache.redis.${size.type}.hour`),
      problem: enough
        ? undefined
        : `Redis burns ${need.toFixed(2)} of the one vCPU that its commands run on; ${planned} are planned`,
    };
  },
  kafka: ({ vcpu, kafkaMegabytesPerSecond }) => {
    const need = vcpu.kafka ?? 0;
    // Every copy is counted like the first, although followers do less for it.
    const work = need * copies;
    const [size, brokers] = brokersFor(work);
    const gigabytes = (kafkaMegabytesPerSecond / 1000) * meteringTopic().retentionHours * 3600 * copies;
    const storage = gigabytes * listPrice("aws.msk.storage.gbMonth");
    return {
      store: "kafka",
      vcpu: need,
      size: `${brokers} × ${size.type}, ${Math.ceil(gigabytes / 10) * 10} GB`,
      productionVcpu: (production.brokers * vcpuOf(brokerSizes, production.broker) * planned) / copies,
      monthlyUsd: brokers * monthly(`aws.msk.${size.type}.hour`) + storage,
      problem:
        work <= brokers * size.vcpu * planned
          ? undefined
          : `Kafka burns ${work.toFixed(1)} vCPU with ${copies} copies; ${brokers} × ${size.type} are planned for ${(brokers * size.vcpu * planned).toFixed(1)}`,
    };
  },
  elasticsearch: ({ vcpu }) => {
    const need = vcpu.elasticsearch ?? 0;
    const { type, fewest, most } = searchNode;
    const wanted = Math.max(fewest, Math.ceil(need / (searchNode.vcpu * planned)));
    const nodes = Math.min(most, wanted);
    return {
      store: "elasticsearch",
      vcpu: need,
      size: `${nodes} × ${type}`,
      productionVcpu: fewest * searchNode.vcpu * planned,
      monthlyUsd: nodes * monthly(`aws.ec2.${type}.hour`),
      problem: wanted <= most ? undefined : `Elasticsearch needs ${wanted} nodes; its pool holds ${most}`,
    };
  },
};

/** The topic that nearly all of Kafka's bytes are in: compacted topics keep one event a key. */
export function meteringTopic(): TopicDefinition {
  const metering = topics.find(({ name }) => name === "metering.records");
  if (metering === undefined) throw new Error("metering.records: no such topic in services/catalog.ts");
  return metering;
}

function vcpuOf(sizes: readonly Size[], type: string): number {
  const size = sizes.find((each) => each.type === type);
  if (size === undefined) throw new Error(`${type}: no such size in services/dev/bench/store-sizes.ts`);
  return size.vcpu;
}

function smallest(sizes: readonly Size[], vcpu: number): [size: Size, enough: boolean] {
  const found = sizes.find((size) => vcpu <= size.vcpu * planned);
  return found === undefined ? [sizes.at(-1) as Size, false] : [found, true];
}

function brokersFor(vcpu: number): [size: Size, brokers: number] {
  const [small, large] = brokerSizes as readonly [Size, Size];
  if (vcpu <= 3 * small.vcpu * planned) return [small, 3];
  const threes = Math.max(1, Math.ceil(vcpu / (3 * large.vcpu * planned)));
  return [large, Math.min(mostBrokers, 3 * threes)];
}
