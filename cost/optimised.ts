import { type CommitmentLine, commitmentLines } from "./commitments.ts";
import type { Commitment, CostLine, CostReport, PriceTable } from "./types.ts";

/** One kind of saving of the optimised profile. */
export interface Saving {
  readonly saving: string;
  /** To what it applies. */
  readonly applies: string;
  /** What must be done to have it. */
  readonly turnOn: string;
  /** Less than at list, at the minimum. */
  readonly usdPerMonth: number;
}

/** The price of a stack with its optimised profile, with and without its commitments, at the minimum. */
export interface OptimisedCost {
  readonly withoutCommitmentsUsdPerMonth: number;
  readonly usdPerMonth: number;
  readonly commitments: readonly CommitmentLine[];
  readonly savings: readonly Saving[];
}

/**
 * Compares a stack as it is with the same stack planned with `profile: optimised`. Commitments are counted on the
 * optimised resources. Savings and commitments add up to the difference from the list price.
 */
export function optimisedCost(
  list: CostReport,
  optimised: CostReport,
  commitments: readonly Commitment[],
  table: PriceTable,
): OptimisedCost {
  const bought = commitmentLines(optimised.lines, commitments, table);
  const withoutCommitmentsUsdPerMonth = optimised.minimumUsdPerMonth;
  return {
    withoutCommitmentsUsdPerMonth,
    usdPerMonth: withoutCommitmentsUsdPerMonth + bought.reduce((sum, line) => sum + line.usdPerMonth, 0),
    commitments: bought,
    savings: [...profileSavings(list, optimised), ...commitmentSavings(bought)],
  };
}

const profile = "profile: optimised in the stack file";

function profileSavings(list: CostReport, optimised: CostReport): Saving[] {
  const less = (belongs: (line: CostLine) => boolean) =>
    total(list.lines.filter(belongs)) - total(optimised.lines.filter(belongs));
  const isNode = (line: CostLine) => line.machines?.kind === "nodes";
  const isDatabase = (line: CostLine) => line.machines?.kind === "postgres";
  const isCache = (line: CostLine) => line.machines?.kind === "redis";
  const isBroker = (line: CostLine) => line.price.startsWith("aws.msk.kafka.");
  // What a spot node does not cost of its own on-demand price, beyond what was on spot before.
  const spot = spotReduction(optimised.lines) - spotReduction(list.lines);
  const nodes = less(isNode);
  const known = [isNode, isDatabase, isCache, isBroker];
  return [
    {
      saving: "spot nodes",
      applies: "the stateless share of the node pools (config/optimised.ts)",
      turnOn: `${profile}; the cloud takes such nodes back at two minutes' notice`,
      usdPerMonth: spot,
    },
    {
      saving: "Graviton nodes",
      applies: "every node pool",
      turnOn: `${profile}; the nodes roll once, images must be built for arm64 too`,
      usdPerMonth: nodes - spot,
    },
    {
      saving: "Graviton database",
      applies: "PostgreSQL, where it is not on Graviton at list already",
      turnOn: `${profile}; the database restarts in its maintenance window`,
      usdPerMonth: less(isDatabase),
    },
    {
      saving: "Valkey in the place of Redis",
      applies: "the managed cache",
      turnOn: `${profile}; ElastiCache upgrades the engine in place`,
      usdPerMonth: less(isCache),
    },
    {
      saving: "Graviton brokers",
      applies: "Kafka, where a smaller price exists for its size",
      turnOn: `${profile}; brokers restart one by one`,
      usdPerMonth: less(isBroker),
    },
    {
      saving: "everything else",
      applies: "lines that follow from the changes above",
      turnOn: profile,
      usdPerMonth: less((line) => !known.some((belongs) => belongs(line))),
    },
  ].filter(({ usdPerMonth }) => Math.abs(usdPerMonth) >= 0.005);
}

function commitmentSavings(bought: readonly CommitmentLine[]): Saving[] {
  const kinds = [...new Set(bought.map(({ covers }) => covers))];
  const how = {
    nodes: "buy EC2 Instance Savings Plans or reserved instances of the family for one year, no upfront",
    postgres: "buy reserved database instances for one year, no upfront",
    redis: "buy reserved cache nodes for one year, no upfront",
  } as const;
  return kinds.map((covers) => ({
    saving: `one-year commitments for ${covers}`,
    applies: bought
      .filter((line) => line.covers === covers)
      .map(({ item }) => item.replace(/^.*?: /, ""))
      .join(", "),
    turnOn: how[covers],
    usdPerMonth: -total(bought.filter((line) => line.covers === covers)),
  }));
}

function spotReduction(lines: readonly CostLine[]): number {
  return lines
    .filter((line) => line.machines?.spot === true && line.factor !== undefined)
    .reduce((sum, line) => sum + line.usdPerMonth * (1 / (line.factor ?? 1) - 1), 0);
}

const total = (lines: readonly { readonly usdPerMonth: number }[]) =>
  lines.reduce((sum, line) => sum + line.usdPerMonth, 0);
