import type * as pulumi from "@pulumi/pulumi";
import { createCustomResource } from "./custom-resource.ts";
import { type MonitoringPlace, observabilityComponent } from "./monitoring.ts";
import { istiod, jaeger, mergedMetricsPort, monitoringLabels, namespaces } from "./places.ts";

/** Pods that Prometheus reads and that bring no monitor of their own. */
export interface ScrapeTarget {
  /** Name of the PodMonitor; Prometheus calls the job `monitoring/<name>`. */
  readonly name: string;
  readonly namespace: string;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly port: number;
  /** Default `/metrics`. */
  readonly path?: string;
}

/** What comes without a monitor of its own; its port is opened to `monitoring` where its namespace is made. */
export const scrapeTargets: readonly ScrapeTarget[] = [
  {
    name: "istiod",
    namespace: namespaces.mesh,
    podLabels: { app: istiod.app },
    port: istiod.metricsPort,
  },
  {
    name: "istio-cni",
    namespace: namespaces.meshNodeAgent,
    podLabels: { "k8s-app": "istio-cni-node" },
    port: istiod.metricsPort,
  },
  {
    name: "istio-gateways",
    namespace: namespaces.gateway,
    podLabels: { "security.istio.io/tlsMode": "istio" },
    port: mergedMetricsPort,
    path: "/stats/prometheus",
  },
  {
    name: "cert-manager",
    namespace: namespaces.certificates,
    podLabels: { "app.kubernetes.io/name": "cert-manager", "app.kubernetes.io/component": "controller" },
    port: 9402,
  },
  {
    name: "external-secrets",
    namespace: namespaces.secrets,
    podLabels: { "app.kubernetes.io/name": "external-secrets" },
    port: 8080,
  },
  {
    name: "argo-rollouts",
    namespace: namespaces.delivery,
    podLabels: { "app.kubernetes.io/name": "argo-rollouts" },
    port: 8090,
  },
  {
    name: "jaeger",
    namespace: namespaces.monitoring,
    podLabels: { ...jaeger.podLabels, "app.kubernetes.io/component": "all-in-one" },
    port: jaeger.metricsPort,
  },
];

export function createScrapeTargets(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace, ready }: MonitoringPlace,
): void {
  for (const target of scrapeTargets) {
    createCustomResource(
      parent,
      `${name}-monitor-${target.name}`,
      {
        context,
        component: observabilityComponent,
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PodMonitor",
        objectName: target.name,
        namespace,
        labels: monitoringLabels,
        spec: {
          namespaceSelector: { matchNames: [target.namespace] },
          selector: { matchLabels: target.podLabels },
          podMetricsEndpoints: [
            { portNumber: target.port, path: target.path ?? "/metrics", interval: "30s" },
          ],
        },
      },
      { dependsOn: [...ready] },
    );
  }
}
