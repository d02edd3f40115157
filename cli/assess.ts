/**
 * What looks at a finished plan: guardrails, cost, report. Each is an assessor in the list below; a plan with a
 * mandatory violation makes the command end with the exit code for guardrails.
 */
import type { ManifestFile } from "./plan/manifests.ts";
import type { Plan } from "./plan/plan.ts";
import type { Project } from "./project.ts";
import { startReport } from "./report/assessor.ts";

export interface Assessment {
  /** Printed after the tree; empty for nothing. */
  readonly text: string;
  /** Printed at the very end, where the eye is: why the stack may not be built; empty where it may. */
  readonly last: string;
  /** Files written into the stack's output folder. */
  readonly files: readonly ManifestFile[];
  /** Mandatory guardrails that the plan violates. */
  readonly mandatoryViolations: number;
}

export type Assessor = (plan: Plan) => Assessment | Promise<Assessment>;

/** Called before the plan is made: what takes long may begin beside it. */
type StartAssessor = (project: Project, stack: string) => Assessor;

/** The assessors that every plan goes through, in the order in which they are printed. */
const starters: readonly StartAssessor[] = [startReport];

export function startAssessors(project: Project, stack: string): Assessor[] {
  return starters.map((start) => start(project, stack));
}

/** Runs the assessors over the plan, one after the other. */
export async function assess(plan: Plan, list: readonly Assessor[]): Promise<Assessment> {
  const results: Assessment[] = [];
  for (const assessor of list) results.push(await assessor(plan));
  const joined = (texts: readonly string[], gap: string) => texts.filter((text) => text !== "").join(gap);
  return {
    text: joined(
      results.map((result) => result.text),
      "\n\n",
    ),
    last: joined(
      results.map((result) => result.last),
      "\n",
    ),
    files: results.flatMap((result) => result.files),
    mandatoryViolations: results.reduce((sum, result) => sum + result.mandatoryViolations, 0),
  };
}
