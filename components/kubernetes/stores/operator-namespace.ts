import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { createNamespace } from "../namespace.ts";
import { createNetworkPolicy, podsIn, tcp } from "../network-policy.ts";

export interface OperatorNamespaceSpec {
  readonly context: PlatformContext;
  readonly component: string;
  readonly namespace: string;
  /** Ports at which the API server calls the operator's webhooks. */
  readonly webhookPorts: readonly number[];
  readonly metricsPorts: readonly number[];
  /** Namespace of the store and the ports of its pods that the operator calls. */
  readonly store: { readonly namespace: string; readonly ports: readonly number[] };
  readonly dependsOn: readonly pulumi.Resource[];
}

/** The namespace of a store's operator: restricted, outside the mesh, with a way to the store's pods only. */
export function createOperatorNamespace(
  parent: pulumi.ComponentResource,
  name: string,
  spec: OperatorNamespaceSpec,
): kubernetes.core.v1.Namespace {
  const { context, component } = spec;
  const namespace = createNamespace(
    parent,
    spec.namespace,
    {
      context,
      component,
      podSecurity: "restricted",
      mesh: false,
      traffic: {
        internal: true,
        apiServer: true,
        webhookPorts: spec.webhookPorts,
        metricsPorts: spec.metricsPorts,
      },
    },
    { dependsOn: [...spec.dependsOn] },
  );
  createNetworkPolicy(parent, `${name}-to-store`, {
    context,
    component,
    policyName: "operator-to-store",
    namespace: namespace.metadata.name,
    egress: [{ to: [podsIn(spec.store.namespace)], ports: tcp(...spec.store.ports) }],
  });
  return namespace;
}
