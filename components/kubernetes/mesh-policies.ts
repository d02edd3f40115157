import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { createCustomResource } from "./custom-resource.ts";
import { type Istio, tracingProvider } from "./istio.ts";

export interface MeshPoliciesSpec {
  readonly context: PlatformContext;
  readonly istio: Istio;
  readonly traceSamplingPercent: number;
}

/** What holds for every pod of the mesh: strict mTLS, nobody may call anybody, tracing. */
export function createMeshPolicies(
  parent: pulumi.ComponentResource,
  name: string,
  { context, istio, traceSamplingPercent }: MeshPoliciesSpec,
): void {
  const root = { context, component: "mesh", namespace: istio.rootNamespace };
  const opts = { dependsOn: [...istio.ready] };
  createCustomResource(
    parent,
    `${name}-strict-mtls`,
    {
      ...root,
      apiVersion: "security.istio.io/v1",
      kind: "PeerAuthentication",
      objectName: "default",
      spec: { mtls: { mode: "STRICT" } },
    },
    opts,
  );
  createCustomResource(
    parent,
    `${name}-default-deny`,
    {
      ...root,
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      objectName: "default-deny",
      // A policy without rules allows nothing, and in the root namespace it holds for the whole mesh.
      spec: {},
    },
    opts,
  );
  createCustomResource(
    parent,
    `${name}-telemetry`,
    {
      ...root,
      apiVersion: "telemetry.istio.io/v1",
      kind: "Telemetry",
      objectName: "default",
      spec: {
        tracing: [{ providers: [{ name: tracingProvider }], randomSamplingPercentage: traceSamplingPercent }],
      },
    },
    opts,
  );
}
