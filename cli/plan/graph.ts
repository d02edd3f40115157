/** The order in which a plan's resources can be created, and what each needs first. */
import { clusterScopedKinds } from "../../simulator/kubernetes.ts";
import { plain } from "../../simulator/properties.ts";
import type { RecordedResource } from "../../simulator/recorder.ts";
import { compare } from "./plan.ts";

export const releaseType = "kubernetes:helm.sh/v3:Release";

/** Whether the resource is a Kubernetes object of its own (a Helm release is not). */
export function isKubernetesObject(resource: RecordedResource): boolean {
  return resource.type.startsWith("kubernetes:") && resource.custom && resource.type !== releaseType;
}

/** Namespace of a Kubernetes object or Helm release; undefined for what belongs to the whole cluster. */
export function namespaceOf(resource: RecordedResource): string | undefined {
  const outputs = plain(resource.outputs) as { namespace?: unknown; metadata?: { namespace?: unknown } };
  if (resource.type === releaseType) return String(outputs.namespace ?? "default");
  if (!isKubernetesObject(resource) || clusterScopedKinds.has(resource.type.slice("kubernetes:".length))) {
    return undefined;
  }
  return String(outputs.metadata?.namespace ?? "default");
}

/** Name of a Kubernetes object or Helm release in its cluster. */
export function objectName(resource: RecordedResource): string {
  const outputs = plain(resource.outputs) as { name?: unknown; metadata?: { name?: unknown } };
  return String((resource.type === releaseType ? outputs.name : outputs.metadata?.name) ?? resource.name);
}

/** URNs that must exist before the resource: what it depends on, its provider and its parent. */
export function directNeeds(resource: RecordedResource): string[] {
  const provider = resource.provider.slice(0, Math.max(0, resource.provider.lastIndexOf("::")));
  const needs = new Set([
    ...resource.dependencies,
    ...Object.values(resource.propertyDependencies).flat(),
    ...(provider === "" ? [] : [provider]),
    ...(resource.parent === undefined ? [] : [resource.parent]),
  ]);
  needs.delete(resource.urn);
  return [...needs];
}

/** Everything that must exist before each resource, transitively; a resource in a cycle needs itself. */
export function allNeeds(resources: readonly RecordedResource[]): Map<string, ReadonlySet<string>> {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const result = new Map<string, Set<string>>();
  for (const resource of resources) {
    const reached = new Set<string>();
    const queue = directNeeds(resource);
    for (let urn = queue.pop(); urn !== undefined; urn = queue.pop()) {
      if (reached.has(urn)) continue;
      reached.add(urn);
      const next = byUrn.get(urn);
      if (next) queue.push(...directNeeds(next));
    }
    result.set(resource.urn, reached);
  }
  return result;
}

/**
 * An order in which every resource comes after what it needs, and every namespaced object after its Namespace.
 * Among those that are ready the smallest rank comes first, then the smallest URN, so the order is stable.
 */
export function creationOrder(
  resources: readonly RecordedResource[],
  rank: (resource: RecordedResource) => number = () => 0,
): RecordedResource[] {
  const namespaces = new Map(
    resources
      .filter((resource) => resource.type === "kubernetes:core/v1:Namespace")
      .map((resource) => [objectName(resource), resource.urn]),
  );
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const waiting = new Map<string, Set<string>>();
  const dependents = new Map<string, string[]>();
  for (const resource of resources) {
    const needs = new Set(directNeeds(resource).filter((urn) => byUrn.has(urn)));
    const namespace = namespaces.get(namespaceOf(resource) ?? "");
    if (namespace !== undefined) needs.add(namespace);
    waiting.set(resource.urn, needs);
    for (const urn of needs) {
      const list = dependents.get(urn);
      if (list) list.push(resource.urn);
      else dependents.set(urn, [resource.urn]);
    }
  }
  const before = (a: RecordedResource, b: RecordedResource) => rank(a) - rank(b) || compare(a.urn, b.urn);
  const ready = resources.filter((resource) => waiting.get(resource.urn)?.size === 0).sort(before);
  const order: RecordedResource[] = [];
  for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
    order.push(next);
    waiting.delete(next.urn);
    for (const urn of dependents.get(next.urn) ?? []) {
      const needs = waiting.get(urn);
      needs?.delete(next.urn);
      const resource = byUrn.get(urn);
      if (needs?.size === 0 && resource) insert(ready, resource, before);
    }
  }
  if (waiting.size > 0) {
    throw new Error(`the dependency graph has a cycle among: ${[...waiting.keys()].sort().join(", ")}`);
  }
  return order;
}

function insert<T>(list: T[], element: T, before: (a: T, b: T) => number): void {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (before(list[middle] as T, element) <= 0) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, element);
}
