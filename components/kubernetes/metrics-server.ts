import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { chartLabels } from "./chart-labels.ts";
import { disruptionBudget, hostSpread, resources } from "./pods.ts";
import { createRelease } from "./release.ts";

export interface MetricsServerSpec {
  readonly context: PlatformContext;
  /** Copies, 1 or 2. */
  readonly replicas: number;
  /** Accept kubelets whose certificate no authority signed, as on kind. Default: false. */
  readonly trustAnyKubelet?: boolean;
}

const workload = "metrics-server";

/** Usage of pods and nodes, which every HorizontalPodAutoscaler reads. Clouds that bring their own do not call this. */
export function createMetricsServer(
  parent: pulumi.ComponentResource,
  name: string,
  spec: MetricsServerSpec,
  opts: pulumi.CustomResourceOptions = {},
): kubernetes.helm.v3.Release {
  const { context, replicas } = spec;
  const { enabled, minAvailable } = disruptionBudget(replicas);
  return createRelease(
    parent,
    name,
    {
      context,
      chart: "metrics-server",
      namespace: "kube-system",
      values: {
        fullnameOverride: workload,
        replicas,
        podLabels: chartLabels(context, "cluster"),
        args: spec.trustAnyKubelet ? ["--kubelet-insecure-tls"] : [],
        podDisruptionBudget: { enabled, ...(minAvailable === undefined ? {} : { minAvailable }) },
        topologySpreadConstraints: replicas > 1 ? hostSpread({ "app.kubernetes.io/name": workload }) : [],
        podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        resources: resources({ cpuMillis: 100, memoryMiB: 200, memoryLimitMiB: 400 }),
      },
    },
    opts,
  );
}
