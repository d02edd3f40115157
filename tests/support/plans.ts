/** Plans of the project's stacks, made once per test process. */
import { makePlan, type Plan } from "../../cli/plan/plan.ts";
import { readProject } from "../../cli/project.ts";
import { root } from "./cli.ts";

export const project = readProject(root);

const made = new Map<string, Promise<Plan>>();

/** The plan of a stack. Plans share the process's Pulumi runtime, so they are made one after the other. */
export function planOfStack(stack: string): Promise<Plan> {
  const known = made.get(stack);
  if (known) return known;
  const before = [...made.values()].at(-1) ?? Promise.resolve();
  const plan = before.then(
    () => makePlan(project, stack),
    () => makePlan(project, stack),
  );
  made.set(stack, plan);
  return plan;
}
