import {
  namespaceOf,
  objectName,
  podMetadataPath,
  replicatedTypes,
  selects,
} from "../../shared/kubernetes.ts";
import type { GuardedResource } from "../../shared/rule.ts";
import { isObject, type Read, read } from "../../shared/value.ts";

/** What scales a workload, and where each says how far. */
const autoscalers: Readonly<
  Record<string, { readonly minimum: string; readonly maximum: string; readonly kind: string | undefined }>
> = {
  "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": {
    minimum: "spec.minReplicas",
    maximum: "spec.maxReplicas",
    kind: undefined,
  },
  "kubernetes:autoscaling/v1:HorizontalPodAutoscaler": {
    minimum: "spec.minReplicas",
    maximum: "spec.maxReplicas",
    kind: undefined,
  },
  "kubernetes:keda.sh/v1alpha1:ScaledObject": {
    minimum: "spec.minReplicaCount",
    maximum: "spec.maxReplicaCount",
    kind: "Deployment",
  },
};
export const autoscalerTypes: readonly string[] = Object.keys(autoscalers);

/** Paths of an autoscaler's bounds. */
export function boundsOf({ type }: GuardedResource): { readonly minimum: string; readonly maximum: string } {
  return autoscalers[type] ?? { minimum: "spec.minReplicas", maximum: "spec.maxReplicas" };
}

export function workloadsOf(resources: readonly GuardedResource[]): GuardedResource[] {
  return resources.filter(({ type }) => replicatedTypes.includes(type));
}

/** Whether two objects live in the same namespace of the same cluster. */
export function areNeighbours(one: GuardedResource, other: GuardedResource): boolean {
  return one.provider === other.provider && namespaceOf(one) === namespaceOf(other);
}

/** Whether an autoscaler scales the workload. By name, or by the engine's knowledge where the name is unknown. */
export function scales(autoscaler: GuardedResource, workload: GuardedResource): boolean {
  if (!areNeighbours(autoscaler, workload)) return false;
  const name = read(autoscaler.props, "spec.scaleTargetRef.name");
  if (name.state === "unknown") {
    return autoscaler.propertyDependencies.spec?.includes(workload.urn) ?? false;
  }
  const kind = read(autoscaler.props, "spec.scaleTargetRef.kind");
  const named = kind.state === "value" ? kind.value : autoscalers[autoscaler.type]?.kind;
  return name.state === "value" && name.value === objectName(workload) && named === kindOf(workload);
}

export function autoscalerOf(
  workload: GuardedResource,
  resources: readonly GuardedResource[],
): GuardedResource | undefined {
  return resources.find((one) => autoscalerTypes.includes(one.type) && scales(one, workload));
}

function kindOf({ type }: GuardedResource): string {
  return type.slice(type.lastIndexOf(":") + 1);
}

/** The least number of pods of a workload, and who says it. */
export interface LeastReplicas {
  readonly source: GuardedResource;
  readonly property: string;
  readonly found: Read;
  /** What Kubernetes takes: the number, or what it makes of an absent one. Undefined where it is unknown. */
  readonly count: number | undefined;
}

/** An HPA without a minimum keeps one pod, KEDA none, a workload without replicas one. */
export function leastReplicas(
  workload: GuardedResource,
  resources: readonly GuardedResource[],
): LeastReplicas {
  const autoscaler = autoscalerOf(workload, resources);
  const source = autoscaler ?? workload;
  const property = autoscaler ? boundsOf(autoscaler).minimum : "spec.replicas";
  const found = read(source.props, property);
  const preset = property === "spec.minReplicaCount" ? 0 : 1;
  const count = found.state === "value" ? Number(found.value) : found.state === "absent" ? preset : undefined;
  return { source, property, found, count };
}

/** Labels of a workload's pods. */
export function podLabels(workload: GuardedResource): Read {
  return read(workload.props, `${podMetadataPath(workload)}.labels`);
}

/** Whether a selector takes a workload's pods. An unknown label does not match. */
export function takes(selector: Read, workload: GuardedResource): boolean {
  const labels = podLabels(workload);
  return (
    selector.state === "value" &&
    isObject(selector.value) &&
    labels.state === "value" &&
    selects(selector.value, labels.value)
  );
}

/**
 * Whether pods may run in an object's namespace that no resource of the graph describes: those of Helm charts and of
 * the custom resources of operators.
 */
export function hasHiddenPods(resource: GuardedResource, resources: readonly GuardedResource[]): boolean {
  return resources.some((other) => {
    if (other.provider !== resource.provider) return false;
    if (releaseTypes.includes(other.type)) {
      const namespace = read(other.props, "namespace");
      return (namespace.state === "value" ? namespace.value : "default") === namespaceOf(resource);
    }
    return operatedTypes.includes(other.type) && namespaceOf(other) === namespaceOf(resource);
  });
}

/** What installs a Helm chart as one resource. */
export const releaseTypes: readonly string[] = [
  "kubernetes:helm.sh/v3:Release",
  "kubernetes:helm.sh/v4:Chart",
];
const operatedTypes: readonly string[] = [
  "kubernetes:postgresql.cnpg.io/v1:Cluster",
  "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch",
  "kubernetes:kafka.strimzi.io/v1:Kafka",
];
