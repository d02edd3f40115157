import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { labels } from "../core/labels.ts";

export interface CustomResourceSpec {
  readonly context: PlatformContext;
  readonly component: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Name of the object. */
  readonly objectName: string;
  /** Absent for kinds of the whole cluster. */
  readonly namespace?: pulumi.Input<string>;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, pulumi.Input<string>>;
  readonly spec: Record<string, unknown>;
}

/**
 * An object of a kind that an operator's chart defines. `opts.dependsOn` must hold the operator's release: the kind
 * does not exist before it, and on destroy the operator must still be there to clean up after the object.
 */
export function createCustomResource(
  parent: pulumi.ComponentResource,
  name: string,
  spec: CustomResourceSpec,
  opts: pulumi.CustomResourceOptions & { dependsOn: pulumi.ResourceOptions["dependsOn"] },
): kubernetes.apiextensions.CustomResource {
  return new kubernetes.apiextensions.CustomResource(
    name,
    {
      apiVersion: spec.apiVersion,
      kind: spec.kind,
      metadata: {
        name: spec.objectName,
        ...(spec.namespace === undefined ? {} : { namespace: spec.namespace }),
        labels: { ...labels(spec.context, spec.component, spec.objectName), ...spec.labels },
        ...(spec.annotations === undefined ? {} : { annotations: spec.annotations }),
      },
      spec: spec.spec,
    },
    { parent, ...opts },
  );
}
