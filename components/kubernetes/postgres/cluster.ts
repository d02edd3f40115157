/** The `Cluster` of CloudNativePG: sizes, parameters, access, archiving. Pure data from the store's spec. */
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../../core/labels.ts";
import { memoryQuantity, storageQuantity } from "../../core/units.ts";
import { ownership } from "../stores/ownership.ts";
import { storePriority, zoneLabel } from "../stores/placement.ts";
import {
  type InClusterPostgresSpec,
  ownerConnections,
  type PostgresDatabase,
  type StoreBackupSpec,
} from "../stores-contract.ts";
import { image } from "../versions.ts";

export const clusterName = "postgres";
export const tlsSecret = "postgres-tls";
export const objectStoreName = "postgres-backups";
export const archiver = "barman-cloud.cloudnative-pg.io";

/** The database that CloudNativePG wants at the start; nothing is kept in it. */
const firstDatabase = "platform";
/** Users of PostgreSQL and of the operator. */
export const reservedUsers = ["postgres", "streaming_replica", firstDatabase];

/** Name of a user's secret with `username` and `password`; PostgreSQL allows an underscore, Kubernetes does not. */
export function postgresSecretName(user: string): string {
  return `postgres-${user.replaceAll("_", "-")}`;
}

/**
 * Memory of an instance: 512 MiB for the server and its cache, 4 MiB for each connection it may hold
 * (a backend of a small service takes 3 to 8 MiB, and rarely all are open), in steps of 256.
 */
export function instanceMemoryMiB(maxConnections: number): number {
  return Math.ceil((512 + 4 * maxConnections) / 256) * 256;
}

/** `spec` of the Cluster. */
export function clusterSpec(
  spec: InClusterPostgresSpec,
  serviceAccountAnnotations: Record<string, unknown>,
): Record<string, unknown> {
  const { members } = spec;
  const memoryMiB = instanceMemoryMiB(spec.maxConnections);
  const memory = memoryQuantity(memoryMiB);
  return {
    instances: members,
    imageName: image("cnpg-postgres"),
    imagePullPolicy: "IfNotPresent",
    enableSuperuserAccess: false,
    // A budget on a single instance would keep its node from ever being drained.
    enablePDB: members > 1,
    primaryUpdateStrategy: "unsupervised",
    primaryUpdateMethod: members > 1 ? "switchover" : "restart",
    priorityClassName: storePriority,
    seccompProfile: { type: "RuntimeDefault" },
    inheritedMetadata: { labels: ownership(labels(spec.context, "data-tier", clusterName)) },
    serviceAccountTemplate: { metadata: { annotations: serviceAccountAnnotations } },
    affinity: affinity(members),
    resources: {
      requests: { cpu: members > 1 ? "500m" : "200m", memory },
      limits: { memory },
    },
    storage: { size: storageQuantity(spec.storageGiB), storageClass: spec.storageClass },
    bootstrap: {
      initdb: { database: firstDatabase, owner: firstDatabase, dataChecksums: true, encoding: "UTF8" },
    },
    postgresql: {
      parameters: parameters(spec.maxConnections, memoryMiB),
      pg_hba: accessRules(spec.databases),
      ...(members > 1 ? { synchronous } : {}),
    },
    certificates: { serverTLSSecret: tlsSecret, serverCASecret: tlsSecret },
    managed: { roles: spec.databases.flatMap(roles), services: { disabledDefaultServices: ["r"] } },
    plugins: [
      {
        name: archiver,
        isWALArchiver: true,
        parameters: { barmanObjectName: objectStoreName, serverName: clusterName },
      },
    ],
    backup: { target: "prefer-standby" },
    monitoring: { disableDefaultQueries: false },
    // A failover waits for nothing; a planned stop gives clients this long to finish.
    smartShutdownTimeout: 30,
    switchoverDelay: 60,
  };
}

