import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Cloud, ClusterOutputs, EncryptionOutputs, ObjectStoreOutputs } from "../clouds/contract.ts";
import type { PlatformContext } from "../core/context.ts";
import { containerResources } from "../core/footprint.ts";
import { chartLabels } from "./chart-labels.ts";
import { createNamespace } from "./namespace.ts";
import { createNetworkPolicy } from "./network-policy.ts";
import { monitoringLabels, namespaces } from "./places.ts";
import { restrictedContainer, restrictedPod } from "./pods.ts";
import { createRelease } from "./release.ts";
import { objectStoreEgress } from "./stores/traffic.ts";
import { image, imageVersion } from "./versions.ts";

export interface VeleroSpec {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  readonly objectStore: ObjectStoreOutputs;
  /** Region whose volumes are snapshotted; undefined where volumes have no snapshots, and only objects are kept. */
  readonly volumeRegion: string | undefined;
  /** Days that a daily backup is kept. */
  readonly retentionDays: number;
}

const component = "backup";
const serviceAccount = "velero";
const metricsPort = 8085;
/** Daily, UTC; away from the database's own windows. */
const schedule = "15 1 * * *";

/**
 * Velero: every day all objects of the cluster, and snapshots of all volumes where the cloud makes them, kept for the
 * environment's retention. It reaches the bucket and the snapshots by its own cloud identity.
 */
export function createVelero(
  parent: pulumi.ComponentResource,
  name: string,
  spec: VeleroSpec,
): kubernetes.helm.v3.Release {
  const { context, cloud, cluster, encryption, objectStore } = spec;
  const namespace = createNamespace(
    parent,
    namespaces.backup,
    {
      context,
      component,
      podSecurity: "restricted",
      mesh: false,
      traffic: { apiServer: true, metricsPorts: [metricsPort] },
    },
    { dependsOn: [...cluster.ready] },
  );
  const policy = createNetworkPolicy(parent, `${name}-egress`, {
    context,
    component,
    policyName: "velero-to-object-store",
    namespace: namespace.metadata.name,
    egress: objectStoreEgress(objectStore.endpoint),
  });
  const identity = cloud.identity(parent, name, {
    context,
    cluster,
    encryption,
    namespace: namespaces.backup,
    serviceAccount,
    grants: [
      { to: "object-store", store: objectStore, access: "read-write" },
      ...(spec.volumeRegion === undefined ? [] : ([{ to: "volume-snapshots" }] as const)),
    ],
  });
  return createRelease(
    parent,
    `${name}-release`,
    {
      context,
      chart: "velero",
      namespace: namespace.metadata.name,
      values: veleroValues(spec, identity.serviceAccountAnnotations),
    },
    { dependsOn: [policy, ...cluster.ready, ...identity.ready, ...objectStore.ready] },
  );
}

function veleroValues(
  spec: VeleroSpec,
  annotations: Record<string, pulumi.Input<string>>,
): Record<string, unknown> {
  const { context, objectStore, volumeRegion } = spec;
  const { repository, tag } = imageVersion("velero");
  const resources = containerResources("velero", context.environment);
  return {
    image: { repository, tag },
    initContainers: [
      {
        name: "velero-plugin-for-aws",
        image: image("velero-plugin-for-aws"),
        resources,
        securityContext: restrictedContainer,
        volumeMounts: [{ name: "plugins", mountPath: "/target" }],
      },
    ],
    labels: chartLabels(context, component),
    podLabels: chartLabels(context, component),
    priorityClassName: "platform-critical",
    resources,
    upgradeJobResources: resources,
    podSecurityContext: restrictedPod,
    containerSecurityContext: restrictedContainer,
    serviceAccount: { server: { create: true, name: serviceAccount, annotations } },
    // Nobody holds keys: the cloud gives the pod its identity. On local the object store's own secret stands in.
    credentials: { useSecret: false },
    deployNodeAgent: false,
    snapshotsEnabled: volumeRegion !== undefined,
    configuration: {
      backupStorageLocation: [backupLocation(objectStore)],
      volumeSnapshotLocation:
        volumeRegion === undefined
          ? []
          : [{ name: "default", provider: "aws", config: { region: volumeRegion } }],
      defaultBackupTTL: ttl(spec),
      extraEnvVars: credentialsFromSecret(objectStore.credentialsSecret),
    },
    schedules: { daily: dailySchedule(spec) },
    metrics: {
      enabled: true,
      serviceMonitor: { autodetect: false, enabled: true, additionalLabels: monitoringLabels },
    },
  };
}

function backupLocation({ bucket, region, endpoint }: ObjectStoreOutputs): Record<string, unknown> {
  return {
    name: "default",
    provider: "aws",
    default: true,
    bucket,
    prefix: "velero",
    config: {
      region,
      // Stores that speak S3 but are not it know neither virtual hosts nor AWS's newer checksums.
      ...(endpoint === undefined ? {} : { s3Url: endpoint, s3ForcePathStyle: "true", checksumAlgorithm: "" }),
    },
  };
}

function dailySchedule(spec: VeleroSpec): Record<string, unknown> {
  return {
    disabled: false,
    schedule,
    useOwnerReferencesInBackup: false,
    template: {
      ttl: ttl(spec),
      storageLocation: "default",
      includedNamespaces: ["*"],
      includeClusterResources: true,
      snapshotVolumes: spec.volumeRegion !== undefined,
      ...(spec.volumeRegion === undefined ? {} : { volumeSnapshotLocations: ["default"] }),
    },
  };
}

function ttl({ retentionDays }: VeleroSpec): string {
  return `${retentionDays * 24}h0m0s`;
}

function credentialsFromSecret(secret: string | undefined): object[] {
  if (secret === undefined) return [];
  const variable = (name: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: secret, key } },
  });
  return [variable("AWS_ACCESS_KEY_ID", "access-key"), variable("AWS_SECRET_ACCESS_KEY", "secret-key")];
}
