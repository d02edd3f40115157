import type { Rendered } from "../support/rendered.ts";
import { clusterExporters } from "./cluster.ts";
import type { Exporter } from "./exporter.ts";
import { gateway, serviceExporters } from "./services.ts";
import { storeExporters } from "./stores.ts";

/** Everything that Prometheus would read in a stack, as far as rules and dashboards ask for it. */
export function exportersOf(stack: Rendered): Exporter[] {
  return [...clusterExporters, ...storeExporters(stack), gateway, ...serviceExporters(stack.services)];
}
