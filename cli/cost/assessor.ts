import type { Assessor } from "../assess.ts";
import type { Project } from "../project.ts";
import { coloursAllowed } from "../terminal.ts";
import { costDocument, costJson } from "./document.ts";
import { startCost } from "./stack-cost.ts";
import { formatSummary } from "./text.ts";

/**
 * Prices every plan: `cost.json` and a few lines. The budget at list is a guardrail of the cost pack; the optimised
 * price needs a second plan, which only is made here, so a stack over that budget is counted here.
 */
export function startCostAssessor(project: Project, stack: string): Assessor {
  const price = startCost(project, stack);
  return async (plan) => {
    const cost = await price(plan);
    if (!cost) return { text: "", files: [], mandatoryViolations: 0 };
    const document = costDocument(cost);
    const limit = cost.settings.optimisedBudgetUsdPerMonth;
    const isOver = limit !== undefined && (document.optimisedUsdPerMonth ?? 0) > limit;
    return {
      text: formatSummary(document, { colours: coloursAllowed(process.stdout) }),
      files: [{ name: "cost.json", content: costJson(document) }],
      mandatoryViolations: isOver ? 1 : 0,
    };
  };
}
