import { costResources } from "../../cost/graph.ts";
import type { CostResource } from "../../cost/types.ts";
import { graphOf, type PlannedResource } from "../../policies/shared/graph.ts";

/** The resources of a plan as the cost model wants them. */
export function planResources(resources: readonly PlannedResource[]): CostResource[] {
  return costResources(graphOf(resources).outputs);
}
