import { type UsageName, usageNames } from "./assumptions.ts";
import { pricerOf } from "./pricers/index.ts";
import { createPricing, type PricingContext } from "./pricing.ts";
import { UnpricedError } from "./quantities.ts";
import type {
  CostInputs,
  CostLine,
  CostReport,
  CostResource,
  Free,
  PricedItem,
  PriceTable,
  Unpriced,
} from "./types.ts";

/** Prices older than this are named in a warning: list prices move about once a year. */
export const staleAfterDays = 180;

/**
 * The monthly bill of a resource graph. Every resource ends in exactly one of `lines`, `free` and `unpriced`; components
 * and providers are the program's own structure and appear in none. `today` (`YYYY-MM-DD`) decides which prices are old
 * and which Kubernetes versions are out of standard support.
 */
export function priceGraph(
  resources: readonly CostResource[],
  table: PriceTable,
  inputs: CostInputs,
  today: string,
): CostReport {
  const judged = billable(resources);
  const context = createPricing(judged, table, inputs, today);
  const components = componentNames(resources);
  const lines: CostLine[] = [];
  const free: Free[] = [];
  const unpriced: Unpriced[] = [];
  for (const resource of judged) {
    const { urn, type } = resource;
    try {
      const pricing = pricerOf(resource)(resource, context);
      if (pricing.kind === "free") free.push({ urn, type, reason: pricing.reason });
      else lines.push(...pricing.items.map((item) => toLine(resource, components(urn), item, context)));
    } catch (error) {
      if (!(error instanceof UnpricedError)) throw error;
      const { message: reason, unknownProperty } = error;
      unpriced.push({ urn, type, reason, ...(unknownProperty !== undefined && { unknownProperty }) });
    }
  }
  const sum = (pick: (line: CostLine) => number) => lines.reduce((total, line) => total + pick(line), 0);
  return {
    currency: "USD",
    region: context.region,
    priceDate: lines.map((line) => line.priceDate).sort()[0] ?? today,
    minimumUsdPerMonth: sum((line) => line.usdPerMonth),
    typicalUsdPerMonth: sum((line) => line.typicalUsdPerMonth),
    maximumUsdPerMonth: sum((line) => line.maximumUsdPerMonth),
    lines,
    free,
    unpriced,
    warnings: [...priceWarnings(lines, table, today), ...usageWarnings(context)],
    nodes: context.nodes,
  };
}

/** Packages whose resources something must be paid for, or must be known not to be. */
const providerPackages =
  /^(aws|aws-native|awsx|gcp|google-native|azure|azure-native|azuread|kubernetes|random|tls|time):/;

/**
 * Leaves out the program's own structure: the stack, providers, and components, which are what has children and is of
 * no provider's package. A remote component counts as the resources that it stands for (`graph.ts`) unless its real
 * children are in the graph; then only they count.
 */
function billable(resources: readonly CostResource[]): CostResource[] {
  const parents = new Set(resources.map(({ parent }) => parent));
  return resources.filter(
    ({ type, urn }) =>
      !/^(pulumi|llm-marketplace):/.test(type) && (providerPackages.test(type) || !parents.has(urn)),
  );
}

/** URN to the logical name of the outermost component of this library above it. */
function componentNames(resources: readonly CostResource[]): (urn: string) => string {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return (urn) => {
    let name = "stack";
    for (let one = byUrn.get(urn); one; one = one.parent === undefined ? undefined : byUrn.get(one.parent)) {
      if (one.type.startsWith("llm-marketplace:")) name = one.name;
    }
    return name;
  };
}

function toLine(
  resource: CostResource,
  component: string,
  item: PricedItem,
  context: PricingContext,
): CostLine {
  const price = context.price(item.price, resource);
  const unitPriceUsd = price.usd * (item.factor?.value ?? 1);
  return {
    urn: resource.urn,
    component,
    item: item.factor ? `${item.item} (${item.factor.because})` : item.item,
    quantity: item.quantity.minimum,
    unit: price.unit,
    unitPriceUsd,
    usdPerMonth: unitPriceUsd * item.quantity.minimum,
    typicalUsdPerMonth: unitPriceUsd * item.quantity.typical,
    maximumUsdPerMonth: unitPriceUsd * item.quantity.maximum,
    price: item.price,
    priceDate: price.date,
    ...(item.machines && { machines: item.machines }),
    ...(item.factor && { factor: item.factor.value }),
  };
}

function* priceWarnings(lines: readonly CostLine[], table: PriceTable, today: string): Generator<string> {
  for (const key of [...new Set(lines.map((line) => line.price))].sort()) {
    const price = table.prices[key];
    if (!price) continue;
    const days = Math.floor((Date.parse(today) - Date.parse(price.date)) / 86_400_000);
    if (days > staleAfterDays)
      yield `price ${key} is ${days} days old (${price.date}): renew it with make prices`;
    if (price.confidence === "low") yield `price ${key} is of low confidence: ${price.note ?? price.source}`;
  }
}

/** Factors and averages that only shape other amounts, or the figure per million requests. */
const unbooked: readonly UsageName[] = ["requestsMillions", "nodeCpuPercent", "nodeCpuPercentAtMaximum"];

/** An amount that no resource was priced with would silently cost nothing. */
function* usageWarnings({ inputs, booked }: PricingContext): Generator<string> {
  for (const name of usageNames) {
    if (inputs.usage[name] > 0 && !booked.has(name) && !unbooked.includes(name)) {
      yield `the assumption ${name} (${inputs.usage[name]}) is priced nowhere: no resource of the stack causes it`;
    }
  }
}
