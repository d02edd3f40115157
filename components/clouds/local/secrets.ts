import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labels } from "../../core/labels.ts";
import { createNamespace } from "../../kubernetes/namespace.ts";
import type { SecretOutputs, SecretSpec, SecretStoreOutputs, SecretStoreSpec } from "../contract.ts";

const component = "secrets";
const reader = "external-secrets-reader";

/** The namespace that stands for a cloud's secret store: one Kubernetes secret each, filled by people or generated. */
export const secretStoreNamespace = "platform-secrets";

/**
 * A secret store made of Kubernetes secrets in a namespace of its own, which only External Secrets reads. People put
 * values there by hand: `kubectl --namespace platform-secrets create secret generic pagerduty --from-literal=…`.
 */
export function createSecretStore(
  parent: pulumi.ComponentResource,
  name: string,
  { context }: SecretStoreSpec,
): SecretStoreOutputs {
  const namespace = createNamespace(parent, secretStoreNamespace, {
    context,
    component,
    podSecurity: "restricted",
    mesh: false,
  });
  const metadata = {
    name: reader,
    namespace: namespace.metadata.name,
    labels: labels(context, component, reader),
  };
  const account = new kubernetes.core.v1.ServiceAccount(
    `${name}-store-reader`,
    { metadata, automountServiceAccountToken: false },
    { parent },
  );
  const role = new kubernetes.rbac.v1.Role(
    `${name}-store-reader`,
    { metadata, rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch"] }] },
    { parent },
  );
  const binding = new kubernetes.rbac.v1.RoleBinding(
    `${name}-store-reader`,
    {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: namespace.metadata.name }],
    },
    { parent },
  );
  const authority = { type: "ConfigMap", name: "kube-root-ca.crt", key: "ca.crt" };
  return {
    provider: {
      kubernetes: {
        remoteNamespace: secretStoreNamespace,
        server: { caProvider: { ...authority, namespace: secretStoreNamespace } },
        auth: { serviceAccount: { name: reader, namespace: secretStoreNamespace } },
      },
    },
    prefix: "",
    ready: [binding],
  };
}

/** Where people put a secret. One that nobody filled does not exist, and ExternalSecrets that want it say so and wait. */
export function createSecret(
  _parent: pulumi.ComponentResource,
  _name: string,
  { secretName }: SecretSpec,
): SecretOutputs {
  return { remoteKey: pulumi.output(secretName) };
}
