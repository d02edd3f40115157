import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../../core/labels.ts";
import { monitoringLabels, namespaces } from "../places.ts";
import { hostSpread, resources } from "../pods.ts";
import { createRelease } from "../release.ts";
import { createOperatorNamespace } from "../stores/operator-namespace.ts";
import { ownership } from "../stores/ownership.ts";
import type { InClusterStoreSpec } from "../stores-contract.ts";

/** Port of an instance at which the operator asks for its state and orders a switchover. */
export const instanceStatusPort = 8000;

/**
 * CloudNativePG and its plugin that archives to object stores. Two copies of the operator where the store is highly
 * available: while it is away nobody promotes a standby.
 */
export function createPostgresOperator(
  parent: pulumi.ComponentResource,
  name: string,
  spec: Pick<InClusterStoreSpec, "context" | "cluster" | "namespace" | "members"> & {
    /** What brings cert-manager's and the Prometheus operator's kinds. */
    readonly kinds: readonly pulumi.Resource[];
  },
): kubernetes.helm.v3.Release[] {
  const { context, cluster, members, kinds } = spec;
  const component = "data-tier";
  const namespace = createOperatorNamespace(parent, `${name}-operator`, {
    context,
    component,
    namespace: namespaces.postgresOperator,
    webhookPorts: [9443],
    metricsPorts: [8080],
    store: { namespace: spec.namespace.name, ports: [instanceStatusPort] },
    dependsOn: cluster.ready,
  });
  const operator = createRelease(
    parent,
    `${name}-cloudnative-pg`,
    {
      context,
      chart: "cloudnative-pg",
      namespace: namespace.metadata.name,
      values: {
        replicaCount: members === 1 ? 1 : 2,
        priorityClassName: "platform-critical",
        resources: resources({ cpuMillis: 50, memoryMiB: 128, memoryLimitMiB: 256 }),
        topologySpreadConstraints: hostSpread({ "app.kubernetes.io/name": "cloudnative-pg" }),
        monitoring: { podMonitorEnabled: true, podMonitorAdditionalLabels: monitoringLabels },
        podLabels: ownership(labels(context, component, "cloudnative-pg")),
      },
    },
    { dependsOn: [...cluster.ready, ...kinds] },
  );
  const plugin = createRelease(
    parent,
    `${name}-plugin-barman-cloud`,
    {
      context,
      chart: "plugin-barman-cloud",
      // The operator finds plugins by their Service in its own namespace.
      namespace: namespace.metadata.name,
      values: {
        priorityClassName: "platform-critical",
        resources: resources({ cpuMillis: 10, memoryMiB: 64, memoryLimitMiB: 128 }),
        podLabels: ownership(labels(context, component, "plugin-barman-cloud")),
      },
    },
    { dependsOn: [operator, ...kinds] },
  );
  return [operator, plugin];
}
