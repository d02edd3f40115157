/** Where pods are, and whether that is where they may be: read from pods and nodes, not from what the scheduler says. */
import { parseCpu, parseMemory } from "../../../components/core/units.ts";
import type { KubernetesObject } from "../control-plane/index.ts";
import { poolLabel, zoneOf } from "./nodes.ts";
import type { SpreadConstraint } from "./settings.ts";

/** Nodes and all pods that have not ended. */
export interface Placements {
  readonly nodes: readonly KubernetesObject[];
  readonly pods: readonly KubernetesObject[];
}

export function isReady({ status }: KubernetesObject): boolean {
  return status?.conditions?.some(
    ({ type, status: state }: { type: string; status: string }) => type === "Ready" && state === "True",
  );
}

export function podName({ metadata }: KubernetesObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** What a pod asks for: its containers and native sidecars together. */
export function requestsOf({ spec }: KubernetesObject): { cpuMillis: number; memoryMiB: number } {
  const sidecars = (spec.initContainers ?? []).filter(
    ({ restartPolicy }: { restartPolicy?: string }) => restartPolicy === "Always",
  );
  let [cpuMillis, memoryMiB] = [0, 0];
  for (const { resources } of [...spec.containers, ...sidecars]) {
    cpuMillis += parseCpu(String(resources?.requests?.cpu ?? 0));
    memoryMiB += parseMemory(String(resources?.requests?.memory ?? 0));
  }
  return { cpuMillis, memoryMiB };
}

export interface Room {
  readonly pods: number;
  readonly cpuMillis: number;
  readonly freeCpuMillis: number;
  readonly memoryMiB: number;
  readonly freeMemoryMiB: number;
  readonly freePods: number;
}

/** What is left of each node. */
export function roomOf({ nodes, pods }: Placements): Map<string, Room> {
  return new Map(
    nodes.map(({ metadata, status }) => {
      const here = pods.filter(({ spec }) => spec.nodeName === metadata.name).map(requestsOf);
      const cpuMillis = parseCpu(status.allocatable.cpu);
      const memoryMiB = parseMemory(status.allocatable.memory);
      return [
        metadata.name,
        {
          pods: here.length,
          cpuMillis,
          freeCpuMillis: cpuMillis - here.reduce((sum, pod) => sum + pod.cpuMillis, 0),
          memoryMiB,
          freeMemoryMiB: memoryMiB - here.reduce((sum, pod) => sum + pod.memoryMiB, 0),
          freePods: Number(status.allocatable.pods) - here.length,
        },
      ];
    }),
  );
}

/** One line a pool: nodes, pods, free CPU and memory. */
export function formatPools(title: string, placements: Placements): string[] {
  const room = roomOf(placements);
  const pools = [...new Set(placements.nodes.map(poolOf))].sort();
  return pools.map((pool) => {
    const rooms = placements.nodes
      .filter((node) => poolOf(node) === pool)
      .map(({ metadata }) => room.get(metadata.name) as Room);
    const sum = (key: keyof Room) => rooms.reduce((total, one) => total + one[key], 0);
    return (
      `${title} ${pool}: ${rooms.length} nodes, ${sum("pods")} pods, ` +
      `free ${sum("freeCpuMillis")} of ${sum("cpuMillis")} mCPU and ${sum("freeMemoryMiB")} of ${sum("memoryMiB")} MiB`
    );
  });
}

function poolOf({ metadata }: KubernetesObject): string {
  return metadata.labels?.[poolLabel] ?? "";
}

/** Everything that is not as the pods' own rules and the nodes' sizes ask; empty when all is well. */
export function misplaced(placements: Placements): string[] {
  return [
    ...overfull(placements),
    ...unevenlySpread(placements),
    ...tooClose(placements),
    ...wrongNodes(placements),
  ];
}

function overfull(placements: Placements): string[] {
  return [...roomOf(placements)].flatMap(([node, { freeCpuMillis, freeMemoryMiB, freePods }]) =>
    freeCpuMillis < 0 || freeMemoryMiB < 0 || freePods < 0 ? [`${node} holds more than it has`] : [],
  );
}

/** Strict spread: no domain that the pods may use has more than `maxSkew` above the emptiest. */
function unevenlySpread({ nodes, pods }: Placements): string[] {
  const byName = new Map(nodes.map((node) => [node.metadata.name, node]));
  const problems = new Set<string>();
  for (const pod of pods) {
    for (const constraint of (pod.spec.topologySpreadConstraints ?? []) as Strict[]) {
      if (constraint.whenUnsatisfiable !== "DoNotSchedule") continue;
      const domains = new Map<string, number>();
      for (const node of nodes) {
        if (mayUse(pod, node, constraint))
          domains.set(node.metadata.labels?.[constraint.topologyKey] ?? "", 0);
      }
      for (const fellow of pods) {
        const domain = byName.get(fellow.spec.nodeName)?.metadata.labels?.[constraint.topologyKey];
        if (domain === undefined || !countsWith(fellow, pod, constraint)) continue;
        if (domains.has(domain)) domains.set(domain, (domains.get(domain) ?? 0) + 1);
      }
      const counts = [...domains.values()];
      if (Math.max(...counts) - Math.min(...counts) <= constraint.maxSkew) continue;
      problems.add(
        `${pod.metadata.namespace}/${JSON.stringify(constraint.labelSelector.matchLabels)} over ${constraint.topologyKey}: ${JSON.stringify(Object.fromEntries(domains))}`,
      );
    }
  }
  return [...problems];
}

interface Strict extends SpreadConstraint {
  readonly matchLabelKeys?: readonly string[];
  readonly nodeTaintsPolicy?: "Honor" | "Ignore";
}

function countsWith(fellow: KubernetesObject, pod: KubernetesObject, constraint: Strict): boolean {
  const labels = fellow.metadata.labels ?? {};
  return (
    fellow.metadata.namespace === pod.metadata.namespace &&
    Object.entries(constraint.labelSelector.matchLabels).every(([key, value]) => labels[key] === value) &&
    (constraint.matchLabelKeys ?? []).every((key) => labels[key] === pod.metadata.labels?.[key])
  );
}

function mayUse({ spec }: KubernetesObject, node: KubernetesObject, { nodeTaintsPolicy }: Strict): boolean {
  return selects(spec, node) && (nodeTaintsPolicy !== "Honor" || tolerates(spec, node));
}

function selects(spec: KubernetesObject["spec"], { metadata }: KubernetesObject): boolean {
  return Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => metadata.labels?.[key] === value);
}

