import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { labels } from "../core/labels.ts";
import { createCustomResource } from "./custom-resource.ts";

export interface SecretCopiesSpec {
  readonly context: PlatformContext;
  readonly component: string;
  /** Name of the ServiceAccount that may read these secrets, unique in both namespaces. */
  readonly reader: string;
  /** Namespace in which the secrets are. */
  readonly from: string;
  /** Namespace that wants them: `metadata.name` of the Namespace resource. */
  readonly to: pulumi.Output<string>;
  /** Name of each secret with the keys that are wanted; nothing else of it is copied. */
  readonly secrets: Readonly<Record<string, readonly string[]>>;
  /** Name of one secret for all the keys. Default: a copy of each secret under its own name. */
  readonly into?: string;
  /** External Secrets, and what makes the secrets. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/**
 * Copies of single keys of single secrets in another namespace, under the same names, kept equal by External Secrets
 * within five minutes. The reader may get the named secrets only and list none.
 */
export function createSecretCopies(
  parent: pulumi.ComponentResource,
  name: string,
  spec: SecretCopiesSpec,
): pulumi.Resource[] {
  const place = { context: spec.context, component: spec.component, namespace: spec.to };
  const access = buildReader(parent, name, spec);
  const store = createCustomResource(
    parent,
    `${name}-secret-store`,
    {
      ...place,
      apiVersion: "external-secrets.io/v1",
      kind: "SecretStore",
      objectName: spec.reader,
      spec: {
        provider: {
          kubernetes: {
            remoteNamespace: spec.from,
            server: { caProvider: { type: "ConfigMap", name: "kube-root-ca.crt", key: "ca.crt" } },
            auth: { serviceAccount: { name: spec.reader } },
          },
        },
      },
    },
    { dependsOn: [...spec.dependsOn, ...access] },
  );
  const keysOf = (secretName: string, keys: readonly string[]) =>
    keys.map((key) => ({ secretKey: key, remoteRef: { key: secretName, property: key } }));
  const copy = (secretName: string, data: ReturnType<typeof keysOf>) =>
    createCustomResource(
      parent,
      `${name}-secret-${secretName}`,
      {
        ...place,
        apiVersion: "external-secrets.io/v1",
        kind: "ExternalSecret",
        objectName: secretName,
        spec: {
          refreshInterval: "5m",
          secretStoreRef: { kind: "SecretStore", name: spec.reader },
          target: { name: secretName, creationPolicy: "Owner" },
          data,
        },
      },
      { dependsOn: [store, ...spec.dependsOn] },
    );
  const sources = Object.entries(spec.secrets);
  return spec.into === undefined
    ? sources.map(([secretName, keys]) => copy(secretName, keysOf(secretName, keys)))
    : [
        copy(
          spec.into,
          sources.flatMap(([secretName, keys]) => keysOf(secretName, keys)),
        ),
      ];
}

/** An identity that may get the named secrets in the namespace where they are. */
function buildReader(
  parent: pulumi.ComponentResource,
  name: string,
  { context, component, reader, from, to, secrets, dependsOn }: SecretCopiesSpec,
): pulumi.Resource[] {
  const metadata = (namespace: pulumi.Input<string>) => ({
    name: reader,
    namespace,
    labels: labels(context, component, reader),
  });
  const account = new kubernetes.core.v1.ServiceAccount(
    `${name}-secret-reader`,
    { metadata: metadata(to), automountServiceAccountToken: false },
    { parent },
  );
  const opts = { parent, dependsOn: [...dependsOn] };
  const role = new kubernetes.rbac.v1.Role(
    `${name}-secret-reader`,
    {
      metadata: metadata(from),
      rules: [
        { apiGroups: [""], resources: ["secrets"], resourceNames: Object.keys(secrets), verbs: ["get"] },
      ],
    },
    opts,
  );
  const binding = new kubernetes.rbac.v1.RoleBinding(
    `${name}-secret-reader`,
    {
      metadata: metadata(from),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: to }],
    },
    opts,
  );
  return [account, binding];
}
