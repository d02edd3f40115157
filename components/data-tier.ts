import * as pulumi from "@pulumi/pulumi";
import type { DataConfig } from "../config/schema/stores.ts";
import type { ServiceSettings } from "../config/settings-types.ts";
import versions from "../config/versions.json" with { type: "json" };
import type {
  Cloud,
  ClusterOutputs,
  EncryptionOutputs,
  NetworkOutputs,
  ObjectStoreOutputs,
  StoreOutputs,
} from "./clouds/contract.ts";
import { withProviders } from "./core/component-options.ts";
import type { PlatformContext } from "./core/context.ts";
import { UserError } from "./core/errors.ts";
import type { Edge } from "./edge.ts";
import { createElasticsearch } from "./kubernetes/elasticsearch.ts";
import { createNamespace } from "./kubernetes/namespace.ts";
import { jaeger, namespaces } from "./kubernetes/places.ts";
import { createInClusterPostgres } from "./kubernetes/postgres.ts";
import { createPostgresRoles } from "./kubernetes/postgres-roles.ts";
import { createInClusterRedis } from "./kubernetes/redis.ts";
import { serviceNames } from "./kubernetes/service-names.ts";
import {
  elasticsearchUsers,
  type PostgresDatabase,
  postgresDatabases,
  redisUsers,
  type StoreBackupSpec,
  type StoreNamespace,
  storeClients,
  tracesUser,
} from "./kubernetes/stores-contract.ts";
import type { Mesh } from "./mesh.ts";
import type { Secrets } from "./secrets.ts";

export interface DataTierArgs extends DataConfig {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly encryption: EncryptionOutputs;
  readonly network: NetworkOutputs;
  readonly cluster: ClusterOutputs;
  readonly mesh: Mesh;
  /** Brings cert-manager, which signs the certificates of stores inside the cluster. */
  readonly edge: Edge;
  readonly secrets: Secrets;
  readonly backup: {
    /** Days back to which PostgreSQL can be restored, 1 to 35. */
    readonly retentionDays: number;
    /** Whether backups are copied to the recovery region. */
    readonly crossRegionCopies: boolean;
  };
  /** Days that logs of managed stores are kept, 1 to 3653. */
  readonly logRetentionDays: number;
  /** The services, whose databases, key prefixes and indices are made, each with a user of its own. */
  readonly services: readonly ServiceSettings[];
}

export interface DataTierOutputs {
  readonly postgres: StoreOutputs;
  readonly redis: StoreOutputs;
  readonly elasticsearch: StoreOutputs;
}

/** Connections kept for the administrator, for migrations, for monitoring and for backups. */
const reservedConnections = 20;

/**
 * PostgreSQL 15, Redis 7 and Elasticsearch 8.
 *
 * Creates: each store where its `mode` says (the cloud's managed service, or an operator's members in the cluster;
 * Elasticsearch always in the cluster through ECK), a user with the least rights for every service that uses it, the
 * namespace `data`, and the bucket to which stores inside the cluster back themselves up.
 *
 * Does not create: schemas and indices (the services do), snapshots on a schedule (Backup), dashboards and alerts.
 * Cost: instances or the nodes' share of the pods, volumes, backups; the optimised profile takes Valkey.
 * Replaces: a store when its `mode` changes, without moving its data.
 * Throws: `UserError` when the services may open more connections than `postgres.maxConnections` allows.
 *
 * Example:
 * `new DataTier("data", { context, cloud, encryption, network, cluster, mesh, edge, secrets, backup, services,
 * logRetentionDays: 30, postgres: { mode: "managed", … }, redis: { … }, elasticsearch: { … } })`
 */
export class DataTier extends pulumi.ComponentResource implements DataTierOutputs {
  readonly postgres: StoreOutputs;
  readonly redis: StoreOutputs;
  readonly elasticsearch: StoreOutputs;

  constructor(name: string, args: DataTierArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:data-tier:DataTier", name, {}, withProviders(args, opts));
    const databases = postgresDatabases(args.services);
    checkConnections(args.postgres.maxConnections, databases);

    const inside = buildInside(this, name, args);

    this.postgres = buildPostgres(this, `${name}-postgres`, args, inside, databases);
    this.redis = buildRedis(this, `${name}-redis`, args, inside);
    this.elasticsearch = buildElasticsearch(this, `${name}-elasticsearch`, args, inside);
    this.registerOutputs({
      postgres: this.postgres.host,
      redis: this.redis.host,
      elasticsearch: this.elasticsearch.host,
    });
  }
}

