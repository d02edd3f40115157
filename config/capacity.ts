import type { NodePoolSpec, PoolName } from "../components/clouds/contract.ts";
import { podRequest, type Workload, type WorkloadName, workloads } from "../components/core/footprint.ts";
import {
  allocatable,
  instanceTypes,
  type Node,
  type Packing,
  type PodGroup,
  pack,
} from "../components/core/sizing.ts";
import type { PlatformSettings } from "./settings-types.ts";

/** Nodes and replicas at their minimum, or at their maximum. */
export type Scale = "minimum" | "maximum";

export interface PoolUse {
  readonly pool: PoolName;
  readonly nodes: number;
  readonly pods: number;
  /** Nominal, as AWS sells them. */
  readonly vcpu: number;
  readonly memoryGiB: number;
  readonly cpuMillis: number;
  readonly freeCpuMillis: number;
  readonly memoryMiB: number;
  readonly freeMemoryMiB: number;
  /** Largest free room on a single node: what one more pod could ask for. */
  readonly largestFreeCpuMillis: number;
}

export interface CapacityReport {
  readonly scale: Scale;
  readonly pools: readonly PoolUse[];
  /** Pods for which there is no node, by workload; empty when everything fits. */
  readonly unplaced: Readonly<Record<string, number>>;
}

/**
 * Whether the pods of a stack fit its nodes: services with their sidecars, and everything in
 * `config/footprint.json`. `canary` names a service of which a new version stands beside the old one in full, as at the
 * last step of a rollout. Pure; says nothing about a local cluster, whose nodes are not ours.
 */
export function capacity(settings: PlatformSettings, scale: Scale, canary?: string): CapacityReport {
  const nodes = settings.cluster.pools.flatMap((pool) => nodesOf(pool, settings.network.zones, scale));
  const groups = podGroups(settings, scale).flatMap((group) =>
    // The new version spreads over zones by itself, as the rollouts controller's label has it.
    group.workload === canary ? [group, { ...group, workload: `${canary} (canary)` }] : [group],
  );
  const packing = pack(nodes, daemonSets(settings), groups);
  const names = settings.cluster.pools.map((pool) => pool.name);
  return { scale, pools: names.map((name) => poolUse(name, settings, packing)), unplaced: packing.unplaced };
}

/** The nodes of a pool; each of its groups is spread over the zones, as EC2 keeps it balanced. */
function nodesOf(pool: NodePoolSpec, zones: readonly string[], scale: Scale): Node[] {
  const type = instanceTypes[pool.instanceType];
  if (type === undefined) throw new RangeError(`no size is known of ${pool.instanceType}`);
  const room = allocatable(type);
  const count = pool.onDemand[scale] + (pool.spot?.[scale] ?? 0);
  // On-demand and spot groups fill zones from the first on, so their sum may be uneven by one zone each.
  return Array.from({ length: count }, (_, index) => ({
    ...room,
    pool: pool.name,
    zone: zones[index % zones.length] ?? "",
  }));
}

/** What runs on every node. */
export function daemonSets(settings: PlatformSettings) {
  return rows(settings)
    .filter(([, row]) => row.kind === "DaemonSet")
    .map(([name]) => ({ workload: name as string, ...podRequest(name, settings.context.environment) }));
}

/** Everything that is scheduled: the platform's workloads and the services. */
export function podGroups(settings: PlatformSettings, scale: Scale): PodGroup[] {
  const hasMemoryPool = settings.cluster.pools.some((pool) => pool.name === "memory");
  const platform = rows(settings)
    .filter(([, row]) => row.kind === "Deployment" || row.kind === "StatefulSet")
    .map(([name, row]): PodGroup => {
      const count = replicas(name, row, settings, scale);
      return {
        workload: name,
        count,
        ...request(name, settings),
        pools: row.pool === "memory" && hasMemoryPool ? ["memory"] : ["general", "compute"],
        spreadOverZones: count > 1,
      };
    });
  return [...platform, ...servicePods(settings, scale)].filter((group) => group.count > 0);
}

function servicePods(settings: PlatformSettings, scale: Scale): PodGroup[] {
  const sidecar = podRequest("istio-proxy", settings.context.environment);
  return settings.services.map((service): PodGroup => {
    const count = scale === "minimum" ? service.scaling.minReplicas : service.scaling.maxReplicas;
    return {
      workload: service.name,
      count,
      cpuMillis: service.resources.cpuMillis + sidecar.cpuMillis,
      memoryMiB: service.resources.memoryMiB + sidecar.memoryMiB,
      // Both pools are open to services; the catalogue's pool is where they are tried first.
      pools: service.pool === "compute" ? ["compute", "general"] : ["general", "compute"],
      spreadOverZones: count > 1,
    };
  });
}

