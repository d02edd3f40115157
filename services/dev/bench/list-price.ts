import { priceTable } from "../../../cost/price-table.ts";
import { hoursPerMonth } from "../../../cost/quantities.ts";

/** A list price of cost/prices.json in its own unit, in US dollars. Throws where there is none. */
export function listPrice(key: string): number {
  const price = priceTable.prices[key];
  if (price === undefined) throw new Error(`${key}: no such price in cost/prices.json`);
  return price.usd;
}

/** What an hour's price comes to in a month of 730 hours, in US dollars. */
export function monthly(key: string): number {
  return listPrice(key) * hoursPerMonth;
}
