import type { PlatformContext } from "./context.ts";
import { physicalName } from "./naming.ts";

/** Tags of a cloud resource: which stack, component, owner and cost centre it belongs to. */
export function tags(context: PlatformContext, component: string, name: string): Record<string, string> {
  return {
    Name: physicalName(context, name, 128),
    Project: context.project,
    Stack: context.stack,
    Environment: context.environment,
    Component: component,
    Owner: context.owner,
    CostCentre: context.costCentre,
    ManagedBy: "pulumi",
  };
}

/**
 * Labels of a Kubernetes object. `name` is the workload (`publishing`), `component` the capability of the
 * library it belongs to (`marketplace-service`). Selectors use {@link selector} only, because a selector
 * cannot be changed later.
 */
export function labels(context: PlatformContext, component: string, name: string): Record<string, string> {
  return {
    ...selector(name),
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": context.project,
    "app.kubernetes.io/managed-by": "pulumi",
    "llm-marketplace.io/stack": context.stack,
    "llm-marketplace.io/owner": context.owner,
    "llm-marketplace.io/cost-centre": context.costCentre,
  };
}

/** The immutable part of a workload's labels. */
export function selector(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name };
}
