/** The cost of one stack: its plan priced, and beside it the same stack with the optimised profile. */
import { join } from "node:path";
import { breakers } from "../../cost/breakers.ts";
import { priceGraph } from "../../cost/model.ts";
import { type OptimisedCost, optimisedCost } from "../../cost/optimised.ts";
import { priceTable } from "../../cost/price-table.ts";
import type { CostReport, CostResource } from "../../cost/types.ts";
import type { Plan } from "../plan/plan.ts";
import type { Project } from "../project.ts";
import { runChild } from "./child.ts";
import { planResources } from "./graph.ts";
import { type CostSettings, costInputs, costSettings, dayOf, statesOptimised } from "./settings.ts";

/** Spot's share of the on-demand price for which every total is shown. */
export const shownSpotRatios = [0.4, 0.5] as const;

export interface StackCost {
  readonly stack: string;
  readonly settings: CostSettings;
  readonly report: CostReport;
  /** Totals at other prices of spot nodes. */
  readonly atSpotRatios: readonly {
    readonly spotRatio: number;
    readonly minimumUsdPerMonth: number;
    readonly typicalUsdPerMonth: number;
    readonly maximumUsdPerMonth: number;
  }[];
  /** Absent where the stack states no optimised price, or it was not asked for. */
  readonly optimised?: OptimisedCost;
  readonly breakers: ReturnType<typeof breakers>;
}

/**
 * Begins what can be done before the plan is there, and gives a function that prices the plan. That gives undefined for
 * projects whose configuration is not this one's.
 */
export function startCost(
  project: Project,
  stack: string,
  options: { readonly optimised: boolean } = { optimised: true },
  today: Date = new Date(),
): (plan: Plan) => Promise<StackCost | undefined> {
  const settings = costSettings(project, stack, today);
  if (settings === undefined) return async () => undefined;
  const second = options.optimised && statesOptimised(settings) ? planOptimised(project, stack) : undefined;
  // Whoever never asks for the price must not end with an unhandled rejection.
  second?.catch(() => undefined);
  return async (plan) => priceStack(stack, settings, planResources(plan.resources), await second, today);
}

/** Prices resources with the settings of a stack; `second` are those of the optimised profile. */
export function priceStack(
  stack: string,
  settings: CostSettings,
  resources: readonly CostResource[],
  second: readonly CostResource[] | undefined,
  today: Date,
): StackCost {
  const day = dayOf(today);
  const price = (list: readonly CostResource[], spotRatio?: number) =>
    priceGraph(list, priceTable, costInputs(settings, spotRatio), day);
  const report = price(resources);
  // A stack whose own profile is optimised is its own optimised plan.
  const optimisedReport = second ? price(second) : settings.profile === "optimised" ? report : undefined;
  return {
    stack,
    settings,
    report,
    atSpotRatios: shownSpotRatios.map((spotRatio) => {
      const { minimumUsdPerMonth, typicalUsdPerMonth, maximumUsdPerMonth } = price(resources, spotRatio);
      return { spotRatio, minimumUsdPerMonth, typicalUsdPerMonth, maximumUsdPerMonth };
    }),
    ...(optimisedReport && {
      optimised: optimisedCost(report, optimisedReport, settings.commitments, priceTable),
    }),
    breakers: breakers(resources, priceTable, costInputs(settings), day),
  };
}

async function planOptimised(project: Project, stack: string): Promise<CostResource[]> {
  const script = join(import.meta.dirname, "optimised-plan.ts");
  const { code, stdout, stderr } = await runChild(script, [project.root, stack]);
  if (code !== 0) throw new Error(`planning ${stack} with profile: optimised ended with ${code}\n${stderr}`);
  return JSON.parse(stdout) as CostResource[];
}

/** Whether the minimum is within the budget, and the optimised price within its own. */
export function withinBudget({ settings, report, optimised }: StackCost): boolean {
  const { budgetUsdPerMonth, optimisedBudgetUsdPerMonth } = settings;
  return (
    report.minimumUsdPerMonth <= budgetUsdPerMonth &&
    (optimised === undefined ||
      optimisedBudgetUsdPerMonth === undefined ||
      optimised.usdPerMonth <= optimisedBudgetUsdPerMonth)
  );
}
