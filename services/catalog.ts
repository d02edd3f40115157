/**
 * The services of the marketplace as data. Adding a service is one entry here and one folder beside this file:
 * scaling, disruption budget, network policy, identity, mesh, canary, SLO rules and topics' rights follow from it.
 *
 * Replicas and targets are the status summary's table (2024-11-18); per-environment minimums are applied by
 * `config/`. Latency goals are p95 in milliseconds.
 */
export type Language = "typescript" | "go" | "rust" | "python";

export interface ServiceScaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Percent of the request of the service's own container at which replicas are added. */
  readonly cpuPercent: number;
  readonly memoryPercent: number;
  /** Requests per second and pod at which replicas are added too, by KEDA. Default: CPU and memory alone. */
  readonly requestsPerSecond?: number;
  /**
   * Growth allowed per period, the larger of percent and pods. Shrinking is 10 % per 300 s with a 300 s window
   * for every service.
   */
  readonly scaleUp: { readonly percent: number; readonly pods?: number; readonly periodSeconds: number };
}

export interface ServiceResources {
  readonly cpuMillis: number;
  readonly memoryMiB: number;
  readonly memoryLimitMiB: number;
}

export interface ServiceObjective {
  readonly availabilityPercent: number;
  readonly latencyP95Millis: number;
  /** What the latency counts: the whole request, or the platform's own part (less the provider's time). */
  readonly latencyOf: "request" | "overhead";
}

export interface TopicUse {
  readonly topic: string;
  readonly rights: readonly ("produce" | "consume")[];
}

export interface ServiceDefinition {
  readonly name: string;
  readonly language: Language;
  readonly port: number;
  /** Host name under the platform's domain, path prefix at the gateway. */
  readonly pathPrefix: string;
  readonly scaling: ServiceScaling;
  readonly resources: ServiceResources;
  readonly objective: ServiceObjective;
  readonly pool: "general" | "compute";
  readonly postgres?: {
    readonly database: string;
    readonly poolSize: number;
    /** Arguments of the image's entry point that bring the schema up to date and end. */
    readonly migration: readonly string[];
  };
  readonly redis?: { readonly keyPrefix: string; readonly rights: "read-write" | "read" };
  readonly elasticsearch?: { readonly indexPrefix: string; readonly rights: "read-write" | "read" };
  readonly topics: readonly TopicUse[];
  /** Names of the services that may call this one; `gateway` is the public edge. */
  readonly callers: readonly string[];
  /** What callers from outside bring in `Authorization: Bearer`: an OpenID Connect access token, or a key of the marketplace. */
  readonly credential: "access-token" | "api-key";
  /** Whether the service leaves the cluster to hosts that only the running system knows. */
  readonly egress: "none" | "providers";
}

/**
 * The role of PostgreSQL as which a service serves: it reads and writes rows, and changes no schema. The role that is
 * named after the service owns the tables; only migrations work as it.
 */
export function runtimeRole(service: string): string {
  return `${service}_runtime`;
}

/** A Kafka topic of the platform: replication is 3 and min in-sync 2 wherever there are three brokers. */
export interface TopicDefinition {
  readonly name: string;
  readonly partitions: number;
  readonly retentionHours: number;
  readonly cleanup: "delete" | "compact";
}

export const topics: readonly TopicDefinition[] = [
  { name: "listing.events", partitions: 12, retentionHours: 168, cleanup: "compact" },
  { name: "metering.records", partitions: 24, retentionHours: 168, cleanup: "delete" },
  { name: "metering.dead-letter", partitions: 3, retentionHours: 720, cleanup: "delete" },
  { name: "provider.approvals", partitions: 3, retentionHours: 720, cleanup: "compact" },
  { name: "access.keys", partitions: 3, retentionHours: 720, cleanup: "compact" },
];

export const catalog: readonly ServiceDefinition[] = [
  {
    name: "publishing",
    language: "typescript",
    port: 3001,
    pathPrefix: "/v1/listings",
    scaling: {
      minReplicas: 3,
      maxReplicas: 50,
      cpuPercent: 70,
      memoryPercent: 80,
      scaleUp: { percent: 100, pods: 4, periodSeconds: 15 },
    },
    resources: { cpuMillis: 300, memoryMiB: 384, memoryLimitMiB: 768 },
    objective: { availabilityPercent: 99.95, latencyP95Millis: 300, latencyOf: "request" },
    pool: "general",
    postgres: { database: "publishing", poolSize: 5, migration: ["migrate.mjs"] },
    topics: [{ topic: "listing.events", rights: ["produce"] }],
    callers: ["gateway", "admin"],
    credential: "access-token",
    egress: "none",
  },
  {
    name: "discovery",
    language: "go",
    port: 3002,
    pathPrefix: "/v1/search",
    scaling: {
      minReplicas: 5,
      maxReplicas: 100,
      cpuPercent: 60,
      memoryPercent: 75,
      scaleUp: { percent: 100, pods: 4, periodSeconds: 15 },
    },
    resources: { cpuMillis: 300, memoryMiB: 256, memoryLimitMiB: 512 },
    objective: { availabilityPercent: 99.95, latencyP95Millis: 150, latencyOf: "request" },
    pool: "general",
    redis: { keyPrefix: "discovery:", rights: "read-write" },
    elasticsearch: { indexPrefix: "listings", rights: "read-write" },
    topics: [{ topic: "listing.events", rights: ["consume"] }],
    callers: ["gateway", "consumption"],
    credential: "access-token",
    egress: "none",
  },
  {
    name: "consumption",
    language: "rust",
    port: 3003,
    pathPrefix: "/v1/calls",
    scaling: {
      minReplicas: 10,
      maxReplicas: 200,
      cpuPercent: 50,
      memoryPercent: 70,
      scaleUp: { percent: 100, periodSeconds: 15 },
    },
    resources: { cpuMillis: 150, memoryMiB: 256, memoryLimitMiB: 512 },
    objective: { availabilityPercent: 99.95, latencyP95Millis: 300, latencyOf: "overhead" },
    pool: "general",
    redis: { keyPrefix: "consumption:", rights: "read-write" },
    topics: [
      { topic: "metering.records", rights: ["produce"] },
      { topic: "provider.approvals", rights: ["consume"] },
      { topic: "access.keys", rights: ["consume"] },
    ],
    callers: ["gateway"],
    credential: "api-key",
    egress: "providers",
  },
  {
    name: "admin",
    language: "python",
    port: 3004,
    pathPrefix: "/v1/admin",
    scaling: {
      minReplicas: 2,
      maxReplicas: 10,
      cpuPercent: 70,
      memoryPercent: 80,
      scaleUp: { percent: 100, pods: 4, periodSeconds: 15 },
    },
    resources: { cpuMillis: 250, memoryMiB: 384, memoryLimitMiB: 768 },
    objective: { availabilityPercent: 99.95, latencyP95Millis: 400, latencyOf: "request" },
    pool: "general",
    postgres: { database: "admin", poolSize: 5, migration: ["migrate"] },
    topics: [
      { topic: "metering.records", rights: ["consume"] },
      { topic: "metering.dead-letter", rights: ["produce", "consume"] },
      { topic: "provider.approvals", rights: ["produce"] },
      { topic: "access.keys", rights: ["produce"] },
    ],
    callers: ["gateway"],
    credential: "access-token",
    egress: "none",
  },
];
