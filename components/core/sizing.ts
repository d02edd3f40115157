import type { PoolName } from "../clouds/contract.ts";

/**
 * How much of a node pods may use, and whether a set of pods fits a set of nodes. Pure arithmetic: CPU in
 * millicores, memory in MiB.
 */

/** What AWS sells under the name of an instance type. */
export interface InstanceType {
  readonly vcpu: number;
  readonly memoryMiB: number;
  /** Network interfaces, and IPv4 addresses of each: together they bound the pods of a node. */
  readonly interfaces: number;
  readonly addressesPerInterface: number;
  readonly architecture: "x86_64" | "arm64";
  /** Share of each vCPU that may be used without spending credits; undefined where all of it may. */
  readonly baseline?: number;
}

const gibibyte = 1024;
const x86 = "x86_64" as const;
const arm = "arm64" as const;

/** `vcpu`, GiB, architecture of types with four interfaces of fifteen addresses. */
function fourByFifteen(
  vcpu: number,
  gib: number,
  architecture: InstanceType["architecture"],
  baseline?: number,
): InstanceType {
  return {
    vcpu,
    memoryMiB: gib * gibibyte,
    interfaces: 4,
    addressesPerInterface: 15,
    architecture,
    ...(baseline === undefined ? {} : { baseline }),
  };
}

/**
 * The instance types that pools may have. Sizes and interfaces: awslabs/amazon-eks-ami `instance-info.jsonl`;
 * baselines: EC2 user guide, burstable performance instances (both read 2026-11-23).
 */
export const instanceTypes: Readonly<Record<string, InstanceType>> = {
  "t3.large": { ...fourByFifteen(2, 8, x86, 0.3), interfaces: 3, addressesPerInterface: 12 },
  "t4g.large": { ...fourByFifteen(2, 8, arm, 0.3), interfaces: 3, addressesPerInterface: 12 },
  "t3.xlarge": fourByFifteen(4, 16, x86, 0.4),
  "t3a.xlarge": fourByFifteen(4, 16, x86, 0.4),
  "t4g.xlarge": fourByFifteen(4, 16, arm, 0.4),
  "m5.xlarge": fourByFifteen(4, 16, x86),
  "m5a.xlarge": fourByFifteen(4, 16, x86),
  "m6i.xlarge": fourByFifteen(4, 16, x86),
  "m6g.xlarge": fourByFifteen(4, 16, arm),
  "m7g.xlarge": fourByFifteen(4, 16, arm),
  "c5.2xlarge": fourByFifteen(8, 16, x86),
  "c6i.2xlarge": fourByFifteen(8, 16, x86),
  "c6g.2xlarge": fourByFifteen(8, 16, arm),
  "c7g.2xlarge": fourByFifteen(8, 16, arm),
  "r5.xlarge": fourByFifteen(4, 32, x86),
  "r6i.xlarge": fourByFifteen(4, 32, x86),
  "r6g.xlarge": fourByFifteen(4, 32, arm),
  "r7g.xlarge": fourByFifteen(4, 32, arm),
};

/** What is left of a node for pods. */
export interface Allocatable {
  readonly cpuMillis: number;
  readonly memoryMiB: number;
  readonly pods: number;
}

/**
 * Share of the advertised memory that the hypervisor and the kernel take before the kubelet counts. Karpenter's
 * default, on the safe side: measured nodes lose 3 to 6 % (karpenter-provider-aws, `vmMemoryOverheadPercent`).
 */
const hypervisorShare = 0.075;
/** Kubelet's `evictionHard` of `memory.available` on EKS images. */
const evictionMiB = 100;

/** Most pods of a node: what its addresses allow, plus the two system pods on the host's own network. */
export function maxPods(type: InstanceType): number {
  return type.interfaces * (type.addressesPerInterface - 1) + 2;
}

/** Addresses of the subnet that a full node holds. */
export function addressesPerNode(type: InstanceType): number {
  return type.interfaces * type.addressesPerInterface;
}

/**
 * Allocatable of an EKS node (AL2023). Reserved for the kubelet: 11 MiB per pod + 255 MiB, and of the CPU 6 % of
 * the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest (awslabs/amazon-eks-ami,
 * `nodeadm/internal/kubelet/config.go`, read 2026-11-23).
 */
