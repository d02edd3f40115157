import type { Environment } from "../components/core/context.ts";
import { noUsage } from "../cost/assumptions.ts";
import type { IdentityConfig } from "./schema/identity.ts";
import type { AwsPlatformConfig, LocalPlatformConfig } from "./schema/platform.ts";

/**
 * What a stack gets that its own file does not say: one row an environment. Stack files hold only what differs from
 * their row. Changes of a size here change every stack of that environment.
 *
 * Costs are list prices of us-east-1 (cost/prices.json); the figures beside the sizes are USD a month.
 */
type Shared =
  | "profile"
  | "rateLimits"
  | "data"
  | "kafka"
  | "observability"
  | "backup"
  | "services"
  | "cost"
  | "guardrails";

/** Who issues tokens is the team's own to say: an issuer made up here would be trusted by everybody. */
interface Identity {
  readonly identity: Pick<IdentityConfig, "audience">;
}

export type AwsDefaults = Pick<AwsPlatformConfig, Shared | "network" | "cluster"> &
  Identity & {
    readonly aws: Pick<AwsPlatformConfig["aws"], "drRegion">;
  };
export type LocalDefaults = Pick<LocalPlatformConfig, Shared> &
  Identity & {
    readonly local: Omit<LocalPlatformConfig["local"], "kubeContext">;
  };
export type Defaults = { readonly local: LocalDefaults } & Readonly<
  Record<Exclude<Environment, "local">, AwsDefaults>
>;

const identity = { audience: "llm-marketplace" };

/** Four-core, 16-GiB types that may stand in when the spot market has none of the first choice. */
const likeT3Xlarge = ["t3a.xlarge", "m5.xlarge", "m6i.xlarge"];
const likeT3aXlarge = ["t3.xlarge", "m5.xlarge", "m6i.xlarge"];

/**
 * Production. At the minimum 12 nodes: 8 × t3.xlarge (972), 1 × c5.2xlarge (248), 3 × r5.xlarge (552), all on
 * demand. At the maximum 50: 38 + 6 + 6, which is 224 vCPU and 896 GiB.
 *
 * - general: eight hold the services' minimums, the mesh and monitoring with a node's loss to spare; the summary's
 *   t3.xlarge is burstable, which suits the minimum; at the maximum its surplus credits are billed.
 * - compute: one c5.2xlarge, as the status summary names the type; its eight full cores take consumption's first
 *   doubling (15 s) while the autoscaler still starts nodes.
 * - memory: one r5.xlarge a zone, because Elasticsearch's volumes cannot leave their zone.
 *
 * 50,000 requests a second (60 % consumption, 35 % discovery, 4.8 % publishing, 0.2 % admin), as measured on 2026-11-28
 * (docs/benchmarks.md): at the autoscaler's target a consumption pod passes 302 requests a second on its 150 mCPU, a
 * discovery pod 418 on 300, a publishing pod 223 on 300: 100, 43 and 12 pods. Admin's ten pods count the records of
 * 14,700, and the stores here hold 2,600 (Kafka) to 21,400; the same page says what more takes.
 *
 * The gateway at 25 pods of 500 mCPU: Envoy takes 0.20 vCPU per 1,000 requests a second (istio.io, performance of 1.24;
 * 0.35 of later releases), so 50,000 take 10 to 17.5 of its 12.5 vCPU. A sidecar asks for 50 mCPU and takes 60 to 106 at
 * 302 requests a second, from what nodes have spare. What canaries take beside this: ADR 25.
 */
