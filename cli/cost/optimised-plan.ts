/**
 * Plans a stack with `profile: optimised` and prints its resources as the cost model wants them, as JSON. A program of
 * its own, so that it runs beside the plan of the stack as it is: plans share one Pulumi runtime a process.
 */
import { makePlan } from "../plan/plan.ts";
import { readProject } from "../project.ts";
import { planResources } from "./graph.ts";

const [root, stack] = process.argv.slice(2);
if (root === undefined || stack === undefined)
  throw new Error("usage: optimised-plan.ts <project folder> <stack>");
const project = readProject(root);
const plan = await makePlan(project, stack, { overrides: { [`${project.name}:profile`]: "optimised" } });
process.stdout.write(JSON.stringify(planResources(plan.resources)));