function request(name: WorkloadName, settings: PlatformSettings): { cpuMillis: number; memoryMiB: number } {
  if (name === "elasticsearch") return settings.data.elasticsearch;
  return podRequest(name, settings.context.environment);
}

/** The rows of the footprint that this stack has. */
function rows(settings: PlatformSettings): [WorkloadName, Workload][] {
  const { kafka } = settings.messaging;
  const conditions = {
    aws: settings.target.cloud === "aws",
    local: settings.target.cloud === "local",
    "managed-stores": [settings.data.postgres, settings.data.redis, kafka].some(
      (store) => store.mode === "managed",
    ),
    "request-scaling": settings.delivery.requestScaling,
    "postgres-in-cluster": settings.data.postgres.mode === "in-cluster",
    "redis-in-cluster": settings.data.redis.mode === "in-cluster",
    "kafka-managed": kafka.mode === "managed",
    "kafka-in-cluster": kafka.mode === "in-cluster",
    "kafka-kraft": kafka.mode === "in-cluster" && kafka.coordination === "kraft",
    "kafka-zookeeper": kafka.mode === "in-cluster" && kafka.coordination === "zookeeper",
  };
  const all = Object.entries(workloads) as [WorkloadName, Workload][];
  return all.filter(([, row]) => row.when === undefined || conditions[row.when]);
}

function replicas(name: WorkloadName, row: Workload, settings: PlatformSettings, scale: Scale): number {
  const maximum = row.maximumReplicas?.[settings.context.environment];
  if (scale === "maximum" && maximum !== undefined) return maximum;
  if (typeof row.replicas === "number") return row.replicas;
  const { data, messaging, mesh, delivery, observability } = settings;
  const members = (store: { mode: string; members?: number }) => store.members ?? 0;
  switch (row.replicas) {
    case "pair":
      return Math.min(2, mesh.replicas);
    case "mesh":
      return mesh.replicas;
    case "delivery":
      return delivery.replicas;
    case "observability":
      return observability.replicas;
    case "observability-pair":
      return Math.min(2, observability.replicas);
    case "postgres":
      return members(data.postgres);
    case "redis":
      return members(data.redis);
    case "elasticsearch":
      return data.elasticsearch.nodes;
    case "kafka":
      return members(messaging.kafka);
    case "nodes":
    case "none":
      throw new RangeError(`${name} has no replicas of its own`);
  }
}

function poolUse(pool: PoolName, settings: PlatformSettings, packing: Packing): PoolUse {
  const nodes = packing.nodes.filter((node) => node.pool === pool);
  const type = instanceTypes[settings.cluster.pools.find((spec) => spec.name === pool)?.instanceType ?? ""];
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    pool,
    nodes: nodes.length,
    pods: sum(nodes.map((node) => node.workloads.length)),
    vcpu: nodes.length * (type?.vcpu ?? 0),
    memoryGiB: (nodes.length * (type?.memoryMiB ?? 0)) / 1024,
    cpuMillis: sum(nodes.map((node) => node.cpuMillis)),
    freeCpuMillis: sum(nodes.map((node) => node.freeCpuMillis)),
    memoryMiB: sum(nodes.map((node) => node.memoryMiB)),
    freeMemoryMiB: sum(nodes.map((node) => node.freeMemoryMiB)),
    largestFreeCpuMillis: Math.max(0, ...nodes.map((node) => node.freeCpuMillis)),
  };
}

/** The report as lines of text, one a pool. */
export function formatCapacity(report: CapacityReport): string {
  const lines = report.pools.map(
    (use) =>
      `${report.scale} ${use.pool}: ${use.nodes} nodes (${use.vcpu} vCPU, ${use.memoryGiB} GiB), ${use.pods} pods, ` +
      `free ${use.freeCpuMillis} of ${use.cpuMillis} mCPU and ${use.freeMemoryMiB} of ${use.memoryMiB} MiB`,
  );
  const left = Object.entries(report.unplaced).map(([name, count]) => `no node for ${count} × ${name}`);
  return [...lines, ...left].join("\n");
}