const production: AwsDefaults = {
  profile: "list",
  identity,
  // 50,000 over 25 copies are 2,000 each, which Envoy passes on 400 of a copy's 500 mCPU. One address gets a quarter
  // of a copy: an office or a carrier behind it, but never the whole gateway.
  rateLimits: { requestsPerSecond: 50_000, requestsPerSecondPerClient: 500 },
  aws: { drRegion: "us-west-2" },
  // A NAT gateway a zone (99): with one, the loss of its zone would cut off the two others.
  network: {
    cidr: "10.20.0.0/16",
    zones: 3,
    nat: "per-zone",
    flowLogRetentionDays: 30,
    // None: seven interface endpoints in three zones are 153, more than the NAT traffic they would save.
    interfaceEndpoints: [],
  },
  cluster: {
    apiAccess: { mode: "private" },
    administrators: [],
    auditLogRetentionDays: 90,
    pools: {
      general: { instanceType: "t3.xlarge", onDemand: { minimum: 8, maximum: 38 }, diskGiB: 40 },
      compute: { instanceType: "c5.2xlarge", onDemand: { minimum: 1, maximum: 6 }, diskGiB: 40 },
      memory: { instanceType: "r5.xlarge", onDemand: { minimum: 3, maximum: 6 }, diskGiB: 40 },
    },
  },
  data: {
    // 8 GiB allow about 900 connections by PostgreSQL's own formula; 500 leave the rest to the page cache. The
    // services open 400 at most (63 publishing and 13 admin pods of 5, 20 reserved).
    postgres: {
      mode: "managed",
      instanceClass: "db.m6g.large",
      storageGiB: 100,
      maxStorageGiB: 500,
      highlyAvailable: true,
      maxConnections: 500,
    },
    // 6.4 GiB a node. Not the t4g.medium (184 less): 30,000 quota scripts a second at the maximum are one core, and
    // a burstable node has a fifth of that for good.
    redis: {
      mode: "managed",
      engine: "redis",
      nodeType: "cache.m6g.large",
      replicas: 2,
      snapshotRetentionDays: 30,
    },
    // 12 GiB of heap and as much page cache; a node of the memory pool holds one, with room to move its DaemonSets.
    elasticsearch: { nodes: 3, storageGiB: 60, storageClass: "ssd", memoryMiB: 24_576, cpuMillis: 3000 },
  },
  // t3.small (100 for three) takes 300 partition replicas a broker; the topics and Kafka's own need 92.
  // m7g.large would be 447: out of the budget.
  kafka: { mode: "managed", brokerType: "kafka.t3.small", brokers: 3, storageGiB: 50 },
  observability: {
    replicas: 3,
    prometheusStorageGiB: 60,
    prometheusRetentionDays: 15,
    lokiStorageGiB: 10,
    logRetentionDays: 30,
    traceSamplingPercent: 1,
    cloudTraces: true,
    cloudLogRetentionDays: 30,
  },
  backup: { retentionDays: 30, hourlyRetentionHours: 48, crossRegionCopies: true },
  // Replicas are the catalogue's own: the status summary's table to the letter.
  services: { version: "0.1.0", overrides: {} },
  cost: {
    budgetUsdPerMonth: 2958,
    optimisedBudgetUsdPerMonth: 1800,
    ceilingUsdPerMonth: 10_500,
    // Spot's share of the on-demand price: an assumption until the market has been watched for a month.
    spotRatio: 0.4,
    typicalNodeShare: 0.1,
    // 100 million requests of 2 KiB a month, 38 a second: a market that begins, far under the capacity it keeps; hence
    // typical nodes near the minimum and CPU under the baseline of t3 (40 %). At the maximum the nodes work at the
    // autoscalers' targets, and t3 pays for credits. Control-plane logs: 102 to 108 GB a month were measured on a dev
    // cluster and 288 on a larger one with all five types (public bills, 2026-07); spans: 1 % of requests, 5 KiB each.
    // Backups: a database of 50 of its 100 GiB with 30 days of changes, once more in the recovery region. Metrics: 31
    // of stores every five minutes.
    assumptions: {
      ...noUsage,
      requestsMillions: 100,
      natGiB: 300,
      internetEgressGiB: 200,
      crossZoneGiB: 400,
      crossRegionGiB: 60,
      loadBalancerCapacityUnits: 1,
      logIngestGiB: 10,
      controlPlaneLogGiB: 200,
      flowLogGiB: 20,
      objectStorageGiB: 300,
      objectWritesMillions: 1,
      objectReadsMillions: 3,
      backupGiB: 50,
      recoveryBackupGiB: 60,
      cacheBackupGiB: 15,
      volumeSnapshotGiB: 100,
      registryGiB: 20,
      traceSpanGiB: 5,
      metricReadsMillions: 0.3,
      keyRequestsMillions: 1,
      secretReadsMillions: 0.05,
      dnsQueriesMillions: 2,
      nodeCpuPercent: 30,
      nodeCpuPercentAtMaximum: 60,
    },
    // What never scales in: the on-demand nodes of the optimised shape, the database, the cache.
    commitments: [
      { covers: "nodes", count: 7, termYears: 1, payment: "no-upfront" },
      { covers: "postgres", count: 1, termYears: 1, payment: "no-upfront" },
      { covers: "redis", count: 3, termYears: 1, payment: "no-upfront" },
    ],
  },
  guardrails: { levels: {}, exceptions: [] },
};

/**
 * Staging: production's parts at a smaller size. 6 to 12 × t3.xlarge, one on demand (121) and five on spot (243 at
 * a ratio of 0.40, 304 at 0.50): six on demand would be 729 of 900. One pool: Elasticsearch shares it.
 */
