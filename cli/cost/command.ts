/** `marketplace cost`: what a stack costs, and what changed against another stack or commit. */
import { UserError } from "../../components/core/errors.ts";
import { compareCost } from "../../cost/compare.ts";
import { type ExitCode, exitCode } from "../exit-codes.ts";
import { makePlan, type Plan } from "../plan/plan.ts";
import { type Project, requireStack } from "../project.ts";
import { coloursAllowed, Progress } from "../terminal.ts";
import { type CostComparison, costDocument, costJson } from "./document.ts";
import { commitOf, planRef } from "./git-ref.ts";
import { planResources } from "./graph.ts";
import { costSettings } from "./settings.ts";
import { priceStack, type StackCost, startCost, withinBudget } from "./stack-cost.ts";
import { formatComparison, formatCost } from "./text.ts";

export interface CostCommandOptions {
  /** Name of a stack or a git ref. */
  readonly compare?: string;
  readonly json: boolean;
  /** Whether the stack is planned a second time with the optimised profile. */
  readonly optimised: boolean;
}

/** Prints the cost of a stack. Gives the exit code for guardrails where it is over a budget. */
export async function costStack(
  project: Project,
  stack: string,
  options: CostCommandOptions,
): Promise<ExitCode> {
  requireStack(project, stack);
  const today = new Date();
  const other = options.compare === undefined ? undefined : await findOther(project, options.compare);
  const price = startCost(project, stack, options, today);
  const cost = await price(await planQuietly(project, stack));
  if (!cost) throw noCost(stack);
  const comparison = other && (await compareWith(project, cost, other, today));
  const document = costDocument(cost, comparison);
  const style = { colours: coloursAllowed(process.stdout) };
  if (options.json) process.stdout.write(costJson(document));
  else {
    const parts = [comparison ? "" : formatCost(document, style), formatComparison(document, style)];
    process.stdout.write(`${parts.filter((part) => part !== "").join("\n\n")}\n`);
  }
  return withinBudget(cost) ? exitCode.clean : exitCode.guardrail;
}

type Other = { readonly stack: string } | { readonly ref: string; readonly commit: string };

async function findOther(project: Project, name: string): Promise<Other> {
  if (project.stacks.includes(name)) return { stack: name };
  const commit = await commitOf(project, name);
  if (commit !== undefined) return { ref: name, commit };
  throw new UserError({
    path: "--compare",
    got: JSON.stringify(name),
    allowed: `a stack (${project.stacks.join(", ")}) or a git ref of this repository`,
    fix: "name one of the stacks, or a branch, tag or commit that `git rev-parse` knows",
  });
}

async function compareWith(
  project: Project,
  cost: StackCost,
  other: Other,
  today: Date,
): Promise<CostComparison> {
  const before = await priceOther(project, cost, other, today);
  return {
    with: "stack" in other ? `the stack ${other.stack}` : `${other.ref} (${other.commit.slice(0, 12)})`,
    beforeUsdPerMonth: before.report.minimumUsdPerMonth,
    afterUsdPerMonth: cost.report.minimumUsdPerMonth,
    changes: compareCost(before.report.lines, cost.report.lines),
  };
}

async function priceOther(project: Project, cost: StackCost, other: Other, today: Date): Promise<StackCost> {
  if ("commit" in other) {
    const { resources, settings } = await planRef(project, cost.stack, other.commit, cost.settings);
    return priceStack(cost.stack, settings, resources, undefined, today);
  }
  const settings = costSettings(project, other.stack, today);
  if (!settings) throw noCost(other.stack);
  const { resources } = await planQuietly(project, other.stack);
  return priceStack(other.stack, settings, planResources(resources), undefined, today);
}

async function planQuietly(project: Project, stack: string): Promise<Plan> {
  const progress = new Progress();
  return await makePlan(project, stack, {
    onProgress: (count) => progress.show(`planning ${stack}: ${count} resources`),
  }).finally(() => progress.end());
}

function noCost(stack: string): UserError {
  return new UserError({
    path: `Pulumi.${stack}.yaml`,
    got: "a configuration without a cost section",
    allowed: "a stack of this project",
    fix: "run the command in the project's folder, or see `marketplace config resolve`",
  });
}
