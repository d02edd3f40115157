import prices from "./prices.json" with { type: "json" };
import type { PriceTable } from "./types.ts";

/** The dated prices of `cost/prices.json`. */
export const priceTable = prices as unknown as PriceTable;
