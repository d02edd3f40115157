/**
 * The words of the cost model. It is a pure function of a resource graph, a price table and usage assumptions, and
 * knows nothing of the configuration that produced the graph.
 */
import type { UsageAssumptions } from "./assumptions.ts";

/** A resource as a plan, a preview or a deployment holds it: secrets looked through, unknown values as markers. */
export interface CostResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly parent: string | undefined;
  /** Region of the resource; undefined where it has none (Kubernetes objects). */
  readonly region: string | undefined;
  readonly props: Readonly<Record<string, unknown>>;
  /** URNs of the resources from which a property's value comes. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
}

export type Confidence = "high" | "medium" | "low";

/** One dated list price, in US dollars per unit. */
export interface Price {
  readonly usd: number;
  readonly unit: string;
  readonly region: string;
  readonly source: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly confidence: Confidence;
  readonly note?: string;
}

/** A dated factor that is no price: share of a commitment, of a spot node. */
export interface Ratio {
  readonly value: number;
  readonly source: string;
  readonly date: string;
  readonly confidence: Confidence;
  readonly note?: string;
}

export interface InstanceShape {
  readonly vcpu: number;
  readonly memoryGiB: number;
  readonly architecture: string;
  /** Share of its vCPUs that a burstable type may use for ever, in percent. */
  readonly baselineCpuPercent?: number;
}

/** Keys without a region are of the default region; `key@us-west-2` is another region's price. */
export interface PriceTable {
  readonly currency: string;
  readonly defaultRegion: string;
  readonly prices: Readonly<Record<string, Price>>;
  readonly ratios: Readonly<Record<string, Ratio>>;
  readonly instanceTypes: Readonly<Record<string, InstanceShape>>;
}

/** A figure at the minimum, typical and maximum size. */
export interface Scale {
  readonly minimum: number;
  readonly typical: number;
  readonly maximum: number;
}

/** What a one-year commitment can cover. */
export const committable = ["nodes", "postgres", "redis"] as const;
export type Committable = (typeof committable)[number];

export interface Commitment {
  readonly covers: Committable;
  readonly count: number;
  readonly termYears: 1;
  readonly payment: "no-upfront";
}

/** Everything that prices are multiplied with beside the graph. */
export interface CostInputs {
  readonly usage: UsageAssumptions;
  /** Price of a spot node as a share of on demand. */
  readonly spotRatio: number;
  /** How far between the minimum and the maximum node count the pools are at typical load, 0 to 1. */
  readonly typicalNodeShare: number;
}

/** What a pricer says of one resource: priced items (at least one), or why it costs nothing. */
export type Pricing =
  | { readonly kind: "items"; readonly items: readonly PricedItem[] }
  | { readonly kind: "free"; readonly reason: string };

export interface PricedItem {
  /** What is paid for, in words: `3 × t3.xlarge on demand`. */
  readonly item: string;
  /** Key of the price table, without a region. */
  readonly price: string;
  readonly quantity: Scale;
  /** Factor on the list price, with its reason (spot). */
  readonly factor?: { readonly value: number; readonly because: string };
  /** Machines behind the item, where a saving could apply to them. */
  readonly machines?: Machines;
}

export interface Machines {
  readonly kind: Committable;
  readonly instanceType: string;
  /** How many run at the minimum. */
  readonly count: number;
  readonly spot: boolean;
}

/** One line of the bill. Quantities and amounts are those of the minimum size unless they say otherwise. */
export interface CostLine {
  readonly urn: string;
  /** Logical name of the outermost component of this library above the resource; `stack` where there is none. */
  readonly component: string;
  readonly item: string;
  readonly quantity: number;
  readonly unit: string;
  /** List price, or the spot share of it. */
  readonly unitPriceUsd: number;
  readonly usdPerMonth: number;
  readonly typicalUsdPerMonth: number;
  readonly maximumUsdPerMonth: number;
  /** Key in `cost/prices.json`. */
  readonly price: string;
  readonly priceDate: string;
  readonly machines?: Machines;
  /** Share of the list price already in the unit price; absent where it is 1. */
  readonly factor?: number;
}

/** A resource that the model cannot price: a gap, never free. */
export interface Unpriced {
  readonly urn: string;
  readonly type: string;
  readonly reason: string;
  /** Property whose value is not known before the cloud has answered. */
  readonly unknownProperty?: string;
}

export interface Free {
  readonly urn: string;
  readonly type: string;
  readonly reason: string;
}

export interface CostReport {
  readonly currency: "USD";
  /** Region of most of the resources. */
  readonly region: string;
  /** Date of the oldest price used. */
  readonly priceDate: string;
  readonly minimumUsdPerMonth: number;
  readonly typicalUsdPerMonth: number;
  readonly maximumUsdPerMonth: number;
  readonly lines: readonly CostLine[];
  readonly unpriced: readonly Unpriced[];
  readonly free: readonly Free[];
  readonly warnings: readonly string[];
  readonly nodes: Scale;
}
