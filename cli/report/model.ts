/** What the report shows, gathered once; every writer takes this and nothing else. */
import type { CapacityReport } from "../../config/capacity.ts";
import type { CostDocument } from "../cost/document.ts";
import type { Plan } from "../plan/plan.ts";
import type { Picture } from "./architecture/picture.ts";
import type { ResourceChanges } from "./changes.ts";
import type { CostChange } from "./cost-change.ts";
import type { GuardrailReport } from "./guardrails.ts";

export interface ReportData {
  readonly plan: Plan;
  /** `YYYY-MM-DD`: exceptions and prices are judged by it. */
  readonly today: string;
  /** Stack file relative to the project's folder, to which guardrail results point. */
  readonly stackFile: string;
  readonly guardrails: GuardrailReport;
  readonly cost: CostDocument | undefined;
  /** Undefined where nothing was committed to compare with. */
  readonly costChange: CostChange | undefined;
  readonly changes: ResourceChanges | undefined;
  /** At the minimum and the maximum; empty for clusters whose nodes are not ours. */
  readonly capacity: readonly CapacityReport[];
  readonly picture: Picture;
  /** The picture as SVG. */
  readonly architecture: string;
}

export interface Verdict {
  readonly mayBeBuilt: boolean;
  /** One sentence. */
  readonly headline: string;
  /** Why it may not be built: a line for each kind of reason, empty where it may. */
  readonly reasons: readonly string[];
}

/** Whether the stack may be built. Mandatory violations and the two budgets decide, nothing else. */
export function verdictOf(data: Pick<ReportData, "plan" | "guardrails" | "cost">): Verdict {
  const { guardrails, cost, plan } = data;
  const broken = guardrails.findings.filter((one) => one.status === "violation" && one.level === "mandatory");
  const policies = new Set(broken.map((one) => one.rule)).size;
  const reasons = [
    ...(broken.length > 0
      ? [
          `${plural(broken.length, "violation")} of ${plural(policies, "mandatory policy", "mandatory policies")}`,
        ]
      : []),
    ...overOptimisedBudget(cost),
  ];
  const mayBeBuilt = reasons.length === 0;
  return {
    mayBeBuilt,
    headline: mayBeBuilt
      ? `${plan.stack} may be built: no mandatory policy is violated.`
      : `${plan.stack} may not be built: ${reasons.join("; ")}.`,
    reasons,
  };
}

/** The budget at list price is a policy; the one for the optimised price is judged here, for it needs a second plan. */
function overOptimisedBudget(cost: CostDocument | undefined): string[] {
  const limit = cost?.optimised?.budgetUsdPerMonth;
  const amount = cost?.optimisedUsdPerMonth;
  if (limit === null || limit === undefined || amount === null || amount === undefined || amount <= limit)
    return [];
  return [`the optimised price of $${money(amount)} is over its budget of $${money(limit)}`];
}

/** `1 node`, `2 nodes`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

/** `2,958.00`. */
export function money(amount: number): string {
  return amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** `+$12.00` or `−$12.00`. */
export function signedMoney(amount: number): string {
  return `${amount < 0 ? "−" : "+"}$${money(Math.abs(amount))}`;
}
