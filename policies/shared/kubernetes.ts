import type { GuardedResource } from "./rule.ts";
import { isObject, member, type Read, read, readList } from "./value.ts";

/** Kinds that carry a pod, and where in them. An Argo Rollout is a Deployment to every rule. */
const podPaths: Readonly<Record<string, string>> = {
  "kubernetes:core/v1:Pod": "spec",
  "kubernetes:apps/v1:Deployment": "spec.template.spec",
  "kubernetes:apps/v1:StatefulSet": "spec.template.spec",
  "kubernetes:apps/v1:DaemonSet": "spec.template.spec",
  "kubernetes:apps/v1:ReplicaSet": "spec.template.spec",
  "kubernetes:batch/v1:Job": "spec.template.spec",
  "kubernetes:batch/v1:CronJob": "spec.jobTemplate.spec.template.spec",
  "kubernetes:argoproj.io/v1alpha1:Rollout": "spec.template.spec",
};

/** Type tokens of everything that carries a pod. */
export const workloadTypes: readonly string[] = Object.keys(podPaths);
/** Those that keep a number of pods running. */
export const replicatedTypes: readonly string[] = [
  "kubernetes:apps/v1:Deployment",
  "kubernetes:apps/v1:StatefulSet",
  "kubernetes:argoproj.io/v1alpha1:Rollout",
];

/** Path of the pod's specification in a workload: `spec.template.spec`. */
export function podPath(resource: GuardedResource): string {
  return podPaths[resource.type] ?? "spec";
}

/** Path of the pod's metadata in a workload: `spec.template.metadata`, of a pod itself `metadata`. */
export function podMetadataPath(resource: GuardedResource): string {
  const path = podPath(resource);
  return path === "spec" ? "metadata" : path.replace(/spec$/, "metadata");
}

export interface Container {
  readonly path: string;
  readonly name: string;
  /** Init containers that never end (sidecars of Kubernetes 1.29) count as such, not as `init`. */
  readonly role: "main" | "init" | "sidecar";
  readonly found: Read;
}

/** Every container of a workload, with its path. An unknown list is one container whose value is unknown. */
export function containers(resource: GuardedResource): Container[] {
  const pod = podPath(resource);
  const of = (list: string, role: "main" | "init") =>
    readList(resource.props, member(pod, list)).map(({ path, found }): Container => {
      const value = found.state === "value" && isObject(found.value) ? found.value : {};
      const isSidecar = role === "init" && value.restartPolicy === "Always";
      return { path, found, name: String(value.name ?? ""), role: isSidecar ? "sidecar" : role };
    });
  return [...of("containers", "main"), ...of("initContainers", "init")];
}

/** Namespace of an object; `default` where it names none. */
export function namespaceOf(resource: GuardedResource): string {
  const found = read(resource.props, "metadata.namespace");
  return found.state === "value" ? String(found.value) : "default";
}

/** Name of an object in its cluster; the logical name where the provider chooses one. */
export function objectName(resource: GuardedResource): string {
  const found = read(resource.props, "metadata.name");
  return found.state === "value" ? String(found.value) : resource.name;
}

/** Whether labels satisfy a `matchLabels` and `matchExpressions` selector; an empty selector matches everything. */
export function selects(selector: unknown, labels: unknown): boolean {
  if (!isObject(selector)) return false;
  const has = isObject(labels) ? labels : {};
  const equal = Object.entries(isObject(selector.matchLabels) ? selector.matchLabels : {});
  const expressions = Array.isArray(selector.matchExpressions)
    ? selector.matchExpressions.filter(isObject)
    : [];
  return (
    equal.every(([key, value]) => has[key] === value) &&
    expressions.every(({ key, operator, values }) => {
      const value = has[String(key)];
      const list = Array.isArray(values) ? values : [];
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      if (operator === "In") return value !== undefined && list.includes(value);
      return operator === "NotIn" && !list.includes(value);
    })
  );
}
