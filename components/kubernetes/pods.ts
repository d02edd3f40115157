/** What pods everywhere share: resources, security contexts, spread, disruption budgets. Plain data, no resources. */
import type { PlatformContext } from "../core/context.ts";
import { cpuQuantity, memoryQuantity } from "../core/units.ts";

export interface ContainerResources {
  /** Thousandths of a CPU asked for. There is no CPU limit: throttling costs latency and frees nothing. */
  readonly cpuMillis: number;
  readonly memoryMiB: number;
  /** Memory at which the container is killed. */
  readonly memoryLimitMiB: number;
}

/** `resources` of a container. */
export function resources(spec: ContainerResources): {
  requests: { cpu: string; memory: string };
  limits: { memory: string };
} {
  return {
    requests: { cpu: cpuQuantity(spec.cpuMillis), memory: memoryQuantity(spec.memoryMiB) },
    limits: { memory: memoryQuantity(spec.memoryLimitMiB) },
  };
}

/** Copies of an operator of which one works and the rest stand by: the `pair` of `config/footprint.json`. */
export function pairReplicas({ environment }: PlatformContext): number {
  return environment === "dev" || environment === "local" ? 1 : 2;
}

/** Pod security context of the restricted level, for a user that owns nothing in the image. */
export const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: 10001,
  runAsGroup: 10001,
  fsGroup: 10001,
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/** Container security context of the restricted level. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

export interface SpreadConstraint {
  maxSkew: number;
  topologyKey: string;
  whenUnsatisfiable: "DoNotSchedule" | "ScheduleAnyway";
  labelSelector: { matchLabels: Record<string, string> };
  nodeTaintsPolicy?: "Honor" | "Ignore";
  matchLabelKeys?: string[];
}

/** Spread over zones and hosts as far as the nodes allow: for platform pods, which must run even in one zone. */
export function hostSpread(matchLabels: Record<string, string>): SpreadConstraint[] {
  return ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels },
  }));
}

/** Chart values of a disruption budget: one pod at a time, and none where there is one pod, so that nodes can drain. */
export function disruptionBudget(replicas: number): { enabled: boolean; minAvailable?: number } {
  return replicas > 1 ? { enabled: true, minAvailable: replicas - 1 } : { enabled: false };
}
