import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { labels } from "../core/labels.ts";

/**
 * What may push what off a full node. Under the cluster's own `system-*` classes (2,000,000,000 and more): what
 * everything else needs to run, then what holds data, then the marketplace's services. Pods without a class have 0.
 */
export const priorities = {
  "platform-critical": {
    value: 1_000_000,
    description: "Mesh, secrets, webhooks and operators: others cannot start without them.",
  },
  stateful: {
    value: 900_000,
    description: "Members of data stores and brokers: slow to move, so they stay before services.",
  },
  services: { value: 500_000, description: "The marketplace's services." },
} as const;

export type PriorityClassName = keyof typeof priorities;

/** The platform's priority classes. Pods that name one are refused until it exists: make them depend on these. */
export function createPriorityClasses(
  parent: pulumi.ComponentResource,
  name: string,
  spec: { readonly context: PlatformContext; readonly component: string },
  opts: pulumi.CustomResourceOptions = {},
): kubernetes.scheduling.v1.PriorityClass[] {
  return Object.entries(priorities).map(
    ([priority, { value, description }]) =>
      new kubernetes.scheduling.v1.PriorityClass(
        `${name}-priority-${priority}`,
        {
          metadata: { name: priority, labels: labels(spec.context, spec.component, priority) },
          value,
          globalDefault: false,
          preemptionPolicy: "PreemptLowerPriority",
          description,
        },
        { parent, ...opts },
      ),
  );
}
