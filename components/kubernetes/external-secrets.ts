import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { createCustomResource } from "./custom-resource.ts";
import { secretStoreName } from "./places.ts";

export interface ExternalSecretSpec {
  readonly context: PlatformContext;
  readonly component: string;
  /** Namespace of the Kubernetes secret, an output of the Namespace resource. */
  readonly namespace: pulumi.Input<string>;
  /** Name of the Kubernetes secret. */
  readonly secretName: string;
  /** Key in the cloud's secret store, for example `SecretOutputs.remoteKey`. */
  readonly remoteKey: pulumi.Input<string>;
  /** Key of the Kubernetes secret → property of the remote JSON object. Absent: every property under its own name. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Text of the Kubernetes secret's keys, with `{{ .key }}` for the remote properties (ESO's Go templates). */
  readonly template?: Readonly<Record<string, string>>;
}

/** A Kubernetes secret that External Secrets keeps equal to the cloud's, within an hour. */
export function createExternalSecret(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ExternalSecretSpec,
  opts: pulumi.CustomResourceOptions & { dependsOn: pulumi.ResourceOptions["dependsOn"] },
): kubernetes.apiextensions.CustomResource {
  const remote =
    spec.keys === undefined
      ? { dataFrom: [{ extract: { key: spec.remoteKey } }] }
      : {
          data: Object.entries(spec.keys).map(([secretKey, property]) => ({
            secretKey,
            remoteRef: { key: spec.remoteKey, property },
          })),
        };
  return createCustomResource(
    parent,
    name,
    {
      context: spec.context,
      component: spec.component,
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      objectName: spec.secretName,
      namespace: spec.namespace,
      spec: {
        refreshInterval: "1h",
        secretStoreRef: { kind: "ClusterSecretStore", name: secretStoreName },
        target: {
          name: spec.secretName,
          creationPolicy: "Owner",
          ...(spec.template === undefined ? {} : { template: { engineVersion: "v2", data: spec.template } }),
        },
        ...remote,
      },
    },
    opts,
  );
}

export interface GeneratedSecretSpec {
  readonly context: PlatformContext;
  readonly component: string;
  readonly namespace: pulumi.Input<string>;
  readonly secretName: string;
  /** Text of the secret's keys; `{{ .password }}` is the generated one. Default: the key `password` alone. */
  readonly template?: Readonly<Record<string, string>>;
  /** Letters and digits of the password. Default 32. */
  readonly length?: number;
}

/**
 * A secret made up inside the cluster: it is in no state file and in no plan. It is made once and stays, because the
 * store it opens learns of no change; to renew it, delete the Kubernetes secret and restart what reads it.
 */
export function createGeneratedSecret(
  parent: pulumi.ComponentResource,
  name: string,
  spec: GeneratedSecretSpec,
  opts: pulumi.CustomResourceOptions & { dependsOn: pulumi.ResourceOptions["dependsOn"] },
): kubernetes.apiextensions.CustomResource {
  const place = { context: spec.context, component: spec.component, namespace: spec.namespace };
  const generator = createCustomResource(
    parent,
    `${name}-generator`,
    {
      ...place,
      apiVersion: "generators.external-secrets.io/v1alpha1",
      kind: "Password",
      objectName: spec.secretName,
      spec: { length: spec.length ?? 32, digits: 8, symbols: 0, noUpper: false, allowRepeat: true },
    },
    opts,
  );
  return createCustomResource(
    parent,
    name,
    {
      ...place,
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      objectName: spec.secretName,
      spec: {
        refreshPolicy: "CreatedOnce",
        target: {
          name: spec.secretName,
          creationPolicy: "Owner",
          ...(spec.template === undefined ? {} : { template: { engineVersion: "v2", data: spec.template } }),
        },
        dataFrom: [
          {
            sourceRef: {
              generatorRef: {
                apiVersion: "generators.external-secrets.io/v1alpha1",
                kind: "Password",
                name: generator.metadata.name,
              },
            },
          },
        ],
      },
    },
    opts,
  );
}