export function allocatable(type: InstanceType): Allocatable {
  const pods = maxPods(type);
  const cpu = type.vcpu * 1000;
  const shares: readonly (readonly [from: number, to: number, share: number])[] = [
    [0, 1000, 0.06],
    [1000, 2000, 0.01],
    [2000, 4000, 0.005],
    [4000, cpu, 0.0025],
  ];
  const reservedCpu = shares.reduce(
    (sum, [from, to, share]) => sum + Math.max(0, Math.min(cpu, to) - from) * share,
    0,
  );
  const reservedMemory = 11 * pods + 255 + evictionMiB;
  return {
    cpuMillis: Math.floor(cpu - reservedCpu),
    memoryMiB: Math.floor(type.memoryMiB * (1 - hypervisorShare)) - reservedMemory,
    pods,
  };
}

/** A node before pods are on it. */
export interface Node extends Allocatable {
  readonly pool: PoolName;
  readonly zone: string;
}

/** Equal pods of one workload. */
export interface PodGroup {
  readonly workload: string;
  readonly count: number;
  readonly cpuMillis: number;
  readonly memoryMiB: number;
  /** Pools whose nodes take it, in the order in which they are tried. */
  readonly pools: readonly PoolName[];
  /** Whether no zone may hold two more of them than another (`maxSkew: 1`, `DoNotSchedule`). */
  readonly spreadOverZones: boolean;
}

export interface PackedNode extends Node {
  readonly workloads: string[];
  freeCpuMillis: number;
  freeMemoryMiB: number;
  freePods: number;
}

export interface Packing {
  readonly nodes: readonly PackedNode[];
  /** Pods for which no node was left, by workload. */
  readonly unplaced: Readonly<Record<string, number>>;
}

/**
 * First-fit-decreasing: the pods that need the largest share of a node first, each on the first node with room, in
 * the zone with the fewest of its workload. `onEveryNode` (DaemonSets) is taken off every node before. What this
 * places, the scheduler can place too; it may need more nodes than the best packing.
 */
export function pack(
  nodes: readonly Node[],
  onEveryNode: readonly Omit<PodGroup, "count" | "pools" | "spreadOverZones">[],
  groups: readonly PodGroup[],
): Packing {
  const packed = nodes.map((node): PackedNode => {
    const { workloads, cpu, memory } = sumUp(onEveryNode);
    return {
      ...node,
      workloads,
      freeCpuMillis: node.cpuMillis - cpu,
      freeMemoryMiB: node.memoryMiB - memory,
      freePods: node.pods - workloads.length,
    };
  });
  const unplaced: Record<string, number> = {};
  const largestFirst = [...groups].sort(
    (a, b) => weight(b) - weight(a) || (a.workload < b.workload ? -1 : 1),
  );
  for (const group of largestFirst) {
    for (let index = 0; index < group.count; index += 1) {
      const node = firstFit(packed, group);
      if (node) put(node, group);
      else unplaced[group.workload] = (unplaced[group.workload] ?? 0) + 1;
    }
  }
  return { nodes: packed, unplaced };
}

function sumUp(pods: readonly { workload: string; cpuMillis: number; memoryMiB: number }[]) {
  return {
    workloads: pods.map((pod) => pod.workload),
    cpu: pods.reduce((sum, pod) => sum + pod.cpuMillis, 0),
    memory: pods.reduce((sum, pod) => sum + pod.memoryMiB, 0),
  };
}

/** A pod's size as the larger of its shares of a 4-core, 16-GiB node. */
function weight(pod: PodGroup): number {
  return Math.max(pod.cpuMillis / 4000, pod.memoryMiB / 16384);
}

function firstFit(nodes: readonly PackedNode[], pod: PodGroup): PackedNode | undefined {
  const allowed = pod.pools.flatMap((pool) => nodes.filter((node) => node.pool === pool));
  const zones = pod.spreadOverZones ? emptiestZones(allowed, pod.workload) : undefined;
  return allowed.find(
    (node) =>
      (zones === undefined || zones.has(node.zone)) &&
      node.freePods >= 1 &&
      node.freeCpuMillis >= pod.cpuMillis &&
      node.freeMemoryMiB >= pod.memoryMiB,
  );
}

function emptiestZones(nodes: readonly PackedNode[], workload: string): Set<string> {
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const here = node.workloads.filter((name) => name === workload).length;
    counts.set(node.zone, (counts.get(node.zone) ?? 0) + here);
  }
  const fewest = Math.min(...counts.values());
  return new Set([...counts].filter(([, count]) => count === fewest).map(([zone]) => zone));
}

function put(node: PackedNode, pod: PodGroup): void {
  node.workloads.push(pod.workload);
  node.freeCpuMillis -= pod.cpuMillis;
  node.freeMemoryMiB -= pod.memoryMiB;
  node.freePods -= 1;
}
