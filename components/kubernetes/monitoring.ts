import type * as pulumi from "@pulumi/pulumi";
import type { ClusterOutputs } from "../clouds/contract.ts";
import type { PlatformContext } from "../core/context.ts";
import { type PodRequest, podRequest, type WorkloadName } from "../core/footprint.ts";
import { labels } from "../core/labels.ts";
import { createNamespace } from "./namespace.ts";
import { namespaces } from "./places.ts";
import { resources } from "./pods.ts";

/** What the parts of the observability stack share: where they live and what they must wait for. */
export interface MonitoringPlace {
  readonly context: PlatformContext;
  /** `metadata.name` of the namespace `monitoring`. */
  readonly namespace: pulumi.Output<string>;
  /** `metadata.name` of the namespace of what runs on every node. */
  readonly agentsNamespace: pulumi.Output<string>;
  /** The cluster with its definitions of ServiceMonitor and PrometheusRule. */
  readonly ready: readonly pulumi.Resource[];
}

export const observabilityComponent = "observability";

/**
 * `monitoring`, restricted, and `monitoring-agents`, privileged, because an agent reads its node's files.
 *
 * Both are outside the mesh. Prometheus could not scrape through strict mTLS as a client without a certificate, so
 * sidecars offer the merged metrics of application and proxy at a port of their own without mTLS (15020), which
 * NetworkPolicy opens to this namespace only; the sidecars of services send traces out in plain text to a collector
 * without a sidecar, which Istio detects. What is in here talks to each other freely.
 */
export function createMonitoringNamespaces(
  parent: pulumi.ComponentResource,
  { context, cluster }: { readonly context: PlatformContext; readonly cluster: ClusterOutputs },
): MonitoringPlace {
  const component = observabilityComponent;
  const opts = { dependsOn: [...cluster.ready] };
  const namespace = createNamespace(
    parent,
    namespaces.monitoring,
    {
      context,
      component,
      podSecurity: "restricted",
      mesh: false,
      traffic: { internal: true, apiServer: true, cloud: true },
    },
    opts,
  );
  const agents = createNamespace(
    parent,
    namespaces.monitoringAgents,
    {
      context,
      component,
      podSecurity: "privileged",
      mesh: false,
      traffic: { apiServer: true, metricsPorts: [logCollectorPort] },
    },
    opts,
  );
  return {
    context,
    namespace: namespace.metadata.name,
    agentsNamespace: agents.metadata.name,
    ready: [...cluster.ready],
  };
}

/** Port at which the log collector answers Prometheus. */
export const logCollectorPort = 12345;

/** The platform's own labels for the pods of a chart, which sets the `app.kubernetes.io/` ones itself. */
export function ownerLabels(context: PlatformContext): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels(context, observabilityComponent, "")).filter(([key]) =>
      key.startsWith("llm-marketplace.io/"),
    ),
  );
}

/** `resources` of a pod's main container: the row of the footprint less what the other containers of the pod ask for. */
export function mainResources(
  workload: WorkloadName,
  context: PlatformContext,
  others: readonly PodRequest[] = [],
): ReturnType<typeof resources> {
  const rest = { ...podRequest(workload, context.environment) };
  for (const other of others) {
    rest.cpuMillis -= other.cpuMillis;
    rest.memoryMiB -= other.memoryMiB;
    rest.memoryLimitMiB -= other.memoryLimitMiB;
  }
  return resources(rest);
}

/** What a configuration reloader asks for, beside Prometheus, Alertmanager and the log collector. */
export const reloader: PodRequest = { cpuMillis: 10, memoryMiB: 32, memoryLimitMiB: 64 };
