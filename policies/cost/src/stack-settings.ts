import type { Environment } from "../../../components/core/context.ts";
import type { PlatformConfig } from "../../../config/schema/platform.ts";

/** Node types by environment: what the pools and their optimised profile use, and sizes that may stand in. */
const small = ["t3.large", "t3.xlarge", "t3a.xlarge", "t4g.large", "t4g.xlarge"];
const likeSmall = ["m5.xlarge", "m5a.xlarge", "m6i.xlarge", "m6g.xlarge", "m7g.xlarge"];
const large = [
  "c5.2xlarge",
  "c6i.2xlarge",
  "c6g.2xlarge",
  "c7g.2xlarge",
  "r5.xlarge",
  "r6i.xlarge",
  "r6g.xlarge",
  "r7g.xlarge",
];

interface Lists {
  readonly nodes: readonly string[];
  readonly databases: readonly string[];
  readonly caches: readonly string[];
  readonly brokers: readonly string[];
  readonly natGateways: number;
  /** Fewest and most days of logs. */
  readonly logDays: readonly [fewest: number, most: number];
}

const tryOut: Lists = {
  nodes: [...small, ...likeSmall],
  databases: ["db.t4g.micro", "db.t4g.small", "db.t4g.medium"],
  caches: ["cache.t4g.micro", "cache.t4g.small"],
  brokers: ["kafka.t3.small"],
  natGateways: 1,
  logDays: [1, 90],
};

/** What each environment may use: beyond it somebody looks at the price first. */
const lists: Readonly<Record<Environment, Lists>> = {
  local: { ...tryOut, nodes: [], natGateways: 0 },
  dev: tryOut,
  staging: tryOut,
  production: {
    nodes: [...small, ...likeSmall, ...large],
    databases: ["db.t4g.large", "db.m6g.large", "db.m7g.large", "db.m6g.xlarge", "db.m7g.xlarge"],
    caches: ["cache.t4g.medium", "cache.m6g.large", "cache.m7g.large"],
    brokers: ["kafka.t3.small", "kafka.m7g.large"],
    natGateways: 3,
    logDays: [30, 400],
  },
};

/** What the rules of the pack are told of a stack, by the name of the setting. */
export const costStackSettings: Readonly<Record<string, (config: PlatformConfig) => unknown>> = {
  ceilingUsdPerMonth: ({ cost }) => cost.ceilingUsdPerMonth,
  // At list the optimised price is that of a second plan, which only the CLI makes.
  optimisedBudgetUsdPerMonth: ({ profile, cost }) =>
    profile === "optimised" ? cost.optimisedBudgetUsdPerMonth : undefined,
  commitments: ({ cost }) => {
    const counts = new Map<string, number>();
    for (const { covers, count } of cost.commitments) counts.set(covers, (counts.get(covers) ?? 0) + count);
    return Object.fromEntries(counts);
  },
  assumptions: ({ cost }) =>
    Object.fromEntries(Object.entries(cost.assumptions).filter(([, amount]) => amount !== 0)),
  spotRatio: ({ cost }) => cost.spotRatio,
  maximumUnpricedPercent: () => 0,
  allowedNodeTypes: ({ environment }) => lists[environment].nodes,
  allowedDatabaseClasses: ({ environment }) => lists[environment].databases,
  allowedCacheTypes: ({ environment }) => lists[environment].caches,
  allowedBrokerTypes: ({ environment }) => lists[environment].brokers,
  maximumNatGateways: ({ environment }) => lists[environment].natGateways,
  minimumRetentionDays: ({ environment }) => lists[environment].logDays[0],
  maximumRetentionDays: ({ environment }) => lists[environment].logDays[1],
};