/**
 * A commit is on one standby before it is acknowledged. With none left commits go on alone, so that the loss of two
 * zones stops nothing; a standby that lags behind what was acknowledged is then not promoted.
 */
const synchronous = { method: "any", number: 1, dataDurability: "preferred", failoverQuorum: true };

function affinity(members: number): Record<string, unknown> {
  if (members === 1) return { enablePodAntiAffinity: false };
  return { enablePodAntiAffinity: true, podAntiAffinityType: "required", topologyKey: zoneLabel };
}

function parameters(maxConnections: number, memoryMiB: number): Record<string, string> {
  return {
    max_connections: String(maxConnections),
    shared_buffers: `${Math.floor(memoryMiB / 4)}MB`,
    effective_cache_size: `${Math.floor(memoryMiB / 2)}MB`,
    password_encryption: "scram-sha-256",
    log_min_duration_statement: "500",
    log_statement: "ddl",
    // Bounds what is lost with the volume: a segment is archived at least this often.
    archive_timeout: "5min",
    "pg_stat_statements.max": "5000",
    "pg_stat_statements.track": "top",
    idle_in_transaction_session_timeout: "60s",
  };
}

/** Every role reaches its own database only, over TLS; what CloudNativePG needs itself stands before these lines. */
function accessRules(databases: readonly PostgresDatabase[]): string[] {
  return [
    ...databases.flatMap(({ name, owner, runtime }) =>
      [owner, runtime].map((user) => `hostssl "${name}" "${user}" all scram-sha-256`),
    ),
    "host all all all reject",
  ];
}

function roles({ owner, runtime, connectionLimit }: PostgresDatabase): Record<string, unknown>[] {
  return [
    role(owner, `owner of ${owner}'s tables`, ownerConnections),
    role(runtime, `service ${owner}`, connectionLimit),
  ];
}

function role(name: string, comment: string, connectionLimit: number): Record<string, unknown> {
  return {
    name,
    ensure: "present",
    comment,
    login: true,
    superuser: false,
    createdb: false,
    createrole: false,
    replication: false,
    inherit: true,
    connectionLimit,
    passwordSecret: { name: postgresSecretName(name) },
  };
}

/** `spec` of a Database. Removing a database from the catalogue leaves its data. */
export function databaseSpec({ name, owner }: PostgresDatabase): Record<string, unknown> {
  return {
    cluster: { name: clusterName },
    name,
    owner,
    ensure: "present",
    databaseReclaimPolicy: "retain",
  };
}

/** `spec` of the ObjectStore to which WAL and base backups go. */
export function objectStoreSpec(
  destinationPath: pulumi.Input<string>,
  { objectStore, retentionDays }: StoreBackupSpec,
): Record<string, unknown> {
  const { endpoint, credentialsSecret, region } = objectStore;
  const key = (name: string) => ({ name: credentialsSecret, key: name });
  return {
    retentionPolicy: `${retentionDays}d`,
    configuration: {
      destinationPath,
      ...(endpoint === undefined ? {} : { endpointURL: endpoint }),
      s3Credentials:
        credentialsSecret === undefined
          ? { inheritFromIAMRole: true }
          : { accessKeyId: key("access-key"), secretAccessKey: key("secret-key") },
      // The bucket encrypts with the platform's key by itself.
      wal: { compression: "gzip", maxParallel: 4 },
      data: { compression: "gzip", jobs: 2 },
    },
    instanceSidecarConfiguration: {
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
      env: [{ name: "AWS_DEFAULT_REGION", value: region }],
    },
  };
}

/** Base backup at every full hour, in CloudNativePG's six fields: seconds first. */
export const hourly = "0 0 * * * *";

export function scheduledBackupSpec(): Record<string, unknown> {
  return {
    schedule: hourly,
    immediate: true,
    backupOwnerReference: "self",
    cluster: { name: clusterName },
    method: "plugin",
    target: "prefer-standby",
    pluginConfiguration: { name: archiver },
  };
}
