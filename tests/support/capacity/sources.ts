/**
 * What in a plan makes pods, and which rows of `config/footprint.json` stand for them. Charts, operators and injectors
 * do not run in the tests, so a release or resource without a row would be pods that nobody counts.
 */
import { isKubernetesObject, namespaceOf, objectName, releaseType } from "../../../cli/plan/graph.ts";
import type { Plan } from "../../../cli/plan/plan.ts";
import { type WorkloadName, withoutPods, workloads } from "../../../components/core/footprint.ts";
import { plain } from "../../../simulator/properties.ts";
import type { RecordedResource } from "../../../simulator/recorder.ts";

/** Something of a plan that may make pods. */
export interface Source {
  /** `Release istiod`, `Addon coredns`, `Kafka kafka`: as a row's `from` names it. */
  readonly id: string;
  /** `Kind.group` of a Kubernetes object. */
  readonly kind: string;
  readonly namespace: string;
  /** Values of a release; apiVersion, kind, metadata and spec of an object. */
  // biome-ignore lint/suspicious/noExplicitAny: values of charts and specs of many kinds
  readonly body: Record<string, any>;
}

const builtInGroups = new Set([
  "",
  "apps",
  "batch",
  "autoscaling",
  "policy",
  "networking.k8s.io",
  "rbac.authorization.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);
/** Kinds of Kubernetes itself that make pods; a Job's end when they are done. */
export const ownKinds = [
  "Deployment.apps",
  "StatefulSet.apps",
  "DaemonSet.apps",
  "Job.batch",
  "CronJob.batch",
];
/** The services' own pods: rows of the catalogue, not of the footprint. */
const serviceKind = "Rollout.argoproj.io";

/** Every release, add-on, workload and custom resource of the plan. */
export function sourcesOf(plan: Plan): Source[] {
  return plan.resources.flatMap((resource): Source[] => {
    if (resource.type === releaseType) {
      const values = (plain(resource.inputs) as { values?: Record<string, unknown> }).values ?? {};
      return [source(`Release ${objectName(resource)}`, "Release", namespaceOf(resource), values)];
    }
    if (isKubernetesObject(resource)) return objectSource(resource);
    return addons(resource).map((name) => source(`Addon ${name}`, "Addon", "kube-system", {}));
  });
}

function source(
  id: string,
  kind: string,
  namespace: string | undefined,
  body: Record<string, unknown>,
): Source {
  return { id, kind, namespace: namespace ?? "", body };
}

function objectSource(resource: RecordedResource): Source[] {
  const body = kubernetesObject(resource);
  const [group] = body.apiVersion.includes("/") ? body.apiVersion.split("/") : [""];
  const kind = `${body.kind}.${group}`;
  if (builtInGroups.has(group ?? "") && !ownKinds.includes(kind)) return [];
  return [source(`${body.kind} ${body.metadata.name}`, kind, body.metadata.namespace, body)];
}

/** A resource of the plan as the object that the API server gets. */
// biome-ignore lint/suspicious/noExplicitAny: the fields of many kinds
export function kubernetesObject(resource: RecordedResource): Record<string, any> {
  // biome-ignore lint/suspicious/noExplicitAny: the fields of many kinds
  const { apiVersion, kind, metadata, ...rest } = plain(resource.inputs) as Record<string, any>;
  const [, group, kindOfType] = resource.type.split(":");
  const namespace = namespaceOf(resource);
  return {
    apiVersion: apiVersion ?? group?.replace(/^core\//, ""),
    kind: kind ?? kindOfType,
    metadata: {
      ...metadata,
      name: objectName(resource),
      ...(namespace === undefined ? {} : { namespace }),
    },
    ...rest,
  };
}

/** Add-ons of EKS: those of their own, and the two that the cluster component switches on. */
function addons({ type, inputs }: RecordedResource): string[] {
  if (type === "aws:eks/addon:Addon") return [String(inputs.addonName)];
  if (type !== "eks:index:Cluster") return [];
  const { kubeProxyAddonOptions, vpcCniOptions } = plain(inputs) as Record<string, { enabled?: boolean }>;
  return [
    ...(kubeProxyAddonOptions?.enabled === false ? [] : ["kube-proxy"]),
    ...(vpcCniOptions === undefined ? [] : ["vpc-cni"]),
  ];
}

const rowsBySource = new Map<string, WorkloadName[]>();
for (const [name, { from }] of Object.entries(workloads) as [
  WorkloadName,
  (typeof workloads)[WorkloadName],
][]) {
  for (const id of typeof from === "string" ? [from] : from) {
    rowsBySource.set(id, [...(rowsBySource.get(id) ?? []), name]);
  }
}

export interface FootprintMatch {
  readonly row: WorkloadName;
  readonly source: Source;
}

/**
 * The rows that a plan has, each with its source. Throws for every source that makes pods without a row: a release, an
 * add-on, or a custom resource that is not known to make none.
 */
export function matchFootprint(stack: string, sources: readonly Source[]): FootprintMatch[] {
  const problems: string[] = [];
  const matches = sources.flatMap((candidate) => {
    const rows = rowsBySource.get(candidate.id) ?? [];
    if (rows.length === 0 && !isCountedElsewhere(candidate)) {
      problems.push(
        `${stack}: ${candidate.id} (${candidate.kind}) may make pods that config/footprint.json does not count; ` +
          `give the rows of its pods "from": "${candidate.id}", or, if it makes none, name it in "withoutPods"`,
      );
    }
    return rows.map((row) => ({ row, source: candidate }));
  });
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return matches;
}

/** Services are rows of the catalogue, and what ends by itself leaves its room to what comes after. */
function isCountedElsewhere({ id, kind }: Source): boolean {
  return (
    kind === serviceKind ||
    kind === "Job.batch" ||
    kind === "CronJob.batch" ||
    withoutPods.includes(id) ||
    withoutPods.includes(kind)
  );
}
