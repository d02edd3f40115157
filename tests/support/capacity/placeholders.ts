/**
 * A whole platform as objects that the real controllers turn into pods: the plan's own workloads as they are, and
 * placeholders for what charts, operators and the rollouts controller would make of the rest. A placeholder has the
 * footprint's requests in one container and the plan's own placement, priority and volumes.
 */
import type { Plan } from "../../../cli/plan/plan.ts";
import {
  type PodRequest,
  podRequest,
  type WorkloadName,
  workloads,
} from "../../../components/core/footprint.ts";
import { cpuQuantity, memoryQuantity } from "../../../components/core/units.ts";
import { restrictedContainer, restrictedPod } from "../../../components/kubernetes/pods.ts";
import { podGroups, type Scale } from "../../../config/capacity.ts";
import type { PlatformSettings } from "../../../config/settings-types.ts";
import type { KubernetesObject } from "../control-plane/index.ts";
import { type Claim, type PodSettings, podSettings } from "./settings.ts";
import { kubernetesObject, matchFootprint, ownKinds, type Source, sourcesOf } from "./sources.ts";

/** Tells of a pod which row of the footprint, or which service, it stands for. */
export const rowLabel = "footprint.llm-marketplace.io/row";
/** The rollouts controller's label of a version, by which the services' spread counts each version alone. */
const versionLabel = "rollouts-pod-template-hash";
/** Never run: simulated nodes pull nothing. */
const image = "placeholder.invalid/pod:0";

/** What pods need before they are admitted, besides their namespace. */
const groundKinds = [
  "Namespace",
  "PriorityClass",
  "StorageClass",
  "ServiceAccount",
  "ResourceQuota",
  "LimitRange",
];

export interface Platform {
  /** Namespaces, classes, accounts and quotas: the plan's own. */
  readonly ground: readonly KubernetesObject[];
  readonly workloads: readonly KubernetesObject[];
  /** Pods that must be there in the end, without those on every node. */
  readonly pods: Readonly<Record<string, number>>;
  /** Rows that run on every node. */
  readonly onEveryNode: readonly string[];
}

/** The platform of a stack with replicas at their minimum or maximum. */
export function platformOf(plan: Plan, settings: PlatformSettings, scale: Scale): Platform {
  const sources = sourcesOf(plan);
  const pods = Object.fromEntries(podGroups(settings, scale).map(({ workload, count }) => [workload, count]));
  const matches = matchFootprint(plan.stack, sources).filter(({ row }) => workloads[row].kind !== "Sidecar");
  const rows = matches.map((match) => {
    const { row, source } = match;
    return ownKinds.includes(source.kind)
      ? ownWorkload(row, source)
      : placeholder(
          row,
          source.namespace,
          podSettings(match, sources),
          request(row, settings),
          pods[row] ?? 0,
        );
  });
  const services = settings.services.map(({ name }) =>
    serviceVersion(rolloutOf(sources, name), pods[name] ?? 0, "stable"),
  );
  const jobs = sources.filter(({ kind }) => kind === "Job.batch").map(({ body }) => body as KubernetesObject);
  const objects = plan.resources
    .filter(
      ({ type }) => type.startsWith("kubernetes:") && groundKinds.includes(type.split(":").at(-1) ?? ""),
    )
    .map((resource) => kubernetesObject(resource) as KubernetesObject);
  return {
    ground: objects,
    workloads: [...rows, ...services, ...jobs],
    pods,
    onEveryNode: matches.map(({ row }) => row).filter((row) => workloads[row].kind === "DaemonSet"),
  };
}

/** The new version of a service beside the old one. */
export function canaryOf(plan: Plan, service: string, replicas: number): KubernetesObject {
  return serviceVersion(rolloutOf(sourcesOf(plan), service), replicas, "canary");
}

export function rolloutOf(sources: readonly Source[], service: string): KubernetesObject {
  const rollout = sources.find(
    ({ kind, body }) => kind === "Rollout.argoproj.io" && body.metadata.name === service,
  );
  if (rollout === undefined) throw new Error(`the plan has no Rollout ${service}`);
  return rollout.body as KubernetesObject;
}

