import type { Finding, Rule } from "../../../shared/rule.ts";
import { numberOf } from "../../../shared/settings.ts";
import { priceSettings, priceStack, stackResource, undeterminedPrices } from "../price.ts";

/** Objects in a cluster that cost nothing beside its nodes are left out: hundreds of them would hide any gap. */
export const unpricedRule: Rule = {
  kind: "stack",
  name: "stack-cost-unpriced-share",
  description:
    "Nearly every resource that may cost something must have a price, because a budget over half the bill says nothing; what has no price never counts as free.",
  severity: "medium",
  frameworks: [],
  remediation:
    "Add a price rule in cost/pricers and its dated price in cost/prices.json, or the missing property on the resource.",
  settings: {
    maximumUnpricedPercent: {
      type: "integer",
      minimum: 0,
      maximum: 100,
      default: 5,
      description: "Largest share of resources without a price, in percent of those that may cost something.",
    },
    ...priceSettings,
  },
  check: (resources, context): Finding[] => {
    const stack = stackResource(resources);
    if (stack === undefined) return [];
    const { lines, free, unpriced } = priceStack(resources, context);
    const certain = unpriced.filter(({ unknownProperty }) => unknownProperty === undefined);
    const freeOutside = free.filter(({ type }) => !type.startsWith("kubernetes:")).length;
    const judged = new Set(lines.map(({ urn }) => urn)).size + freeOutside + unpriced.length;
    const percent = judged === 0 ? 0 : (certain.length / judged) * 100;
    const most = numberOf(context, "maximumUnpricedPercent");
    const required = `at most ${most} %`;
    const fix = `give these a price: ${listed(certain.map(({ urn, reason }) => `${urn.split("::").at(-1)} (${reason})`))}`;
    if (percent > most) {
      const actual = `${percent.toFixed(1)} % (${certain.length} of ${judged})`;
      return [{ resource: stack, property: "share of resources without a price", actual, required, fix }];
    }
    return undeterminedPrices(resources, unpriced);
  },
};

/** The first few, and how many more. */
function listed(texts: readonly string[]): string {
  const shown = texts.slice(0, 5);
  return [...shown, ...(texts.length > shown.length ? [`${texts.length - shown.length} more`] : [])].join(
    ", ",
  );
}
