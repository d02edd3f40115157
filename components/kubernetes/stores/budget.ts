import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { labels } from "../../core/labels.ts";

export interface StoreBudgetSpec {
  readonly context: PlatformContext;
  readonly component: string;
  readonly namespace: pulumi.Input<string>;
  readonly budgetName: string;
  readonly members: number;
  readonly podLabels: Record<string, string>;
}

/**
 * One member may be evicted at a time, and only from a healthy set. A single member gets no budget: one that
 * forbids its eviction would keep its node from ever being drained.
 */
export function createStoreBudget(
  parent: pulumi.ComponentResource,
  name: string,
  spec: StoreBudgetSpec,
): void {
  if (spec.members === 1) return;
  new kubernetes.policy.v1.PodDisruptionBudget(
    name,
    {
      metadata: {
        name: spec.budgetName,
        namespace: spec.namespace,
        labels: labels(spec.context, spec.component, spec.budgetName),
      },
      spec: {
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "AlwaysAllow",
        selector: { matchLabels: spec.podLabels },
      },
    },
    { parent },
  );
}