const staging: AwsDefaults = {
  profile: "list",
  identity,
  // A seventh of production, as the replicas below.
  rateLimits: { requestsPerSecond: 7000, requestsPerSecondPerClient: 500 },
  aws: { drRegion: "us-west-2" },
  // One NAT gateway: staging may lose its way out with a zone.
  network: {
    cidr: "10.30.0.0/16",
    zones: 3,
    nat: "single",
    flowLogRetentionDays: 14,
    interfaceEndpoints: [],
  },
  cluster: {
    apiAccess: { mode: "private" },
    administrators: [],
    auditLogRetentionDays: 30,
    pools: {
      general: {
        instanceType: "t3.xlarge",
        onDemand: { minimum: 1, maximum: 2 },
        spot: { minimum: 5, maximum: 10, alternativeInstanceTypes: likeT3Xlarge },
        diskGiB: 40,
      },
    },
  },
  data: {
    // 4 GiB: 450 connections by formula, 95 needed at the replica maximums below.
    postgres: {
      mode: "managed",
      instanceClass: "db.t4g.medium",
      storageGiB: 20,
      maxStorageGiB: 100,
      highlyAvailable: true,
      maxConnections: 200,
    },
    // One replica: the smallest shape that fails over.
    redis: {
      mode: "managed",
      engine: "redis",
      nodeType: "cache.t4g.small",
      replicas: 1,
      snapshotRetentionDays: 14,
    },
    elasticsearch: { nodes: 3, storageGiB: 20, storageClass: "ssd", memoryMiB: 4096, cpuMillis: 1000 },
  },
  kafka: { mode: "managed", brokerType: "kafka.t3.small", brokers: 3, storageGiB: 10 },
  observability: {
    replicas: 2,
    prometheusStorageGiB: 20,
    prometheusRetentionDays: 7,
    lokiStorageGiB: 10,
    logRetentionDays: 14,
    traceSamplingPercent: 10,
    cloudTraces: true,
    cloudLogRetentionDays: 14,
  },
  backup: { retentionDays: 14, hourlyRetentionHours: 48, crossRegionCopies: false },
  // About a seventh of production's maximums: what 12 nodes hold beside the platform, in-cluster stores included.
  // Minimum 2, so that rollouts, disruption budgets and zone spread are rehearsed.
  services: {
    version: "0.1.0",
    others: { minReplicas: 2, maxReplicas: 4 },
    overrides: {
      publishing: { minReplicas: 2, maxReplicas: 8 },
      discovery: { minReplicas: 2, maxReplicas: 14 },
      consumption: { minReplicas: 2, maxReplicas: 28 },
      admin: { minReplicas: 2, maxReplicas: 4 },
    },
  },
  cost: {
    budgetUsdPerMonth: 900,
    ceilingUsdPerMonth: 1800,
    spotRatio: 0.4,
    typicalNodeShare: 0.2,
    // One full load test a month and daily end-to-end runs. Control-plane logs as measured on a cluster of this size.
    assumptions: {
      ...noUsage,
      requestsMillions: 10,
      natGiB: 60,
      internetEgressGiB: 20,
      crossZoneGiB: 100,
      loadBalancerCapacityUnits: 0.2,
      logIngestGiB: 5,
      controlPlaneLogGiB: 110,
      flowLogGiB: 5,
      objectStorageGiB: 60,
      objectWritesMillions: 0.3,
      objectReadsMillions: 0.5,
      backupGiB: 10,
      cacheBackupGiB: 2,
      volumeSnapshotGiB: 20,
      registryGiB: 10,
      traceSpanGiB: 2,
      metricReadsMillions: 0.25,
      keyRequestsMillions: 0.3,
      secretReadsMillions: 0.05,
      dnsQueriesMillions: 0.5,
      nodeCpuPercent: 30,
      nodeCpuPercentAtMaximum: 60,
    },
    commitments: [],
  },
  guardrails: { levels: {}, exceptions: [] },
};

/**
 * Dev: 3 to 5 × t3a.xlarge, one on demand (110) and two on spot (88 at 0.40, 110 at 0.50). AMD's t3a is t3 with the
 * same cores, memory and credits for a tenth less: $21 of a budget that would otherwise be passed. Every store is in
 * the cluster with one member: managed ones would be 140, a third of the budget. A spot node that goes takes its
 * stores down until the volume is attached elsewhere in its zone.
 */
