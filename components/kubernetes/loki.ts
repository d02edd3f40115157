import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Cloud, ClusterOutputs, EncryptionOutputs, ObjectStoreOutputs } from "../clouds/contract.ts";
import { storageQuantity } from "../core/units.ts";
import { type MonitoringPlace, mainResources, observabilityComponent, ownerLabels } from "./monitoring.ts";
import { createNetworkPolicy, podsIn, tcp } from "./network-policy.ts";
import { loki, namespaces } from "./places.ts";
import { oneAZone } from "./prometheus.ts";
import { createRelease } from "./release.ts";
import { objectStoreEgress } from "./stores/traffic.ts";

export interface LokiSpec extends MonitoringPlace {
  readonly cloud: Cloud;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  readonly replicas: number;
  /** Volume of each copy: what is not in the object store yet. */
  readonly storageGiB: number;
  readonly retentionDays: number;
}

const serviceAccount = "loki";
const podLabels = { "app.kubernetes.io/name": "loki", "app.kubernetes.io/component": "single-binary" };
/** Days after the retention when the bucket drops what the compactor should have deleted, and has not. */
const expiryGraceDays = 7;
/** Day from which the schema holds; a later schema is a second entry, never a change of this one. */
const schemaFrom = "2026-01-01";

/** Variables with the keys of an object store that knows no cloud identities. */
const keyVariables = { access: "S3_ACCESS_KEY", secret: "S3_SECRET_KEY" } as const;

/** Loki in one process per copy, with chunks and index in the cloud's object store. */
export function createLoki(
  parent: pulumi.ComponentResource,
  name: string,
  spec: LokiSpec,
): kubernetes.helm.v3.Release {
  const { context, cloud, cluster, encryption, namespace } = spec;
  const objectStore = cloud.objectStore(parent, `${name}-logs`, {
    context,
    encryption,
    purpose: "logs",
    expireDays: spec.retentionDays + expiryGraceDays,
    replicate: false,
  });
  const identity = cloud.identity(parent, `${name}-loki`, {
    context,
    cluster,
    encryption,
    namespace: namespaces.monitoring,
    serviceAccount,
    grants: [{ to: "object-store", store: objectStore, access: "read-write" }],
  });
  createNetworkPolicy(parent, `${name}-loki-traffic`, {
    context,
    component: observabilityComponent,
    policyName: "loki",
    namespace,
    podLabels,
    ingress: [{ from: [podsIn(namespaces.monitoringAgents)], ports: tcp(loki.port) }],
    egress: objectStoreEgress(objectStore.endpoint),
  });
  return createRelease(
    parent,
    `${name}-loki`,
    {
      context,
      chart: "loki",
      namespace,
      values: lokiValues(spec, objectStore, identity.serviceAccountAnnotations),
      timeoutSeconds: 900,
    },
    { dependsOn: [...spec.ready, ...identity.ready, ...objectStore.ready] },
  );
}

function lokiValues(
  spec: LokiSpec,
  objectStore: ObjectStoreOutputs,
  annotations: Record<string, pulumi.Input<string>>,
): Record<string, unknown> {
  const { context, replicas } = spec;
  return {
    deploymentMode: "Monolithic",
    loki: lokiConfig(spec, objectStore),
    serviceAccount: { create: true, name: serviceAccount, annotations },
    singleBinary: {
      replicas,
      podLabels: ownerLabels(context),
      priorityClassName: "stateful",
      resources: mainResources("loki", context),
      sidecar: false,
      persistence: {
        enabled: true,
        size: storageQuantity(spec.storageGiB),
        storageClass: "ssd",
        enableStatefulSetAutoDeletePVC: false,
      },
      podDisruptionBudget: replicas > 1 ? { enabled: true, maxUnavailable: 1 } : { enabled: false },
      topologySpreadConstraints: oneAZone(replicas, podLabels),
      ...credentials(objectStore),
    },
    backend: { replicas: 0 },
    read: { replicas: 0 },
    write: { replicas: 0 },
    ruler: { enabled: false },
    chunksCache: { enabled: false },
    resultsCache: { enabled: false },
    gateway: { enabled: false },
    lokiCanary: { enabled: false },
    test: { enabled: false },
    sidecar: { rules: { enabled: false } },
    monitoring: { serviceMonitor: { enabled: true } },
  };
}

function lokiConfig(
  { context, replicas, retentionDays }: LokiSpec,
  { bucket, region, endpoint, credentialsSecret }: ObjectStoreOutputs,
): Record<string, unknown> {
  return {
    auth_enabled: false,
    analytics: { reporting_enabled: false },
    // Two copies of every line want a majority of two, and then either one's loss stops writing: three, or one.
    commonConfig: { replication_factor: replicas >= 3 ? 3 : 1 },
    compactor: {
      retention_enabled: true,
      delete_request_store: "s3",
      working_directory: "/var/loki/compactor",
    },
    limits_config: {
      retention_period: `${retentionDays * 24}h`,
      allow_structured_metadata: true,
      volume_enabled: true,
    },
    schemaConfig: {
      configs: [
        {
          from: schemaFrom,
          store: "tsdb",
          object_store: "s3",
          schema: "v13",
          index: { prefix: "index_", period: "24h" },
        },
      ],
    },
    storage: {
      type: "s3",
      bucketNames: { chunks: bucket, ruler: bucket, admin: bucket },
      s3: {
        region,
        ...(endpoint === undefined
          ? {}
          : { endpoint, s3ForcePathStyle: true, insecure: endpoint.startsWith("http:") }),
        ...(credentialsSecret === undefined
          ? {}
          : {
              accessKeyId: fromEnvironment(keyVariables.access),
              secretAccessKey: fromEnvironment(keyVariables.secret),
            }),
      },
    },
    podLabels: ownerLabels(context),
  };
}

/** A reference that Loki resolves when it reads its configuration (`-config.expand-env`). */
function fromEnvironment(variable: string): string {
  return `\${${variable}}`;
}

/** Keys of an object store without cloud identities, as environment variables that the configuration names. */
function credentials({ credentialsSecret }: ObjectStoreOutputs): Record<string, unknown> {
  if (credentialsSecret === undefined) return {};
  const variable = (name: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: credentialsSecret, key } },
  });
  return {
    extraArgs: ["-config.expand-env=true"],
    extraEnv: [variable(keyVariables.access, "access-key"), variable(keyVariables.secret, "secret-key")],
  };
}
