import footprint from "../../config/footprint.json" with { type: "json" };
import type { Environment } from "./context.ts";
import { cpuQuantity, memoryQuantity } from "./units.ts";

/** A workload of `config/footprint.json`. */
export type WorkloadName = keyof typeof footprint.workloads;

/** CPU and memory that a pod asks for, and the memory at which it is stopped. */
export interface PodRequest {
  readonly cpuMillis: number;
  readonly memoryMiB: number;
  readonly memoryLimitMiB: number;
}

/** A row of the table. What its words mean is in the table's own `about`. */
export interface Workload extends PodRequest {
  readonly source: string;
  /** What in a plan makes these pods, `<Kind> <name>`; of several a plan has one. */
  readonly from: string | readonly string[];
  /** Where the pods' settings are inside a release's values; the top unless told. */
  readonly at?: string;
  /** Paths in a release's values whose `resources` add up to the row; `at` alone unless told. */
  readonly containers?: readonly string[];
  /** Keys of this part where a chart keeps `resources` and `topologySpreadConstraints` of all parts in one map each. */
  readonly parts?: { readonly resources: string; readonly spread: string };
  /** The priority class that the chart sets by itself where the plan states none. */
  readonly priority?: string;
  readonly kind: "DaemonSet" | "Deployment" | "StatefulSet" | "Sidecar";
  readonly replicas: number | ReplicaRule;
  readonly when?: Condition;
  readonly pool?: "memory";
  readonly storage?: "prometheus" | "loki" | "elasticsearch" | "postgres" | "redis" | "kafka";
  readonly storageGiB?: number;
  readonly maximumReplicas?: Readonly<Record<Environment, number>>;
  readonly small?: PodRequest;
}

export type ReplicaRule =
  | "nodes"
  | "none"
  | "pair"
  | "mesh"
  | "delivery"
  | "observability"
  | "observability-pair"
  | "postgres"
  | "redis"
  | "elasticsearch"
  | "kafka";

export type Condition =
  | "aws"
  | "local"
  | "managed-stores"
  | "request-scaling"
  | "postgres-in-cluster"
  | "redis-in-cluster"
  | "kafka-managed"
  | "kafka-in-cluster"
  | "kafka-kraft"
  | "kafka-zookeeper";

/** The whole table; the JSON is checked against these types by a unit test. */
export const workloads = footprint.workloads as unknown as Readonly<Record<WorkloadName, Workload>>;

/** Releases (`Release <name>`) and kinds of custom resources (`Kind.group`) that make no pods. */
export const withoutPods: readonly string[] = footprint.withoutPods;

/** What one pod of a workload asks for; dev and local take the table's `small` numbers where it has them. */
export function podRequest(name: WorkloadName, environment: Environment): PodRequest {
  const row = workloads[name];
  const chosen = environment === "dev" || environment === "local" ? (row.small ?? row) : row;
  const { cpuMillis, memoryMiB, memoryLimitMiB } = chosen;
  return { cpuMillis, memoryMiB, memoryLimitMiB };
}

/** `resources` of a container: requests, and a limit for memory only, so that no pod is throttled below its node. */
export interface ContainerResources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly memory: string };
}

/**
 * `resources` of the only (or main) container of a workload, for manifests and chart values. Of a pod with several
 * containers give each its `share` of the row; the shares must add up to 1.
 */
export function containerResources(
  name: WorkloadName,
  environment: Environment,
  share = 1,
): ContainerResources {
  const { cpuMillis, memoryMiB, memoryLimitMiB } = podRequest(name, environment);
  return {
    requests: {
      cpu: cpuQuantity(Math.floor(cpuMillis * share)),
      memory: memoryQuantity(Math.floor(memoryMiB * share)),
    },
    limits: { memory: memoryQuantity(Math.floor(memoryLimitMiB * share)) },
  };
}
