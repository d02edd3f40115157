import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { NodePoolSpec } from "../clouds/contract.ts";
import { labels, selector } from "../core/labels.ts";
import { createCustomResource } from "./custom-resource.ts";
import { mergedMetricsPort } from "./places.ts";
import { resources, restrictedContainer, restrictedPod, type SpreadConstraint } from "./pods.ts";
import { type RolloutStrategy, rolloutStrategy } from "./rollout-strategy.ts";
import { type EnvironmentSpec, serviceEnvironment, serviceVolumes } from "./service-environment.ts";
import { type ServicePart, serviceComponent, serviceNames } from "./service-names.ts";
import { latencyBuckets } from "./service-objectives.ts";
import { storeUses } from "./service-stores.ts";
import { sidecarAnnotations } from "./sidecar.ts";
import { skipAwait } from "./skip-await.ts";
import { poolLabel } from "./stores/placement.ts";

export interface WorkloadSpec extends ServicePart, EnvironmentSpec {
  readonly image: pulumi.Input<string>;
  readonly strategy: RolloutStrategy;
  readonly errorRateTemplate: string;
  readonly latencyTemplate: string;
  readonly pools: readonly NodePoolSpec[];
  readonly serviceAccountAnnotations: Record<string, pulumi.Input<string>>;
  /** Everything that must exist before the first pod: operators, identity, stores. */
  readonly ready: readonly pulumi.Resource[];
}

/** Label of the Service whose pods are scraped; a preview Service selects the same pods and must not count twice. */
export const scrapeLabel = { "llm-marketplace.io/scrape": "true" } as const;

/** Seconds between the end of readiness and the end of the process, in which callers learn of it. */
const drainSeconds = 10;
/** Longest time of calls in flight when a pod ends. */
const graceSeconds = 60;
/** Old versions that can be gone back to. */
const keptRevisions = 5;

/** A service's pods and what directly belongs to them: ServiceAccount, Services, disruption budget. */
export function createWorkload(
  parent: pulumi.ComponentResource,
  name: string,
  spec: WorkloadSpec,
): kubernetes.apiextensions.CustomResource {
  const { context, service, namespace } = spec;
  const names = serviceNames(service.name);
  const account = new kubernetes.core.v1.ServiceAccount(
    `${name}-account`,
    {
      metadata: {
        name: names.workload,
        namespace,
        labels: labels(context, serviceComponent, service.name),
        annotations: spec.serviceAccountAnnotations,
      },
      automountServiceAccountToken: false,
    },
    { parent },
  );
  const services = buildServices(parent, name, spec);
  buildDisruptionBudget(parent, name, spec);
  return createCustomResource(
    parent,
    `${name}-rollout`,
    {
      context,
      component: serviceComponent,
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Rollout",
      objectName: names.workload,
      namespace,
      spec: {
        // No `replicas`: the autoscaler owns it, and a number here would fight it at every update.
        revisionHistoryLimit: keptRevisions,
        // Going back to one of the last versions skips the steps: it has been through them.
        rollbackWindow: { revisions: 3 },
        progressDeadlineSeconds: 600,
        progressDeadlineAbort: true,
        selector: { matchLabels: selector(service.name) },
        strategy: rolloutStrategy(spec),
        template: podTemplate(spec),
      },
    },
    { dependsOn: [account, ...services, ...spec.ready] },
  );
}

function podTemplate(spec: WorkloadSpec): Record<string, unknown> {
  const { context, service } = spec;
  const { volumes, mounts } = serviceVolumes(spec);
  return {
    metadata: {
      labels: {
        ...labels(context, serviceComponent, service.name),
        "app.kubernetes.io/version": service.version,
      },
      annotations: podAnnotations(spec),
    },
    spec: {
      serviceAccountName: serviceNames(service.name).workload,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      priorityClassName: "services",
      securityContext: restrictedPod,
      terminationGracePeriodSeconds: graceSeconds,
      topologySpreadConstraints: serviceSpread(service.name, service.scaling.minReplicas),
      ...placement(service.pool, spec.pools),
      containers: [
        {
          name: service.name,
          image: spec.image,
          imagePullPolicy: "IfNotPresent",
          ports: [{ name: "http", containerPort: service.port, protocol: "TCP" }],
          env: serviceEnvironment(spec),
          resources: resources(service.resources),
          securityContext: restrictedContainer,
          ...probes,
          lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
          volumeMounts: mounts,
        },
      ],
      volumes,
    },
  };
}

