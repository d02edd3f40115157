import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { createCustomResource } from "../custom-resource.ts";
import { monitoringLabels } from "../places.ts";

export interface StoreMonitorSpec {
  readonly context: PlatformContext;
  readonly component: string;
  readonly namespace: pulumi.Input<string>;
  /** Name of the monitor; Prometheus calls the job `<namespace>/<name>`. */
  readonly monitorName: string;
  readonly podLabels: Record<string, string>;
  /** Name of the container port that serves `/metrics`. */
  readonly port: string;
  /** Labels of the pod that become labels of every series. */
  readonly podTargetLabels?: readonly string[];
  /** What must exist first: the Prometheus operator's kinds. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/**
 * Prometheus reads every pod with the labels. A PodMonitor, because members of a store are scraped one by one and
 * a Service for metrics alone would only repeat their labels.
 */
export function createPodMonitor(
  parent: pulumi.ComponentResource,
  name: string,
  spec: StoreMonitorSpec,
): kubernetes.apiextensions.CustomResource {
  return createCustomResource(
    parent,
    name,
    {
      context: spec.context,
      component: spec.component,
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PodMonitor",
      objectName: spec.monitorName,
      namespace: spec.namespace,
      labels: monitoringLabels,
      spec: {
        selector: { matchLabels: spec.podLabels },
        ...(spec.podTargetLabels === undefined ? {} : { podTargetLabels: [...spec.podTargetLabels] }),
        podMetricsEndpoints: [{ port: spec.port, path: "/metrics", interval: "30s" }],
      },
    },
    { dependsOn: [...spec.dependsOn] },
  );
}

export interface StoreServiceMonitorSpec {
  readonly context: PlatformContext;
  readonly component: string;
  readonly namespace: pulumi.Input<string>;
  readonly monitorName: string;
  readonly serviceLabels: Record<string, string>;
  /** Name of the service's port that serves `/metrics`. */
  readonly port: string;
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Prometheus reads what is behind a Service. */
export function createServiceMonitor(
  parent: pulumi.ComponentResource,
  name: string,
  spec: StoreServiceMonitorSpec,
): kubernetes.apiextensions.CustomResource {
  return createCustomResource(
    parent,
    name,
    {
      context: spec.context,
      component: spec.component,
      apiVersion: "monitoring.coreos.com/v1",
      kind: "ServiceMonitor",
      objectName: spec.monitorName,
      namespace: spec.namespace,
      labels: monitoringLabels,
      spec: {
        selector: { matchLabels: spec.serviceLabels },
        endpoints: [{ port: spec.port, path: "/metrics", interval: "30s" }],
      },
    },
    { dependsOn: [...spec.dependsOn] },
  );
}
