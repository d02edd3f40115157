import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Cloud, ClusterOutputs, EncryptionOutputs, TelemetryOutputs } from "../clouds/contract.ts";
import { workloads } from "../core/footprint.ts";
import { type MonitoringPlace, mainResources, observabilityComponent, ownerLabels } from "./monitoring.ts";
import { createNetworkPolicy, podsIn, tcp } from "./network-policy.ts";
import { collector, jaeger, namespaces } from "./places.ts";
import { disruptionBudget, hostSpread, restrictedContainer, restrictedPod } from "./pods.ts";
import { createRelease } from "./release.ts";
import { imageVersion } from "./versions.ts";

export interface OtelCollectorSpec extends MonitoringPlace {
  readonly cloud: Cloud;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  readonly replicas: number;
  /** What the cloud adds, when traces go there as well. */
  readonly telemetry: TelemetryOutputs | undefined;
  readonly jaeger: pulumi.Resource;
}

const serviceAccount = "otel-collector";
const podLabels = { "app.kubernetes.io/name": "opentelemetry-collector" };

/** The OpenTelemetry collector: takes OTLP from services, sidecars and gateways and passes it on. */
export function createOtelCollector(
  parent: pulumi.ComponentResource,
  name: string,
  spec: OtelCollectorSpec,
): kubernetes.helm.v3.Release {
  const { context, cloud, cluster, encryption, namespace } = spec;
  const identity = cloud.identity(parent, `${name}-collector`, {
    context,
    cluster,
    encryption,
    namespace: namespaces.monitoring,
    serviceAccount,
    grants: spec.telemetry?.grants ?? [],
  });
  createNetworkPolicy(parent, `${name}-collector-ingress`, {
    context,
    component: observabilityComponent,
    policyName: "otel-collector",
    namespace,
    podLabels,
    ingress: [
      {
        from: [
          { namespaceSelector: { matchLabels: { "istio-injection": "enabled" } } },
          podsIn(namespaces.gateway),
          podsIn(namespaces.mesh),
        ],
        ports: tcp(collector.grpcPort, collector.httpPort),
      },
    ],
  });
  return createRelease(
    parent,
    `${name}-otel-collector`,
    {
      context,
      chart: "opentelemetry-collector",
      releaseName: collector.service,
      namespace,
      values: collectorValues(spec, identity.serviceAccountAnnotations),
    },
    { dependsOn: [...spec.ready, ...identity.ready, spec.jaeger] },
  );
}

function collectorValues(
  spec: OtelCollectorSpec,
  annotations: Record<string, pulumi.Input<string>>,
): Record<string, unknown> {
  const { context, replicas } = spec;
  const { repository, tag } = imageVersion("opentelemetry-collector-contrib");
  const off = { enabled: false };
  return {
    mode: "deployment",
    fullnameOverride: collector.service,
    image: { repository, tag },
    command: { name: "otelcol-contrib" },
    // Services must not push their own telemetry off a full node.
    priorityClassName: "platform-critical",
    replicaCount: replicas,
    ...autoscaling(spec),
    serviceAccount: { create: true, name: serviceAccount, annotations },
    podLabels: ownerLabels(context),
    resources: mainResources("opentelemetry-collector", context),
    podSecurityContext: restrictedPod,
    securityContext: restrictedContainer,
    podDisruptionBudget: disruptionBudget(replicas),
    topologySpreadConstraints: replicas > 1 ? hostSpread(podLabels) : [],
    ports: {
      "jaeger-compact": off,
      "jaeger-thrift": off,
      "jaeger-grpc": off,
      zipkin: off,
      metrics: { enabled: true },
    },
    serviceMonitor: { enabled: true },
    config: collectorConfig(spec),
  };
}

/** More copies with load, where the footprint has room for them. */
function autoscaling({ context, replicas }: OtelCollectorSpec): Record<string, unknown> {
  const maximum = workloads["opentelemetry-collector"].maximumReplicas?.[context.environment] ?? replicas;
  if (maximum <= replicas) return {};
  return {
    autoscaling: {
      enabled: true,
      minReplicas: replicas,
      maxReplicas: maximum,
      targetCPUUtilizationPercentage: 80,
    },
  };
}

/**
 * Every span that arrives is kept: a trace is chosen where it begins, in the gateway's sidecar (`Mesh`), and a second
 * choice here would multiply with the first. Charts' defaults that are not wanted must be set to null.
 */
function collectorConfig({ telemetry }: OtelCollectorSpec): Record<string, unknown> {
  const cloud = telemetry?.collector ?? { exporters: {}, extensions: {}, traceExporters: [] };
  return {
    receivers: { jaeger: null, zipkin: null, prometheus: null },
    extensions: cloud.extensions,
    exporters: {
      debug: null,
      "otlp/jaeger": { endpoint: `${jaeger.host}:${jaeger.otlpPort}`, tls: { insecure: true } },
      ...cloud.exporters,
    },
    service: {
      extensions: ["health_check", ...Object.keys(cloud.extensions)],
      pipelines: {
        logs: null,
        metrics: null,
        traces: {
          receivers: ["otlp"],
          processors: ["memory_limiter", "batch"],
          exporters: ["otlp/jaeger", ...cloud.traceExporters],
        },
      },
    },
  };
}
