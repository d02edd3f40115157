import type * as pulumi from "@pulumi/pulumi";
import type { Cloud, ClusterOutputs, EncryptionOutputs, SecretStoreOutputs } from "../clouds/contract.ts";
import type { PlatformContext } from "../core/context.ts";
import { containerResources, type WorkloadName } from "../core/footprint.ts";
import { createCustomResource } from "./custom-resource.ts";
import { createNamespace } from "./namespace.ts";
import { namespaces, secretStoreName } from "./places.ts";
import { disruptionBudget, hostSpread, pairReplicas } from "./pods.ts";
import { createRelease } from "./release.ts";

export interface SecretsOperatorSpec {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  readonly store: SecretStoreOutputs;
}

const component = "secrets";
const serviceAccount = "external-secrets";

/** The External Secrets operator and the ClusterSecretStore through which it reads the cloud's secret store. */
export function createSecretsOperator(
  parent: pulumi.ComponentResource,
  name: string,
  spec: SecretsOperatorSpec,
): { storeName: string; ready: readonly pulumi.Resource[] } {
  const { context, cloud, cluster, encryption, store } = spec;
  const namespace = createNamespace(parent, namespaces.secrets, {
    context,
    component,
    podSecurity: "restricted",
    mesh: false,
    traffic: { apiServer: true, cloud: true, webhookPorts: [10250], metricsPorts: [8080] },
  });
  const identity = cloud.identity(parent, `${name}-operator`, {
    context,
    cluster,
    encryption,
    namespace: namespaces.secrets,
    serviceAccount,
    grants: [{ to: "secrets", prefix: store.prefix, extra: store.databaseSecrets ?? [] }],
  });
  const release = createRelease(
    parent,
    `${name}-external-secrets`,
    {
      context,
      chart: "external-secrets",
      namespace: namespace.metadata.name,
      values: operatorValues(context, identity.serviceAccountAnnotations),
    },
    { dependsOn: [...cluster.ready, ...identity.ready] },
  );
  const clusterStore = createCustomResource(
    parent,
    `${name}-store`,
    {
      context,
      component,
      apiVersion: "external-secrets.io/v1",
      kind: "ClusterSecretStore",
      objectName: secretStoreName,
      spec: { provider: store.provider },
    },
    { dependsOn: [release, ...store.ready] },
  );
  return { storeName: secretStoreName, ready: [release, clusterStore] };
}

function operatorValues(
  context: PlatformContext,
  serviceAccountAnnotations: Record<string, pulumi.Input<string>>,
): Record<string, unknown> {
  const replicas = pairReplicas(context);
  const pods = (part: string, name: string) => ({
    priorityClassName: "platform-critical",
    podDisruptionBudget: disruptionBudget(replicas),
    topologySpreadConstraints: hostSpread({
      "app.kubernetes.io/name": name,
      "app.kubernetes.io/instance": part,
    }),
  });
  const ask = (workload: WorkloadName) => containerResources(workload, context.environment);
  return {
    installCRDs: true,
    replicaCount: replicas,
    leaderElect: replicas > 1,
    serviceAccount: { create: true, name: serviceAccount, annotations: serviceAccountAnnotations },
    resources: ask("external-secrets"),
    serviceMonitor: { enabled: false },
    ...pods("external-secrets", "external-secrets"),
    webhook: {
      replicaCount: replicas,
      resources: ask("external-secrets-webhook"),
      ...pods("external-secrets", "external-secrets-webhook"),
    },
    certController: {
      replicaCount: 1,
      priorityClassName: "platform-critical",
      resources: ask("external-secrets-cert-controller"),
    },
  };
}
