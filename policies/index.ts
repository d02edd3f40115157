import type { PlatformConfig } from "../config/schema/platform.ts";
import { packs } from "./packs.ts";
import { evaluate, type Outcome } from "./shared/evaluate.ts";
import { graphOf, type PlannedResource } from "./shared/graph.ts";
import { packConfigs } from "./shared/stack-config.ts";

export { packs } from "./packs.ts";

/**
 * Every pack over a whole plan, with the levels, settings and exceptions of its stack: what `marketplace plan` shows
 * and what `pulumi preview` would find. `today` is `YYYY-MM-DD`. Throws a `UserError` where the stack's configuration
 * names a policy that no pack has.
 */
export function evaluateAll(
  plan: { readonly stack: string; readonly resources: readonly PlannedResource[] },
  config: PlatformConfig,
  today: string,
): Outcome[] {
  const configs = packConfigs(plan.stack, config);
  const graph = graphOf(plan.resources);
  return packs.flatMap((pack) => evaluate(pack, graph, configs[pack.folder] ?? {}, today));
}
