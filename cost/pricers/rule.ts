import type { PricingContext } from "../pricing.ts";
import type { CostResource, PricedItem, Pricing } from "../types.ts";

/** Prices one resource, or says why it costs nothing. Throws `UnpricedError` where the resource does not tell enough. */
export type Pricer = (resource: CostResource, context: PricingContext) => Pricing;

export const items = (...list: readonly PricedItem[]): Pricing => ({ kind: "items", items: list });
export const free = (reason: string): Pricing => ({ kind: "free", reason });
export const alwaysFree =
  (reason: string): Pricer =>
  () =>
    free(reason);
