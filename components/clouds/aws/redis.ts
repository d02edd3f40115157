import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { tags } from "../../core/labels.ts";
import { physicalName } from "../../core/naming.ts";
import type { ManagedRedisSpec, StoreOutputs } from "../contract.ts";
import { createLogGroup } from "./log-group.ts";
import { createStoreFirewall } from "./store-firewall.ts";

const component = "data-tier";
const port = 6379;
const logTypes = ["slow-log", "engine-log"] as const;
/** Daily snapshot and weekly maintenance, UTC; the snapshot is taken from a replica where there is one. */
const snapshotWindow = "02:00-03:00";
const maintenanceWindow = "sun:04:00-sun:05:00";

/** Identifier of the replication group; node ids and alarms are built on it. */
export function redisIdentifier(context: PlatformContext): string {
  return physicalName(context, "redis", 40);
}

/**
 * Id and name of a service's user: IAM authentication wants both to be the same, and ids are unique in an account
 * and region, so the name carries the stack.
 */
export function redisUserId(context: PlatformContext, user: string): string {
  return physicalName(context, user, 40);
}

/**
 * ElastiCache (Redis OSS 7.1 or Valkey) under the customer's key: one primary and its replicas, cluster mode off.
 *
 * - TLS is required; each service has a user that sees only its own key prefix and proves itself with a token of
 *   its IAM role; the `default` user is off, so nobody connects without one.
 * - Keys with a lifetime are evicted when memory is full (`volatile-lru`): the services give every key one, cache
 *   entries and quota windows alike, and a forgotten one is noticed as memory that is never freed.
 * - Daily snapshots stay in the region: what is in here can be rebuilt (docs/adr).
 * - Cost: node hours × (1 + replicas), snapshots beyond the newest.
 * - Replaces the store: `encryption.key`, the stack's name.
 */
export function createRedis(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ManagedRedisSpec,
): StoreOutputs {
  const group = buildReplicationGroup(parent, name, spec);
  return {
    kind: "redis",
    host: group.primaryEndpointAddress,
    port,
    tls: true,
    auth: { kind: "cloud-identity", userName: (user) => redisUserId(spec.context, user) },
    caSecret: undefined,
    reference: group.arn,
    managed: { nodes: spec.replicas + 1 },
    namespace: undefined,
    adminSecretKey: undefined,
    ready: [group],
  };
}

function buildReplicationGroup(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ManagedRedisSpec,
): aws.elasticache.ReplicationGroup {
  const { context, encryption, replicas } = spec;
  const { protectData } = context;
  const identifier = redisIdentifier(context);
  const replicated = replicas > 0;
  return new aws.elasticache.ReplicationGroup(
    `${name}-group`,
    {
      replicationGroupId: identifier,
      description: `Cache, rate limits and quotas of ${context.project} ${context.stack}`,
      engine: spec.engine,
      engineVersion: spec.version,
      autoMinorVersionUpgrade: true,
      nodeType: spec.nodeType,
      numCacheClusters: replicas + 1,
      automaticFailoverEnabled: replicated,
      multiAzEnabled: replicated,
      port,
      subnetGroupName: buildSubnetGroup(parent, name, spec).name,
      securityGroupIds: [
        createStoreFirewall(parent, name, { ...spec, component, ports: { redis: port } }).id,
      ],
      parameterGroupName: buildParameters(parent, name, spec).name,
      userGroupIds: [buildUserGroup(parent, name, spec).userGroupId],
      atRestEncryptionEnabled: true,
      kmsKeyId: encryption.key,
      transitEncryptionEnabled: true,
      transitEncryptionMode: "required",
      logDeliveryConfigurations: buildLogDelivery(parent, name, spec),
      snapshotRetentionLimit: spec.snapshotRetentionDays,
      snapshotWindow,
      maintenanceWindow,
      applyImmediately: !protectData,
      ...(protectData ? { finalSnapshotIdentifier: `${identifier}-final` } : {}),
      tags: tags(context, component, name),
    },
    { parent, protect: protectData },
  );
}

function buildSubnetGroup(
  parent: pulumi.ComponentResource,
  name: string,
  { context, network }: ManagedRedisSpec,
): aws.elasticache.SubnetGroup {
  return new aws.elasticache.SubnetGroup(
    `${name}-subnets`,
    {
      description: "Data subnets of the platform",
      subnetIds: [...network.dataSubnetIds],
      tags: tags(context, component, name),
    },
    { parent },
  );
}

function buildParameters(
  parent: pulumi.ComponentResource,
  name: string,
  { context, engine, version }: ManagedRedisSpec,
): aws.elasticache.ParameterGroup {
  return new aws.elasticache.ParameterGroup(
    `${name}-parameters`,
    {
      family: `${engine}${version.split(".")[0]}`,
      description: "Eviction of keys with a lifetime only",
      parameters: [{ name: "maxmemory-policy", value: "volatile-lru" }],
      tags: tags(context, component, name),
    },
    { parent },
  );
}

function buildUserGroup(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ManagedRedisSpec,
): aws.elasticache.UserGroup {
  const { context, engine } = spec;
  const users = spec.users.map(
    (user) =>
      new aws.elasticache.User(
        `${name}-user-${user.name}`,
        {
          userId: redisUserId(context, user.name),
          userName: redisUserId(context, user.name),
          engine,
          accessString: accessString(user),
          authenticationMode: { type: "iam" },
          tags: tags(context, component, `${name}-${user.name}`),
        },
        { parent },
      ),
  );
  const members = engine === "redis" ? [buildDefaultUser(parent, name, context), ...users] : users;
  return new aws.elasticache.UserGroup(
    `${name}-users`,
    {
      userGroupId: physicalName(context, "redis-users", 40),
      engine,
      userIds: members.map((user) => user.userId),
      tags: tags(context, component, name),
    },
    { parent },
  );
}

/** A Redis OSS group must hold a user named `default`; this one is switched off. Valkey groups need none. */
function buildDefaultUser(
  parent: pulumi.ComponentResource,
  name: string,
  context: PlatformContext,
): aws.elasticache.User {
  return new aws.elasticache.User(
    `${name}-user-default`,
    {
      userId: physicalName(context, "redis-default", 40),
      userName: "default",
      engine: "redis",
      accessString: "off ~* -@all",
      authenticationMode: { type: "no-password-required" },
      tags: tags(context, component, `${name}-default`),
    },
    { parent },
  );
}

/** Only keys (and channels) of the user's own prefix; nothing that concerns the whole server but INFO and the clock. */
function accessString({ keyPrefix, rights }: ManagedRedisSpec["users"][number]): string {
  const commands =
    rights === "read"
      ? "+@read +@connection -@dangerous +info"
      : "+@read +@write +@connection +@transaction +@scripting +@pubsub -@dangerous +info +time";
  return `on ~${keyPrefix}* resetchannels &${keyPrefix}* -@all ${commands}`;
}

function buildLogDelivery(
  parent: pulumi.ComponentResource,
  name: string,
  { context, encryption, logRetentionDays }: ManagedRedisSpec,
): aws.types.input.elasticache.ReplicationGroupLogDeliveryConfiguration[] {
  return logTypes.map((logType) => ({
    logType,
    logFormat: "json",
    destinationType: "cloudwatch-logs",
    destination: createLogGroup(parent, `${name}-log-${logType.replace("-log", "")}`, {
      context,
      component,
      encryption,
      // Groups under this prefix need no entry of their own in the account's resource policy, whose size is limited.
      logGroupName: `/aws/vendedlogs/elasticache/${redisIdentifier(context)}/${logType}`,
      retentionDays: logRetentionDays,
    }).name,
  }));
}
