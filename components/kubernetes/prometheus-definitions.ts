import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { createRelease } from "./release.ts";

/**
 * The Prometheus operator's definitions (ServiceMonitor, PodMonitor, PrometheusRule …) on their own and first, so that
 * every later release can bring its monitors; the operator itself leaves its copy out.
 */
export function createPrometheusDefinitions(
  parent: pulumi.ComponentResource,
  name: string,
  spec: { readonly context: PlatformContext },
  opts: pulumi.CustomResourceOptions = {},
): kubernetes.helm.v3.Release {
  return createRelease(
    parent,
    name,
    { context: spec.context, chart: "prometheus-operator-crds", namespace: "kube-system", values: {} },
    opts,
  );
}