/**
 * One version of a service: the ReplicaSet that the rollouts controller would make of the Rollout's own template, as a
 * Deployment, so that the proof of room needs neither that controller nor Istio; with the sidecar that the injector
 * would add, as a native one, and the controller's label.
 */
function serviceVersion(rollout: KubernetesObject, replicas: number, version: string): KubernetesObject {
  const { metadata, spec } = rollout;
  const { template } = spec;
  const labels = { [versionLabel]: version, [rowLabel]: metadata.name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: `${metadata.name}-${version}`, namespace: metadata.namespace as string },
    spec: {
      replicas,
      selector: { matchLabels: { ...spec.selector.matchLabels, ...labels } },
      template: {
        metadata: { ...template.metadata, labels: { ...template.metadata.labels, ...labels } },
        spec: { ...template.spec, initContainers: [sidecar(template.metadata.annotations)] },
      },
    },
  };
}

function sidecar(annotations: Readonly<Record<string, string>>) {
  const of = (key: string) => {
    const value = annotations[`sidecar.istio.io/${key}`];
    if (value === undefined) throw new Error(`a service's pods have no annotation sidecar.istio.io/${key}`);
    return value;
  };
  return {
    name: "istio-proxy",
    image,
    restartPolicy: "Always",
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: of("proxyCPU"), memory: of("proxyMemory") },
      limits: { cpu: of("proxyCPULimit"), memory: of("proxyMemoryLimit") },
    },
  };
}

/** What the library makes itself stays as it is, apart from the label. */
function ownWorkload(row: WorkloadName, { body }: Source): KubernetesObject {
  const { template } = body.spec;
  const labels = { ...template.metadata.labels, [rowLabel]: row };
  return {
    ...(body as KubernetesObject),
    spec: { ...body.spec, template: { ...template, metadata: { ...template.metadata, labels } } },
  };
}

function placeholder(
  row: WorkloadName,
  namespace: string,
  settings: PodSettings,
  { cpuMillis, memoryMiB, memoryLimitMiB }: PodRequest,
  replicas: number,
): KubernetesObject {
  const { kind } = workloads[row];
  const onEveryNode = kind === "DaemonSet";
  const labels = { ...selectedLabels(settings), [rowLabel]: row };
  const resources = {
    requests: { cpu: cpuQuantity(cpuMillis), memory: memoryQuantity(memoryMiB) },
    limits: { memory: memoryQuantity(memoryLimitMiB) },
  };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: row, namespace },
    spec: {
      selector: { matchLabels: labels },
      ...(onEveryNode ? {} : { replicas }),
      ...(kind === "StatefulSet"
        ? {
            serviceName: row,
            podManagementPolicy: "Parallel",
            volumeClaimTemplates: settings.claims.map(claimTemplate),
          }
        : {}),
      template: {
        metadata: { labels },
        spec: {
          ...settings.placement,
          // The agents of a node run on every node, whatever it is tainted with.
          ...(onEveryNode ? { tolerations: [{ operator: "Exists" }] } : {}),
          automountServiceAccountToken: false,
          securityContext: restrictedPod,
          containers: [{ name: row, image, resources, securityContext: restrictedContainer }],
        },
      },
    },
  };
}

function claimTemplate({ name, storageClassName, size }: Claim) {
  return {
    metadata: { name },
    spec: { accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage: size } } },
  };
}

/** The labels by which the pod's own spread and anti-affinity count its fellows; the chart would set them. */
function selectedLabels({ placement }: PodSettings): Record<string, string> {
  const { affinity, topologySpreadConstraints = [] } = placement;
  const required = (
    affinity as { podAntiAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: Term[] } }
  )?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms: readonly Term[] = [...topologySpreadConstraints, ...(required ?? [])];
  return Object.assign({}, ...terms.map(({ labelSelector }) => labelSelector.matchLabels));
}

interface Term {
  readonly labelSelector: { readonly matchLabels: Readonly<Record<string, string>> };
}

function request(row: WorkloadName, settings: PlatformSettings): PodRequest {
  if (row !== "elasticsearch") return podRequest(row, settings.context.environment);
  const { cpuMillis, memoryMiB } = settings.data.elasticsearch;
  return { cpuMillis, memoryMiB, memoryLimitMiB: memoryMiB };
}