function tolerates(spec: KubernetesObject["spec"], { spec: { taints = [] } }: KubernetesObject): boolean {
  return taints.every(({ key, value, effect }: Record<string, string>) =>
    (spec.tolerations ?? []).some(
      (toleration: Record<string, string>) =>
        (toleration.key === undefined || toleration.key === key) &&
        (toleration.operator === "Exists" || toleration.value === value) &&
        (toleration.effect === undefined || toleration.effect === effect),
    ),
  );
}

/** Required anti-affinity: no two pods that keep away from each other in one domain. */
function tooClose({ nodes, pods }: Placements): string[] {
  const byName = new Map(nodes.map((node) => [node.metadata.name, node]));
  return pods.flatMap((pod) => {
    const terms = pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    return terms.flatMap(({ labelSelector, topologyKey }: SpreadConstraint) => {
      const domainOf = ({ spec }: KubernetesObject) =>
        byName.get(spec.nodeName)?.metadata.labels?.[topologyKey];
      const own = domainOf(pod);
      const near = pods.filter(
        (fellow) =>
          fellow !== pod &&
          own !== undefined &&
          domainOf(fellow) === own &&
          countsWith(fellow, pod, { labelSelector } as Strict),
      );
      return near.map((fellow) => `${podName(pod)} and ${podName(fellow)} are both in ${own}`);
    });
  });
}

function wrongNodes({ nodes, pods }: Placements): string[] {
  return pods.flatMap((pod) => {
    const node = nodes.find(({ metadata }) => metadata.name === pod.spec.nodeName);
    if (node === undefined || (selects(pod.spec, node) && tolerates(pod.spec, node))) return [];
    return [`${podName(pod)} is on ${node.metadata.name}, which it may not use`];
  });
}

/** Zones of the nodes on which a row's pods are, sorted. */
export function zonesOf({ nodes, pods }: Placements, isOne: (pod: KubernetesObject) => boolean): string[] {
  const zones = new Map(nodes.map((node) => [node.metadata.name, zoneOf(node)]));
  return pods
    .filter(isOne)
    .flatMap(({ spec }) => zones.get(spec.nodeName) ?? [])
    .sort();
}
