import { parse } from "../../config/parse.ts";
import type { CostConfig } from "../../config/schema/governance.ts";
import type { CostInputs } from "../../cost/types.ts";
import { type Project, stackConfig } from "../project.ts";

/** What a stack's configuration says about its price. */
export interface CostSettings extends CostConfig {
  readonly profile: "list" | "optimised";
}

/** The cost section of a stack; undefined where the project is not this one or its configuration has problems. */
export function costSettings(project: Project, stack: string, today: Date): CostSettings | undefined {
  const { config } = parse(stackConfig(project, stack), { project: project.name, stack, today });
  return config && { ...config.cost, profile: config.profile };
}

/** The model's inputs; at another spot ratio than the stack's own where one is given. */
export function costInputs(settings: CostSettings, spotRatio = settings.spotRatio): CostInputs {
  return { usage: settings.assumptions, spotRatio, typicalNodeShare: settings.typicalNodeShare };
}

/** Whether the stack states an optimised price: then it is planned a second time. */
export function statesOptimised({ profile, optimisedBudgetUsdPerMonth, commitments }: CostSettings): boolean {
  return profile === "list" && (optimisedBudgetUsdPerMonth !== undefined || commitments.length > 0);
}

/** `YYYY-MM-DD`, UTC. */
export const dayOf = (date: Date) => date.toISOString().slice(0, 10);