/** What stores inside the cluster share. */
interface Inside {
  readonly namespace: StoreNamespace;
  readonly backup: StoreBackupSpec;
  /** What brings the kinds of cert-manager. */
  readonly kinds: readonly pulumi.Resource[];
}

function buildInside(parent: DataTier, name: string, args: DataTierArgs): Inside {
  const { context, cluster, edge, backup } = args;
  const namespace = createNamespace(
    parent,
    namespaces.data,
    { context, component: "data-tier", podSecurity: "restricted", mesh: false },
    { dependsOn: [...cluster.ready] },
  );
  return {
    namespace: { name: namespaces.data, output: namespace.metadata.name },
    backup: { objectStore: buildBackupStore(parent, name, args), retentionDays: backup.retentionDays },
    kinds: [edge],
  };
}

/** Nothing expires by age in there: what a store still needs of an old backup only the store knows. */
function buildBackupStore(
  parent: DataTier,
  name: string,
  { context, cloud, encryption, backup }: DataTierArgs,
): ObjectStoreOutputs {
  return cloud.objectStore(parent, name, {
    context,
    encryption,
    purpose: "store-backups",
    expireDays: 0,
    replicate: backup.crossRegionCopies,
  });
}

function buildPostgres(
  parent: DataTier,
  name: string,
  args: DataTierArgs,
  inside: Inside,
  databases: readonly PostgresDatabase[],
): StoreOutputs {
  const { postgres, cloud, backup } = args;
  if (postgres.mode === "in-cluster") {
    const clients = storeClients(
      databases.flatMap(({ owner }) => [{ name: owner }, { name: serviceNames(owner).migration }]),
    );
    return createInClusterPostgres(parent, name, { ...args, ...inside, ...postgres, databases, clients });
  }
  const { mode: _, ...size } = postgres;
  const store = cloud.postgres(parent, name, {
    ...pickManaged(args),
    ...size,
    version: versions.engines.postgres.rds,
    retentionDays: backup.retentionDays,
    crossRegionCopies: backup.crossRegionCopies,
  });
  const roles = createPostgresRoles(parent, `${name}-roles`, { ...args, ...inside, store, databases });
  return { ...store, ready: [...store.ready, roles] };
}

function buildRedis(parent: DataTier, name: string, args: DataTierArgs, inside: Inside): StoreOutputs {
  const { redis, cloud } = args;
  const users = redisUsers(args.services);
  if (redis.mode === "in-cluster") {
    return createInClusterRedis(parent, name, {
      ...args,
      ...inside,
      ...redis,
      users,
      clients: storeClients(users),
    });
  }
  const { mode: _, ...size } = redis;
  return cloud.redis(parent, name, {
    ...pickManaged(args),
    ...size,
    version:
      redis.engine === "valkey" ? versions.engines.valkey.elasticache : versions.engines.redis.elasticache,
    users,
  });
}

function buildElasticsearch(
  parent: DataTier,
  name: string,
  args: DataTierArgs,
  inside: Inside,
): StoreOutputs {
  const { nodes, ...size } = args.elasticsearch;
  const users = elasticsearchUsers(args.services);
  const traces = { namespace: namespaces.monitoring, podLabels: jaeger.podLabels };
  return createElasticsearch(parent, name, {
    ...args,
    ...inside,
    ...size,
    members: nodes,
    users: [...users, tracesUser],
    clients: [...storeClients(users), traces],
  });
}

function pickManaged({ context, network, cluster, encryption, logRetentionDays }: DataTierArgs) {
  return { context, network, cluster, encryption, logRetentionDays };
}

function checkConnections(maxConnections: number, databases: readonly PostgresDatabase[]): void {
  const wanted = databases.reduce((sum, { connectionLimit }) => sum + connectionLimit, reservedConnections);
  if (wanted <= maxConnections) return;
  const limits = databases.map(({ owner, connectionLimit }) => `${owner} ${connectionLimit}`).join(", ");
  throw new UserError({
    path: "data.postgres.maxConnections",
    got: `${maxConnections}`,
    allowed: `at least ${wanted}: ${limits}, ${reservedConnections} for administration`,
    fix: "raise maxConnections (and the instance), or lower maxReplicas of the services",
  });
}
