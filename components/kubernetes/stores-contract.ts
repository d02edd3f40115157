import type * as pulumi from "@pulumi/pulumi";
import type { ServiceSettings } from "../../config/settings-types.ts";
import { runtimeRole } from "../../services/catalog.ts";
import type {
  Cloud,
  ClusterOutputs,
  EncryptionOutputs,
  ObjectStoreOutputs,
  TopicSpec,
} from "../clouds/contract.ts";
import type { PlatformContext } from "../core/context.ts";
import { selector } from "../core/labels.ts";
import type { Mesh } from "../mesh.ts";
import type { Secrets } from "../secrets.ts";
import { jaeger, namespaces } from "./places.ts";

/**
 * What the stores inside the cluster are told. `DataTier` and `Messaging` fill these in; the functions that build
 * the stores (`createInClusterPostgres(parent, name, spec): StoreOutputs` and its siblings) read nothing else.
 * Versions of engines, charts and images come from `config/versions.json`.
 */
export interface InClusterStoreSpec {
  readonly context: PlatformContext;
  /** Builds the identities of pods that reach the object store, through `cloud.identity`. */
  readonly cloud: Cloud;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  readonly secrets: Secrets;
  readonly mesh: Mesh;
  /** The namespace of the store; an output of the Namespace resource, so that objects come after it. */
  readonly namespace: StoreNamespace;
  /** 1, or 3 spread over the zones. */
  readonly members: 1 | 3;
  /** Volume of each member. */
  readonly storageGiB: number;
  readonly storageClass: "ssd" | "hdd";
  /** Pods that may connect: those of the services that use the store. */
  readonly clients: readonly StoreClient[];
  /** What brings the kinds of cert-manager and of the Prometheus operator; every object of those kinds waits for it. */
  readonly kinds?: readonly pulumi.Resource[];
}

/** A namespace that the neutral component made: restricted, outside the mesh, default deny. */
export interface StoreNamespace {
  readonly name: string;
  /** `metadata.name` of the Namespace resource. */
  readonly output: pulumi.Output<string>;
}

/** Pods that a store's NetworkPolicy lets in; every label must match. */
export interface StoreClient {
  readonly namespace: string;
  readonly podLabels: Readonly<Record<string, string>>;
}

/** Where a store writes its backups, and how long they are wanted. */
export interface StoreBackupSpec {
  /** Bucket shared by the stores; each keeps to its own prefix, the store's kind (`postgres/`). */
  readonly objectStore: ObjectStoreOutputs;
  /** Days back to which the store can be restored. */
  readonly retentionDays: number;
}

/** A database with its two roles: the owner of its tables, named after the service, and the one that serves. */
export interface PostgresDatabase {
  readonly name: string;
  /** Makes and changes tables; works only while a version of the service is taking over. */
  readonly owner: string;
  /** Reads and changes rows, as far as the owner's migrations allow. */
  readonly runtime: string;
  /** Connections the serving role may open at once: pool size × most replicas, plus the surge of a rollout. */
  readonly connectionLimit: number;
}

/** Connections of the owner: one migration, one that waits for it, one administrator who looks. */
export const ownerConnections = 3;

export interface InClusterPostgresSpec extends InClusterStoreSpec {
  readonly maxConnections: number;
  readonly databases: readonly PostgresDatabase[];
  readonly backup: StoreBackupSpec;
}

/** A Redis user that sees only keys beginning with `keyPrefix`. */
export interface RedisUser {
  readonly name: string;
  readonly keyPrefix: string;
  readonly rights: "read" | "read-write";
}

export interface InClusterRedisSpec extends InClusterStoreSpec {
  readonly users: readonly RedisUser[];
}

/** An Elasticsearch user that sees only indices beginning with `indexPrefix`. */
export interface ElasticsearchUser {
  readonly name: string;
  readonly indexPrefix: string;
  readonly rights: "read" | "read-write";
  /** Rights on the whole cluster beside `monitor`, by Elasticsearch's names. Default: none. */
  readonly clusterRights?: readonly string[];
}

export interface ElasticsearchSpec extends InClusterStoreSpec {
  /** Memory of each node; half of it is the heap. */
  readonly memoryMiB: number;
  readonly cpuMillis: number;
  readonly users: readonly ElasticsearchUser[];
  readonly backup: StoreBackupSpec;
}

/** Jaeger, which keeps the platform's spans: it makes an index a day from its own templates, and deletes old ones. */
export const tracesUser: ElasticsearchUser = {
  name: jaeger.user,
  indexPrefix: jaeger.user,
  rights: "read-write",
  clusterRights: ["manage_index_templates"],
};

/** A Kafka principal with the topics it may write and read; its consumer groups begin with its name. */
export interface KafkaUser {
  readonly name: string;
  readonly produce: readonly string[];
  readonly consume: readonly string[];
}

export interface InClusterKafkaSpec extends InClusterStoreSpec {
  readonly topics: readonly TopicSpec[];
  readonly users: readonly KafkaUser[];
}

/**
 * Pods that a role's limit allows for, as a share of the most replicas: a rollout at full load runs a quarter more.
 * Beyond it PostgreSQL refuses the role, rather than letting one service take the connections of the others.
 */
const rolloutSurge = 1.25;

/** Databases that the services ask for, one a service. */
export function postgresDatabases(services: readonly ServiceSettings[]): PostgresDatabase[] {
  return services.flatMap((service) =>
    service.postgres
      ? [
          {
            name: service.postgres.database,
            owner: service.name,
            runtime: runtimeRole(service.name),
            connectionLimit: Math.ceil(
              service.postgres.poolSize * service.scaling.maxReplicas * rolloutSurge,
            ),
          },
        ]
      : [],
  );
}

export function redisUsers(services: readonly ServiceSettings[]): RedisUser[] {
  return services.flatMap((service) => (service.redis ? [{ name: service.name, ...service.redis }] : []));
}

export function elasticsearchUsers(services: readonly ServiceSettings[]): ElasticsearchUser[] {
  return services.flatMap((service) =>
    service.elasticsearch ? [{ name: service.name, ...service.elasticsearch }] : [],
  );
}

export function kafkaUsers(services: readonly ServiceSettings[]): KafkaUser[] {
  return services
    .filter((service) => service.topics.length > 0)
    .map((service) => ({
      name: service.name,
      produce: service.topics.filter((use) => use.rights.includes("produce")).map((use) => use.topic),
      consume: service.topics.filter((use) => use.rights.includes("consume")).map((use) => use.topic),
    }));
}

/** The pods of those services that use a store, as a NetworkPolicy names them. */
export function storeClients(users: readonly { readonly name: string }[]): StoreClient[] {
  return users.map(({ name }) => ({ namespace: namespaces.services, podLabels: selector(name) }));
}
