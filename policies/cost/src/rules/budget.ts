import { commitmentLines } from "../../../../cost/commitments.ts";
import { priceTable } from "../../../../cost/price-table.ts";
import { type Commitment, type CostLine, type CostReport, committable } from "../../../../cost/types.ts";
import type { Finding, Rule, RuleContext, Setting, StackRule } from "../../../shared/rule.ts";
import { numberOf } from "../../../shared/settings.ts";
import { priceSettings, priceStack, stackResource, undeterminedPrices, usd } from "../price.ts";

interface Limit extends Pick<StackRule, "name" | "description" | "severity" | "remediation"> {
  /** Setting with the limit. */
  readonly limit: string;
  readonly setting: Setting;
  /** What is compared with it. */
  readonly property: string;
  readonly amount: (report: CostReport, context: RuleContext) => number;
  readonly ofLine: (line: CostLine) => number;
  readonly settings?: Readonly<Record<string, Setting>>;
}

/** Costs are never negative, so a total of what is known that passes the limit is certain. */
function limitRule({ limit, setting, property, amount, ofLine, settings, ...metadata }: Limit): Rule {
  return {
    ...metadata,
    kind: "stack",
    frameworks: [],
    settings: { [limit]: setting, ...priceSettings, ...settings },
    check: (resources, context): Finding[] => {
      const resource = stackResource(resources);
      if (resource === undefined) return [];
      const report = priceStack(resources, context);
      const most = numberOf(context, limit);
      const total = amount(report, context);
      const required = `at most ${usd(most)}`;
      const fix = `make the largest lines smaller (${largest(report.lines, ofLine)}), or raise ${limit} on purpose`;
      if (total > most) return [{ resource, property, actual: usd(total), required, fix }];
      return undeterminedPrices(resources, report.unpriced);
    },
  };
}

/** The three resources that cost most, in words. */
function largest(lines: readonly CostLine[], ofLine: (line: CostLine) => number): string {
  const top = lines
    .filter((line) => ofLine(line) >= 0.005)
    .sort((a, b) => ofLine(b) - ofLine(a) || (a.urn < b.urn ? -1 : 1))
    .slice(0, 3);
  return top.map((line) => `${line.urn.split("::").at(-1)} ${ofLine(line).toFixed(2)}`).join(", ");
}

const money = (value: number, description: string): Setting => ({
  type: "number",
  minimum: 0,
  maximum: 1_000_000,
  default: value,
  description,
});

/** Counts by what a commitment covers, as one-year commitments without upfront payment. */
function commitments({ settings }: RuleContext): Commitment[] {
  const counts = settings.commitments as Readonly<Record<string, number>>;
  return committable.flatMap((covers): Commitment[] => {
    const count = counts[covers] ?? 0;
    return count > 0 ? [{ covers, count, termYears: 1, payment: "no-upfront" }] : [];
  });
}

export const budgetRules: readonly Rule[] = [
  limitRule({
    name: "stack-cost-minimum-budget",
    description:
      "The list price of a stack at its minimum node counts must be within its budget, because it is paid whatever the load.",
    severity: "high",
    remediation:
      "Look at the lines with `marketplace cost <stack>`, then use fewer or smaller machines, stores and volumes, or agree on another budget.",
    limit: "budgetUsdPerMonth",
    setting: money(1000, "Ceiling of the monthly list price at the minimum node counts, in USD."),
    property: "monthly cost at the minimum",
    amount: ({ minimumUsdPerMonth }) => minimumUsdPerMonth,
    ofLine: (line) => line.usdPerMonth,
  }),
  limitRule({
    name: "stack-cost-maximum-ceiling",
    description:
      "The price of a stack with every pool and volume at its maximum should be within a ceiling, so that nobody is surprised by what autoscaling may spend.",
    severity: "medium",
    remediation: "Lower the maximum of pools and volumes, or agree on another ceiling.",
    limit: "ceilingUsdPerMonth",
    setting: money(5000, "Ceiling of the monthly price with everything at its maximum, in USD."),
    property: "monthly cost at the maximum",
    amount: ({ maximumUsdPerMonth }) => maximumUsdPerMonth,
    ofLine: (line) => line.maximumUsdPerMonth,
  }),
  limitRule({
    name: "stack-cost-optimised-budget",
    description:
      "The price of a stack that runs its optimised profile must be within the optimised budget after its commitments, because that is what the profile is for.",
    severity: "high",
    remediation: "Move more nodes to spot, commit to more of what always runs, or agree on another budget.",
    limit: "optimisedBudgetUsdPerMonth",
    setting: money(
      1_000_000,
      "Ceiling after commitments at the minimum node counts, in USD; the default is none.",
    ),
    settings: {
      commitments: {
        type: "object",
        schema: {
          additionalProperties: false,
          properties: Object.fromEntries(
            committable.map((covers) => [covers, { type: "integer", minimum: 0, maximum: 200 }]),
          ),
        },
        default: {},
        description:
          "One-year commitments without upfront payment: how many nodes, databases and cache nodes.",
      },
    },
    property: "monthly cost at the minimum with commitments",
    amount: (report, context) =>
      commitmentLines(report.lines, commitments(context), priceTable).reduce(
        (sum, { usdPerMonth }) => sum + usdPerMonth,
        report.minimumUsdPerMonth,
      ),
    ofLine: (line) => line.usdPerMonth,
  }),
];
