import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { labels, selector } from "../../core/labels.ts";
import { createNetworkPolicy, type Peer, tcp } from "../network-policy.ts";
import { resources, restrictedContainer, restrictedPod } from "../pods.ts";
import { skipAwait } from "../skip-await.ts";
import { createServiceMonitor } from "./monitors.ts";
import { scraped } from "./traffic.ts";

export interface StoreExporterSpec {
  readonly context: PlatformContext;
  readonly component: string;
  readonly namespace: pulumi.Input<string>;
  /** Name of the Deployment, its Service and its monitor. */
  readonly workload: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly kubernetes.types.input.core.v1.EnvVar[];
  /** Path that says whether the exporter itself is alive. */
  readonly healthPath: string;
  readonly port: number;
  /** Secret whose `keys` are files under `/tls`. */
  readonly tls: { readonly secretName: string; readonly keys: readonly string[] };
  /** The store's pods and their port. */
  readonly store: { readonly peer: Peer; readonly port: number };
  readonly dependsOn: readonly pulumi.Resource[];
}

/**
 * An exporter for a whole store, where one beside each member would only repeat the same numbers. One copy: while it
 * is away for a moment, series have a gap and alerts on its absence wait longer than that.
 */
export function createStoreExporter(
  parent: pulumi.ComponentResource,
  name: string,
  spec: StoreExporterSpec,
): kubernetes.apps.v1.Deployment {
  const { context, component, workload, namespace } = spec;
  const metadata = { name: workload, namespace, labels: labels(context, component, workload) };
  const deployment = new kubernetes.apps.v1.Deployment(
    name,
    {
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: selector(workload) },
        template: { metadata: { labels: labels(context, component, workload) }, spec: podSpec(spec) },
      },
    },
    { parent, dependsOn: [...spec.dependsOn] },
  );
  const service = new kubernetes.core.v1.Service(
    `${name}-service`,
    {
      metadata: { ...metadata, annotations: skipAwait },
      spec: {
        selector: selector(workload),
        ports: [{ name: "metrics", port: spec.port, targetPort: "metrics" }],
      },
    },
    { parent },
  );
  createNetworkPolicy(parent, `${name}-policy`, {
    context,
    component,
    policyName: workload,
    namespace,
    podLabels: selector(workload),
    ingress: [scraped(spec.port)],
    egress: [{ to: [spec.store.peer], ports: tcp(spec.store.port) }],
  });
  createServiceMonitor(parent, `${name}-monitor`, {
    context,
    component,
    namespace,
    monitorName: workload,
    serviceLabels: selector(workload),
    port: "metrics",
    dependsOn: [service, ...spec.dependsOn],
  });
  return deployment;
}

function podSpec(spec: StoreExporterSpec): kubernetes.types.input.core.v1.PodSpec {
  const health = {
    httpGet: { path: spec.healthPath, port: "metrics" },
    periodSeconds: 15,
    timeoutSeconds: 5,
  };
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: "platform-critical",
    securityContext: restrictedPod,
    containers: [
      {
        name: "exporter",
        image: spec.image,
        args: [...spec.args],
        env: [...spec.env],
        ports: [{ name: "metrics", containerPort: spec.port }],
        resources: resources({ cpuMillis: 10, memoryMiB: 32, memoryLimitMiB: 96 }),
        securityContext: restrictedContainer,
        readinessProbe: health,
        livenessProbe: health,
        volumeMounts: [{ name: "tls", mountPath: "/tls", readOnly: true }],
      },
    ],
    volumes: [
      {
        name: "tls",
        secret: {
          secretName: spec.tls.secretName,
          defaultMode: 0o440,
          items: spec.tls.keys.map((key) => ({ key, path: key })),
        },
      },
    ],
  };
}
