import type * as pulumi from "@pulumi/pulumi";
import type { ClusterOutputs } from "../clouds/contract.ts";
import type { Environment, PlatformContext } from "../core/context.ts";
import { containerResources } from "../core/footprint.ts";
import { createNamespace } from "./namespace.ts";
import { createNetworkPolicy, podsIn, tcp } from "./network-policy.ts";
import { collector, istiod, namespaces } from "./places.ts";
import { hostSpread } from "./pods.ts";
import { createRelease } from "./release.ts";
import { sidecarResources } from "./sidecar.ts";

export interface IstioSpec {
  readonly context: PlatformContext;
  readonly cluster: ClusterOutputs;
  readonly replicas: number;
}

export interface Istio {
  /** `metadata.name` of Istio's root namespace, in which policies hold for the whole mesh. */
  readonly rootNamespace: pulumi.Output<string>;
  /** The definitions, istiod and the node agent. */
  readonly ready: readonly pulumi.Resource[];
}

const component = "mesh";
/** Name of the tracing provider that Telemetry resources refer to. */
export const tracingProvider = "otel-tracing";

/** Istio's definitions, control plane and node agent. */
export function createIstio(parent: pulumi.ComponentResource, name: string, spec: IstioSpec): Istio {
  const { context, cluster } = spec;
  const root = createNamespace(parent, namespaces.mesh, {
    context,
    component,
    podSecurity: "restricted",
    mesh: false,
    traffic: {
      apiServer: true,
      webhookPorts: [istiod.webhookPort],
      metricsPorts: [istiod.metricsPort],
    },
  });
  const nodeAgent = createNamespace(parent, namespaces.meshNodeAgent, {
    context,
    component,
    podSecurity: "privileged",
    mesh: false,
    traffic: { apiServer: true, metricsPorts: [istiod.metricsPort] },
  });
  createNetworkPolicy(parent, `${name}-istiod-allow-sidecars`, {
    context,
    component,
    policyName: "allow-sidecars",
    namespace: root.metadata.name,
    podLabels: { app: istiod.app },
    ingress: [
      {
        from: [{ namespaceSelector: { matchLabels: { "istio-injection": "enabled" } } }],
        ports: tcp(istiod.xdsPort),
      },
    ],
    egress: [{ to: [podsIn(namespaces.monitoring)], ports: tcp(collector.grpcPort) }],
  });

  const base = createRelease(
    parent,
    `${name}-istio-base`,
    {
      context,
      chart: "istio-base",
      namespace: root.metadata.name,
      values: { defaultRevision: "default" },
    },
    { dependsOn: [...cluster.ready] },
  );
  const cni = createRelease(
    parent,
    `${name}-istio-cni`,
    {
      context,
      chart: "istio-cni",
      namespace: nodeAgent.metadata.name,
      values: cniValues(context.environment),
    },
    { dependsOn: [base] },
  );
  const controlPlane = createRelease(
    parent,
    `${name}-istiod`,
    { context, chart: "istiod", namespace: root.metadata.name, values: istiodValues(spec) },
    { dependsOn: [base, cni] },
  );
  return { rootNamespace: root.metadata.name, ready: [base, cni, controlPlane] };
}

const cniValues = (environment: Environment) => ({
  excludeNamespaces: ["kube-system", namespaces.meshNodeAgent],
  // A pod that starts before the agent on a fresh node has no redirection: the agent sets it up afterwards.
  repair: { enabled: true, repairPods: true },
  seccompProfile: { type: "RuntimeDefault" },
  resources: containerResources("istio-cni", environment),
  global: { logAsJson: true },
});

function istiodValues({ context: { environment }, replicas }: IstioSpec): Record<string, unknown> {
  return {
    autoscaleEnabled: replicas > 1,
    autoscaleMin: replicas,
    autoscaleMax: replicas + 2,
    replicaCount: replicas,
    cpu: { targetAverageUtilization: 80 },
    resources: containerResources("istiod", environment),
    seccompProfile: { type: "RuntimeDefault" },
    topologySpreadConstraints: hostSpread({ app: istiod.app }),
    cni: { enabled: true },
    meshConfig: {
      accessLogFile: "/dev/stdout",
      accessLogEncoding: "JSON",
      enablePrometheusMerge: true,
      outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
      meshMTLS: { minProtocolVersion: "TLSV1_3" },
      defaultConfig: { holdApplicationUntilProxyStarts: true },
      extensionProviders: [
        { name: tracingProvider, opentelemetry: { service: collector.host, port: collector.grpcPort } },
      ],
    },
    global: {
      logAsJson: true,
      priorityClassName: "platform-critical",
      // With a single copy a budget of one would stop every node drain.
      defaultPodDisruptionBudget: { enabled: replicas > 1 },
      proxy: {
        resources: sidecarResources(environment),
        seccompProfile: { type: "RuntimeDefault" },
      },
    },
  };
}
