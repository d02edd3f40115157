/** The cost model as the pack's rules use it: its inputs as settings, and the stack as the resource they speak of. */
import { noUsage, type UsageAssumptions, usageFields, usageNames } from "../../../cost/assumptions.ts";
import { costResources } from "../../../cost/graph.ts";
import { priceGraph } from "../../../cost/model.ts";
import { priceTable } from "../../../cost/price-table.ts";
import type { CostReport, Unpriced } from "../../../cost/types.ts";
import type { Finding, GuardedResource, RuleContext, Setting } from "../../shared/rule.ts";
import { numberOf } from "../../shared/settings.ts";
import { finding } from "../../shared/value.ts";

/** Settings of every rule that prices the stack. */
export const priceSettings = {
  assumptions: {
    type: "object",
    schema: {
      additionalProperties: false,
      properties: Object.fromEntries(
        usageNames.map((name) => {
          const { description, maximum } = usageFields[name];
          return [name, { type: "number", minimum: 0, maximum, description }];
        }),
      ),
    },
    default: {},
    description: "Usage that no resource states, per month; what is not named is 0.",
  },
  spotRatio: {
    type: "number",
    minimum: 0.05,
    maximum: 1,
    default: 0.5,
    description: "Price of a spot node as a share of on demand.",
  },
} as const satisfies Record<string, Setting>;

/** The last price: several rules ask for the same stack one after the other. */
let last: { resources: unknown; key: string; report: CostReport } | undefined;

export function priceStack(resources: readonly GuardedResource[], context: RuleContext): CostReport {
  const usage: UsageAssumptions = {
    ...noUsage,
    ...(context.settings.assumptions as Partial<UsageAssumptions>),
  };
  const inputs = { usage, spotRatio: numberOf(context, "spotRatio"), typicalNodeShare: 0 };
  const key = JSON.stringify([inputs, context.today]);
  if (last?.resources !== resources || last.key !== key) {
    last = {
      resources,
      key,
      report: priceGraph(costResources(resources), priceTable, inputs, context.today),
    };
  }
  return last.report;
}

/** What a rule about the whole stack speaks of: the stack itself, else its first resource. */
export function stackResource(resources: readonly GuardedResource[]): GuardedResource | undefined {
  return resources.find(({ type }) => type === "pulumi:pulumi:Stack") ?? resources[0];
}

/** The price may still pass the limit when a value that the cloud decides is known. */
export function undeterminedPrices(
  resources: readonly GuardedResource[],
  unpriced: readonly Unpriced[],
): Finding[] {
  const wording = {
    required: "a value that has a price",
    fix: "set it to a value that is known before deployment",
  };
  return unpriced.flatMap(({ urn, type, unknownProperty }) => {
    const resource = resources.find((one) => one.urn === urn && one.type === type);
    return resource === undefined || unknownProperty === undefined
      ? []
      : [{ ...finding(resource, unknownProperty, wording), actual: "unknown", undetermined: true }];
  });
}

/** `2958.00 USD`. */
export const usd = (amount: number) => `${amount.toFixed(2)} USD`;