const dev: AwsDefaults = {
  profile: "list",
  identity,
  rateLimits: { requestsPerSecond: 1000, requestsPerSecondPerClient: 250 },
  aws: { drRegion: "us-west-2" },
  network: { cidr: "10.40.0.0/16", zones: 3, nat: "single", flowLogRetentionDays: 7, interfaceEndpoints: [] },
  cluster: {
    apiAccess: { mode: "private" },
    administrators: [],
    auditLogRetentionDays: 7,
    pools: {
      general: {
        instanceType: "t3a.xlarge",
        onDemand: { minimum: 1, maximum: 2 },
        spot: { minimum: 2, maximum: 3, alternativeInstanceTypes: likeT3aXlarge },
        diskGiB: 30,
      },
    },
  },
  data: {
    postgres: { mode: "in-cluster", members: 1, storageGiB: 10, storageClass: "ssd", maxConnections: 100 },
    redis: { mode: "in-cluster", members: 1, storageGiB: 5, storageClass: "ssd" },
    elasticsearch: { nodes: 1, storageGiB: 10, storageClass: "ssd", memoryMiB: 2048, cpuMillis: 500 },
  },
  kafka: { mode: "in-cluster", members: 1, storageGiB: 10, storageClass: "ssd", coordination: "kraft" },
  observability: {
    replicas: 1,
    prometheusStorageGiB: 10,
    prometheusRetentionDays: 3,
    lokiStorageGiB: 10,
    logRetentionDays: 7,
    traceSamplingPercent: 100,
    cloudTraces: false,
    cloudLogRetentionDays: 7,
  },
  backup: { retentionDays: 7, hourlyRetentionHours: 24, crossRegionCopies: false },
  // What five nodes hold beside the platform and the stores.
  services: {
    version: "0.1.0",
    others: { minReplicas: 1, maxReplicas: 2 },
    overrides: {
      publishing: { minReplicas: 1, maxReplicas: 3 },
      discovery: { minReplicas: 1, maxReplicas: 4 },
      consumption: { minReplicas: 1, maxReplicas: 8 },
      admin: { minReplicas: 1, maxReplicas: 2 },
    },
  },
  cost: {
    budgetUsdPerMonth: 400,
    ceilingUsdPerMonth: 700,
    spotRatio: 0.4,
    typicalNodeShare: 0.25,
    // A handful of developers in working hours. Control-plane logs come from the controllers, not from people: as
    // measured on a dev cluster with all five types (102 to 108 GB a month, public bill, 2026-07).
    assumptions: {
      ...noUsage,
      requestsMillions: 1,
      natGiB: 30,
      internetEgressGiB: 5,
      crossZoneGiB: 20,
      loadBalancerCapacityUnits: 0.1,
      controlPlaneLogGiB: 100,
      flowLogGiB: 1,
      objectStorageGiB: 20,
      objectWritesMillions: 0.1,
      objectReadsMillions: 0.1,
      volumeSnapshotGiB: 5,
      registryGiB: 5,
      keyRequestsMillions: 0.1,
      secretReadsMillions: 0.03,
      dnsQueriesMillions: 0.1,
      nodeCpuPercent: 25,
      nodeCpuPercentAtMaximum: 50,
    },
    commitments: [],
  },
  guardrails: { levels: {}, exceptions: [] },
};

/** Local: an existing cluster on a laptop, one of everything, nothing paid for. Wants 8 cores and 16 GiB. */
const local: LocalDefaults = {
  profile: "list",
  identity,
  rateLimits: { requestsPerSecond: 500, requestsPerSecondPerClient: 250 },
  local: {
    // kind's and k3d's own provisioner.
    storageProvisioner: "rancher.io/local-path",
    registry: "localhost:5001",
  },
  data: {
    postgres: { mode: "in-cluster", members: 1, storageGiB: 5, storageClass: "ssd", maxConnections: 100 },
    redis: { mode: "in-cluster", members: 1, storageGiB: 1, storageClass: "ssd" },
    elasticsearch: { nodes: 1, storageGiB: 5, storageClass: "ssd", memoryMiB: 1536, cpuMillis: 300 },
  },
  kafka: { mode: "in-cluster", members: 1, storageGiB: 5, storageClass: "ssd", coordination: "kraft" },
  observability: {
    replicas: 1,
    prometheusStorageGiB: 5,
    prometheusRetentionDays: 1,
    lokiStorageGiB: 5,
    logRetentionDays: 1,
    traceSamplingPercent: 100,
    cloudTraces: false,
    cloudLogRetentionDays: 1,
  },
  backup: { retentionDays: 1, hourlyRetentionHours: 0, crossRegionCopies: false },
  services: {
    version: "0.1.0",
    others: { minReplicas: 1, maxReplicas: 2 },
    overrides: {
      publishing: { minReplicas: 1, maxReplicas: 2 },
      discovery: { minReplicas: 1, maxReplicas: 2 },
      consumption: { minReplicas: 1, maxReplicas: 2 },
      admin: { minReplicas: 1, maxReplicas: 2 },
    },
  },
  cost: {
    budgetUsdPerMonth: 1,
    ceilingUsdPerMonth: 1,
    spotRatio: 0.4,
    typicalNodeShare: 0,
    assumptions: noUsage,
    commitments: [],
  },
  guardrails: { levels: {}, exceptions: [] },
};

export const defaults: Defaults = { local, dev, staging, production };
