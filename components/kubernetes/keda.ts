import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ClusterOutputs } from "../clouds/contract.ts";
import type { PlatformContext } from "../core/context.ts";
import { containerResources } from "../core/footprint.ts";
import { createNamespace } from "./namespace.ts";
import { createNetworkPolicy, podsIn, tcp } from "./network-policy.ts";
import { monitoringLabels, namespaces, prometheus } from "./places.ts";
import { disruptionBudget, hostSpread, pairReplicas } from "./pods.ts";
import { createRelease } from "./release.ts";

export interface KedaSpec {
  readonly context: PlatformContext;
  readonly cluster: ClusterOutputs;
}

const component = "delivery";

/** KEDA, which makes autoscalers of ScaledObjects and answers them with what Prometheus says. */
export function createKeda(
  parent: pulumi.ComponentResource,
  name: string,
  { context, cluster }: KedaSpec,
): kubernetes.helm.v3.Release {
  const namespace = createNamespace(parent, namespaces.scaling, {
    context,
    component,
    podSecurity: "restricted",
    mesh: false,
    // The adapter asks the operator over gRPC; the API server asks the adapter (6443) and the webhooks (9443).
    traffic: { internal: true, apiServer: true, webhookPorts: [6443, 9443], metricsPorts: [8080] },
  });
  createNetworkPolicy(parent, `${name}-keda-queries`, {
    context,
    component,
    policyName: "allow-queries",
    namespace: namespace.metadata.name,
    egress: [{ to: [podsIn(namespaces.monitoring)], ports: tcp(prometheus.port) }],
  });
  return createRelease(
    parent,
    `${name}-keda`,
    { context, chart: "keda", namespace: namespace.metadata.name, values: kedaValues(context) },
    { dependsOn: [...cluster.ready] },
  );
}

function kedaValues(context: PlatformContext): Record<string, unknown> {
  const replicas = pairReplicas(context);
  const budget = replicas > 1 ? { minAvailable: disruptionBudget(replicas).minAvailable } : {};
  const spread = (app: string) => hostSpread({ app });
  const resources = (workload: "keda-operator" | "keda-metrics-apiserver" | "keda-admission-webhooks") =>
    containerResources(workload, context.environment);
  return {
    operator: { replicaCount: replicas },
    metricsServer: { replicaCount: replicas },
    webhooks: { enabled: true, replicaCount: replicas },
    resources: {
      operator: resources("keda-operator"),
      metricServer: resources("keda-metrics-apiserver"),
      webhooks: resources("keda-admission-webhooks"),
    },
    podDisruptionBudget: { operator: budget, metricServer: budget, webhooks: budget },
    topologySpreadConstraints: {
      operator: spread("keda-operator"),
      metricsServer: spread("keda-operator-metrics-apiserver"),
      webhooks: spread("keda-admission-webhooks"),
    },
    priorityClassName: "platform-critical",
    prometheus: {
      operator: { enabled: true, serviceMonitor: { enabled: true, additionalLabels: monitoringLabels } },
    },
  };
}
