import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { createGeneratedSecret } from "../external-secrets.ts";
import { refuseReservedUsers } from "../stores/reserved-users.ts";
import type { RedisUser } from "../stores-contract.ts";

/** What a user may do on members and on Sentinels; an absent one is unknown there. */
export interface RedisAccess {
  readonly name: string;
  readonly redis?: string;
  readonly sentinel?: string;
}

/** Users of the store itself. */
const systemUsers: readonly RedisAccess[] = [
  /** People, from a shell in the pod; and the pod itself when it loads a renewed certificate. */
  { name: "maintenance", redis: "~* &* +@all", sentinel: "~* &* +@all" },
  /** A replica at its primary (Redis' documentation, "ACL rules for Sentinel and Replicas", 2026-08). */
  { name: "replication", redis: "resetchannels -@all +psync +replconf +ping" },
  {
    name: "sentinel",
    redis:
      "allchannels -@all +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info " +
      "+client|setname +client|kill +script|kill",
    sentinel: "allchannels -@all +ping +publish +client|setname +sentinel|is-master-down-by-addr",
  },
  /** Probes, start and stop of pods. */
  {
    name: "health",
    redis: "resetchannels -@all +ping +info +role +dbsize",
    sentinel: "resetchannels -@all +ping +sentinel|get-master-addr-by-name +sentinel|failover",
  },
  {
    name: "exporter",
    redis:
      "resetchannels -@all +ping +info +config|get +slowlog|get +slowlog|len +latency|latest +latency|histogram " +
      "+client|setname +cluster|info",
  },
];

/** A service finds the primary with the name and the password it has at the members. */
const clientAtSentinel =
  "allchannels -@all +@connection -@dangerous +subscribe +psubscribe +unsubscribe +punsubscribe +info +role " +
  "+sentinel|get-master-addr-by-name +sentinel|master +sentinel|masters +sentinel|replicas +sentinel|slaves " +
  "+sentinel|sentinels";

/** Every user with its rights, the store's own and the services'. Throws a `UserError` where names meet. */
export function redisAccess(users: readonly RedisUser[]): RedisAccess[] {
  refuseReservedUsers(
    "redis",
    users.map(({ name }) => name),
    systemUsers.map(({ name }) => name),
  );
  return [
    ...systemUsers,
    ...users.map((user) => ({ name: user.name, redis: serviceRules(user), sentinel: clientAtSentinel })),
  ];
}

/** Only keys and channels of the user's own prefix, and nothing that concerns the whole server but INFO and the clock, which scripts read. */
function serviceRules({ keyPrefix, rights }: RedisUser): string {
  const commands =
    rights === "read"
      ? "+@read +@connection -@dangerous +info"
      : "+@read +@write +@connection +@transaction +@scripting +@pubsub -@dangerous +info +time";
  return `~${keyPrefix}* resetchannels &${keyPrefix}* -@all ${commands}`;
}

/** Name of a user's secret: `username`, `password`, and its lines of the servers' access lists. */
export function redisSecretName(user: string): string {
  return `redis-${user}`;
}

/** A line of an access list; the servers get the password's SHA-256 only. */
export function accessLine(user: string, rules: string, passwordHash: string): string {
  return `user ${user} on #${passwordHash} ${rules}`;
}

/** Keys of a user's secret as External Secrets renders them. */
export function secretTemplate(access: RedisAccess): Record<string, string> {
  const line = (rules: string) => accessLine(access.name, rules, "{{ .password | sha256sum }}");
  return {
    username: access.name,
    password: "{{ .password }}",
    ...(access.redis === undefined ? {} : { "redis.acl": line(access.redis) }),
    ...(access.sentinel === undefined ? {} : { "sentinel.acl": line(access.sentinel) }),
  };
}

export interface RedisUsersSpec {
  readonly context: PlatformContext;
  readonly component: string;
  readonly namespace: pulumi.Input<string>;
  readonly access: readonly RedisAccess[];
  readonly dependsOn: readonly pulumi.Resource[];
}

/** A generated secret per user. */
export function createRedisUsers(
  parent: pulumi.ComponentResource,
  name: string,
  spec: RedisUsersSpec,
): pulumi.Resource[] {
  const { context, component, namespace, dependsOn } = spec;
  return spec.access.map((access) =>
    createGeneratedSecret(
      parent,
      `${name}-user-${access.name}`,
      {
        context,
        component,
        namespace,
        secretName: redisSecretName(access.name),
        template: secretTemplate(access),
      },
      { dependsOn: [...dependsOn] },
    ),
  );
}
