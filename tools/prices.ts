/**
 * Renews cost/prices.json from AWS's public price lists, which need no account: `make prices`. The lists are large (EC2's
 * is some 300 MB), so they are read line by line. Prices that no recipe finds stay, with their date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { type ListPrice, offerUrl, type Recipe, readOffer, recipeOf, renewed } from "../cost/renewal.ts";
import type { PriceTable } from "../cost/types.ts";

const path = join(resolve(import.meta.dirname, ".."), "cost", "prices.json");

try {
  await main();
} catch (error) {
  console.error(`error: the prices were not renewed, cost/prices.json is unchanged: ${reason(error)}`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const table = JSON.parse(readFileSync(path, "utf8")) as PriceTable;
  const files = new Map<string, Map<string, Recipe>>();
  for (const key of Object.keys(table.prices)) {
    const recipe = recipeOf(key);
    if (!recipe) continue;
    const url = offerUrl(recipe.service, recipe.region ?? table.defaultRegion);
    files.set(url, (files.get(url) ?? new Map<string, Recipe>()).set(key, recipe));
  }
  const found = new Map<string, ListPrice>();
  for (const [url, wanted] of files) {
    console.log(`reading ${url}`);
    for (const [key, price] of await readOffer(await lines(url), wanted)) found.set(key, price);
  }
  const { table: fresh, changes } = renewed(table, found);
  writeFileSync(path, `${JSON.stringify(fresh, undefined, 2)}\n`);
  for (const { key, before, after } of changes) console.log(`${key}: ${before} → ${after}`);
  const count = Object.keys(table.prices).length;
  console.log(
    `${found.size} of ${count} prices renewed, ${changes.length} changed; the others keep their date`,
  );
}

async function lines(url: string): Promise<AsyncIterable<string>> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`);
  return createInterface({ input: Readable.fromWeb(response.body as ReadableStream), crlfDelay: Infinity });
}

/** `fetch failed` says nothing; its cause says that there is no network. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause =
    error.cause instanceof Error ? `: ${error.cause.message || (error.cause as { code?: string }).code}` : "";
  return error.message === "fetch failed" ? `AWS's price lists cannot be reached${cause}` : error.message;
}
