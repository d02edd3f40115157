/** What the servers of Redis read: configuration, scripts and the environment of their containers. Pure text. */
import { readFileSync } from "node:fs";
import { serviceHost } from "../places.ts";

export const redisPort = 6379;
export const sentinelPort = 26379;
export const exporterPort = 9121;
/** Name under which the Sentinels know the primary. */
export const primaryName = "marketplace";

export const services = { any: "redis", members: "redis-members", sentinels: "redis-sentinel" } as const;
export const workloads = { members: "redis", sentinels: "redis-sentinel" } as const;

/** Memory of a member; keys may take 60 % of it, the rest is for replication buffers and the fork of a rewrite. */
export const memberMemoryMiB = 512;
const keyShare = 0.6;

/** Milliseconds without an answer after which a Sentinel takes a member for gone. */
export const downAfterMillis = 5_000;
/** Milliseconds a failover may take; twice that after one that failed, the next may begin. */
export const failoverTimeoutMillis = 15_000;
/** Seconds between two looks at the certificate on disk. */
const certificateWatchSeconds = 60;

/** How many Sentinels must agree: the majority. */
export function quorum(members: number): number {
  return Math.floor(members / 2) + 1;
}

/** Addresses of all members as clients and members themselves know them, in the order of their ordinals. */
export function memberAddresses(namespace: string, members: number): string[] {
  return podAddresses(workloads.members, services.members, namespace, members, redisPort);
}

export function sentinelAddresses(namespace: string, members: number): string[] {
  return podAddresses(workloads.sentinels, services.sentinels, namespace, members, sentinelPort);
}

function podAddresses(
  set: string,
  service: string,
  namespace: string,
  count: number,
  port: number,
): string[] {
  return Array.from(
    { length: count },
    (_, index) => `${serviceHost(`${set}-${index}.${service}`, namespace)}:${port}`,
  );
}

/**
 * Files of the ConfigMap that every pod mounts. Ports, folders, addresses and passwords are not in them: the start
 * scripts add those from the environment, so that the tests run the very same files on one machine.
 */
export function redisFiles(members: number): Record<string, string> {
  const script = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
  return {
    "redis.conf": redisConfig(members),
    "sentinel.conf": sentinelConfig,
    "sentinel-primary.conf": sentinelPrimaryConfig,
    ...Object.fromEntries(scriptNames.map((name) => [name, script(name)])),
  };
}

const scriptNames = [
  "common.sh",
  "start-redis.sh",
  "start-sentinel.sh",
  "check-alive.sh",
  "check-redis.sh",
  "check-sentinel.sh",
  "leave.sh",
];

function redisConfig(members: number): string {
  const lines = [
    "protected-mode no",
    "tls-replication yes",
    "tls-auth-clients no",
    'tls-protocols "TLSv1.2 TLSv1.3"',
    "tcp-keepalive 60",
    "# A write that was acknowledged is on disk within a second, and the log survives a restart.",
    "appendonly yes",
    "appendfsync everysec",
    `maxmemory ${Math.floor(memberMemoryMiB * keyShare)}mb`,
    "# Keys without an expiry are data, not cache: only the others may go.",
    "maxmemory-policy volatile-lru",
    "repl-diskless-sync yes",
    "repl-backlog-size 16mb",
    "shutdown-timeout 15",
  ];
  if (members > 1) {
    lines.push(
      "# A primary that is cut off from every replica stops taking writes: they would be lost at its return.",
      "min-replicas-to-write 1",
      "min-replicas-max-lag 10",
    );
  }
  return `${lines.join("\n")}\n`;
}

const sentinelConfig = `${[
  "protected-mode no",
  "tls-replication yes",
  "tls-auth-clients no",
  'tls-protocols "TLSv1.2 TLSv1.3"',
  "# Addresses of pods change, their names do not.",
  "sentinel resolve-hostnames yes",
  "sentinel announce-hostnames yes",
  "sentinel deny-scripts-reconfig yes",
].join("\n")}\n`;

const sentinelPrimaryConfig = `${[
  `sentinel down-after-milliseconds ${primaryName} ${downAfterMillis}`,
  `sentinel failover-timeout ${primaryName} ${failoverTimeoutMillis}`,
  `sentinel parallel-syncs ${primaryName} 1`,
].join("\n")}\n`;

/** Folders in the containers. */
export const folders = {
  config: "/etc/redis",
  secrets: "/secrets/users",
  tls: "/secrets/tls",
  run: "/run/redis",
  data: "/data",
} as const;

/** Environment of a container; the pod's own name comes from the API server. */
export function redisEnvironment(
  namespace: string,
  members: number,
  self: { readonly service: string; readonly port: number },
): { name: string; value?: string; valueFrom?: object }[] {
  const values: Record<string, string> = {
    SELF_HOST: serviceHost(`$(POD_NAME).${self.service}`, namespace),
    SELF_PORT: String(self.port),
    MEMBERS: memberAddresses(namespace, members).join(" "),
    SENTINELS: sentinelAddresses(namespace, members).join(" "),
    PRIMARY_NAME: primaryName,
    QUORUM: String(quorum(members)),
    WATCH_SECONDS: String(certificateWatchSeconds),
    CONFIG_DIR: folders.config,
    SECRETS_DIR: folders.secrets,
    TLS_DIR: folders.tls,
    RUN_DIR: folders.run,
    DATA_DIR: folders.data,
  };
  return [
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
  ];
}
