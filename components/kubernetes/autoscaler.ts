import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { chartLabels } from "./chart-labels.ts";
import { hostSpread, resources, restrictedContainer, restrictedPod } from "./pods.ts";
import { createRelease } from "./release.ts";
import { imageVersion } from "./versions.ts";

export interface ClusterAutoscalerSpec {
  readonly context: PlatformContext;
  /** ServiceAccount that the cloud's identity is bound to. */
  readonly serviceAccount: string;
  /** Copies; one works, the others wait. */
  readonly replicas: number;
  /** Chart values of the cloud: provider, region, how node groups are found. */
  readonly values: Record<string, unknown>;
}

const workload = "cluster-autoscaler";

/**
 * Adds nodes for pods that find no room and takes away those that are hardly used. Spot groups come first, by their
 * name, since they cost less than half; among equals the group that leaves least idle.
 */
export function createClusterAutoscaler(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ClusterAutoscalerSpec,
  opts: pulumi.CustomResourceOptions = {},
): kubernetes.helm.v3.Release {
  const { context, replicas } = spec;
  const { repository, tag } = imageVersion("cluster-autoscaler");
  return createRelease(
    parent,
    name,
    {
      context,
      chart: "cluster-autoscaler",
      namespace: "kube-system",
      values: {
        nameOverride: workload,
        fullnameOverride: workload,
        // The autoscaler simulates the scheduler, so its minor follows the cluster's and not the chart's.
        image: { repository, tag },
        replicaCount: replicas,
        rbac: { serviceAccount: { create: true, name: spec.serviceAccount } },
        expanderPriorities: { 10: [".*"], 50: [".*-spot-.*"] },
        extraArgs: {
          expander: "priority,least-waste",
          "balance-similar-node-groups": true,
          "skip-nodes-with-local-storage": false,
          "skip-nodes-with-system-pods": false,
          "scale-down-utilization-threshold": 0.6,
          "scale-down-unneeded-time": "10m",
          logtostderr: true,
          stderrthreshold: "info",
          v: 2,
        },
        // Not `podLabels`: the chart puts those into its selector, which can never change.
        additionalLabels: chartLabels(context, "cluster"),
        topologySpreadConstraints: replicas > 1 ? hostSpread({ "app.kubernetes.io/name": workload }) : [],
        securityContext: restrictedPod,
        containerSecurityContext: restrictedContainer,
        resources: resources({ cpuMillis: 50, memoryMiB: 300, memoryLimitMiB: 600 }),
        ...spec.values,
      },
    },
    opts,
  );
}
