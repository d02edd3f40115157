/** `cost.json`: what the report and other programs read. The members of the first block are a contract. */
import { usageNames } from "../../cost/assumptions.ts";
import type { CostChange } from "../../cost/compare.ts";
import type { Free, Unpriced } from "../../cost/types.ts";
import { type StackCost, withinBudget } from "./stack-cost.ts";

export interface CostDocument {
  readonly stack: string;
  readonly region: string;
  readonly currency: "USD";
  /** Date of the oldest price used. */
  readonly priceDate: string;
  readonly budgetUsdPerMonth: number;
  readonly minimumUsdPerMonth: number;
  readonly typicalUsdPerMonth: number;
  readonly maximumUsdPerMonth: number;
  /** With the optimised profile and its commitments; null where the stack states none. */
  readonly optimisedUsdPerMonth: number | null;
  readonly lines: readonly CostDocumentLine[];
  readonly unpriced: readonly Unpriced[];
  readonly free: readonly Free[];

  readonly withinBudget: boolean;
  readonly ceilingUsdPerMonth: number;
  readonly nodes: { readonly minimum: number; readonly typical: number; readonly maximum: number };
  readonly spotRatio: number;
  readonly atSpotRatios: StackCost["atSpotRatios"];
  readonly optimised: {
    readonly budgetUsdPerMonth: number | null;
    readonly withoutCommitmentsUsdPerMonth: number;
    readonly usdPerMonth: number;
    readonly commitments: readonly { readonly item: string; readonly usdPerMonth: number }[];
    readonly savings: readonly {
      readonly saving: string;
      readonly applies: string;
      readonly turnOn: string;
      readonly usdPerMonth: number;
    }[];
  } | null;
  /** At the typical load; null where the assumptions state no requests. */
  readonly usdPerMillionRequests: number | null;
  readonly breakers: StackCost["breakers"];
  /** Only what is not zero. */
  readonly assumptions: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  readonly comparison?: CostComparison;
}

export interface CostDocumentLine {
  readonly urn: string;
  readonly component: string;
  readonly item: string;
  readonly quantity: number;
  readonly unit: string;
  readonly unitPriceUsd: number;
  readonly usdPerMonth: number;
  readonly typicalUsdPerMonth: number;
  readonly maximumUsdPerMonth: number;
  readonly priceKey: string;
  readonly priceDate: string;
}

/** Differences from another stack or commit, at the minimum. */
export interface CostComparison {
  readonly with: string;
  readonly beforeUsdPerMonth: number;
  readonly afterUsdPerMonth: number;
  readonly changes: readonly CostChange[];
}

export function costDocument(cost: StackCost, comparison?: CostComparison): CostDocument {
  const { report, settings, optimised } = cost;
  const { requestsMillions } = settings.assumptions;
  return rounded({
    stack: cost.stack,
    region: report.region,
    currency: report.currency,
    priceDate: report.priceDate,
    budgetUsdPerMonth: settings.budgetUsdPerMonth,
    minimumUsdPerMonth: report.minimumUsdPerMonth,
    typicalUsdPerMonth: report.typicalUsdPerMonth,
    maximumUsdPerMonth: report.maximumUsdPerMonth,
    optimisedUsdPerMonth: optimised?.usdPerMonth ?? null,
    lines: report.lines.map(({ machines: _machines, factor: _factor, price: priceKey, ...line }) => ({
      ...line,
      priceKey,
    })),
    unpriced: report.unpriced,
    free: report.free,
    withinBudget: withinBudget(cost),
    ceilingUsdPerMonth: settings.ceilingUsdPerMonth,
    nodes: report.nodes,
    spotRatio: settings.spotRatio,
    atSpotRatios: cost.atSpotRatios,
    optimised: optimised
      ? {
          budgetUsdPerMonth: settings.optimisedBudgetUsdPerMonth ?? null,
          withoutCommitmentsUsdPerMonth: optimised.withoutCommitmentsUsdPerMonth,
          usdPerMonth: optimised.usdPerMonth,
          commitments: optimised.commitments.map(({ item, usdPerMonth }) => ({ item, usdPerMonth })),
          savings: optimised.savings,
        }
      : null,
    usdPerMillionRequests: requestsMillions > 0 ? report.typicalUsdPerMonth / requestsMillions : null,
    breakers: cost.breakers,
    assumptions: Object.fromEntries(
      usageNames
        .filter((name) => settings.assumptions[name] !== 0)
        .map((name) => [name, settings.assumptions[name]]),
    ),
    warnings: report.warnings,
    ...(comparison && { comparison }),
  });
}

/** Numbers without the noise of binary fractions, so that the file is the same on every machine. */
function rounded<T>(value: T): T {
  if (typeof value === "number") return (Math.round(value * 1e6) / 1e6) as T;
  if (Array.isArray(value)) return value.map(rounded) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rounded(one)])) as T;
}

export function costJson(document: CostDocument): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