const probes = {
  // Up to a minute to start; until then neither of the others is asked.
  startupProbe: { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 2, failureThreshold: 30 },
  livenessProbe: {
    httpGet: { path: "/healthz", port: "http" },
    periodSeconds: 10,
    timeoutSeconds: 2,
    failureThreshold: 3,
  },
  readinessProbe: {
    httpGet: { path: "/readyz", port: "http" },
    periodSeconds: 5,
    timeoutSeconds: 2,
    failureThreshold: 2,
  },
};

/** Istio's instructions on the pod: what the sidecar asks for, leaves alone and counts. */
function podAnnotations(spec: WorkloadSpec): Record<string, string> {
  const { service } = spec;
  const storePorts = storeUses(service, spec).flatMap(({ ports }) => ports);
  return {
    ...sidecarAnnotations(spec.context.environment),
    "sidecar.istio.io/statsHistogramBuckets": JSON.stringify({
      istiocustom: latencyBuckets(service.objective),
    }),
    // The node's identity agent is no host of the mesh; the sidecar would refuse it.
    "traffic.sidecar.istio.io/excludeOutboundIPRanges": "169.254.170.23/32",
    // Stores speak TLS of their own, some only after a first plain message; NetworkPolicy says which may be reached.
    ...(storePorts.length === 0
      ? {}
      : {
          "traffic.sidecar.istio.io/excludeOutboundPorts": [...new Set(storePorts)]
            .sort((a, b) => a - b)
            .join(","),
        }),
    "prometheus.io/scrape": "true",
    "prometheus.io/port": `${service.port}`,
    "prometheus.io/path": "/metrics",
  };
}

/**
 * Even over zones and hosts, each version by itself. Zones are strict where there is more than one pod at least, so
 * that losing one never takes more than its share; a single pod (dev, a laptop without zones) goes where there is room.
 */
export function serviceSpread(workload: string, minReplicas: number): SpreadConstraint[] {
  const constraint = { maxSkew: 1, labelSelector: { matchLabels: selector(workload) } };
  const perVersion = { nodeTaintsPolicy: "Honor" as const, matchLabelKeys: ["rollouts-pod-template-hash"] };
  return [
    {
      ...constraint,
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: minReplicas > 1 ? "DoNotSchedule" : "ScheduleAnyway",
      ...perVersion,
    },
    {
      ...constraint,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      ...perVersion,
    },
  ];
}

/** Leads pods to a pool of their own where the stack has it; general nodes carry no taint and need no selector. */
function placement(pool: "general" | "compute", pools: readonly NodePoolSpec[]): Record<string, unknown> {
  const taint = pools.find(({ name }) => name === pool)?.taint;
  if (taint === undefined) return {};
  return {
    nodeSelector: { [poolLabel]: pool },
    tolerations: [{ ...taint, operator: "Equal", effect: "NoSchedule" }],
  };
}

function buildServices(
  parent: pulumi.ComponentResource,
  name: string,
  { context, service, namespace, strategy }: WorkloadSpec,
): kubernetes.core.v1.Service[] {
  const names = serviceNames(service.name);
  const build = (logicalName: string, serviceName: string, scraped: boolean) =>
    new kubernetes.core.v1.Service(
      logicalName,
      {
        metadata: {
          name: serviceName,
          namespace,
          labels: {
            ...labels(context, serviceComponent, service.name),
            ...(scraped ? scrapeLabel : {}),
          },
          // The controller adds its pod hash to the selector and stays its owner.
          annotations: { "pulumi.com/patchForce": "true", ...skipAwait },
        },
        spec: {
          type: "ClusterIP",
          selector: selector(service.name),
          ports: [
            { name: "http", port: service.port, targetPort: "http", protocol: "TCP", appProtocol: "http" },
            { name: "metrics", port: mergedMetricsPort, targetPort: mergedMetricsPort, protocol: "TCP" },
          ],
        },
      },
      { parent, ...(strategy === "blue-green" ? { ignoreChanges: ["spec.selector"] } : {}) },
    );
  return [
    build(`${name}-service`, names.service, true),
    ...(strategy === "blue-green" ? [build(`${name}-service-preview`, names.preview, false)] : []),
  ];
}

/** A tenth of the pods, at least one, may be evicted at a time: never a deadlock, at one pod neither. */
export const evictable = "10%";

function buildDisruptionBudget(
  parent: pulumi.ComponentResource,
  name: string,
  { context, service, namespace }: WorkloadSpec,
): void {
  new kubernetes.policy.v1.PodDisruptionBudget(
    `${name}-disruption-budget`,
    {
      metadata: { name: service.name, namespace, labels: labels(context, serviceComponent, service.name) },
      spec: {
        maxUnavailable: evictable,
        selector: { matchLabels: selector(service.name) },
        // A pod that is not ready serves nobody: it must not hold up the drain of its node.
        unhealthyPodEvictionPolicy: "AlwaysAllow",
      },
    },
    { parent },
  );
}
