import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../../core/labels.ts";
import { monitoringLabels, namespaces } from "../places.ts";
import { resources } from "../pods.ts";
import { createRelease } from "../release.ts";
import { createOperatorNamespace } from "../stores/operator-namespace.ts";
import { ownership } from "../stores/ownership.ts";
import type { InClusterStoreSpec } from "../stores-contract.ts";

/**
 * ECK. One copy: Elasticsearch elects and heals by itself, the operator is needed only for changes, and its chart
 * runs it as a StatefulSet that comes back under the same name.
 */
export function createElasticsearchOperator(
  parent: pulumi.ComponentResource,
  name: string,
  spec: Pick<InClusterStoreSpec, "context" | "cluster" | "namespace"> & {
    readonly httpPort: number;
    /** What brings the Prometheus operator's kinds. */
    readonly kinds: readonly pulumi.Resource[];
  },
): kubernetes.helm.v3.Release {
  const { context, cluster } = spec;
  const component = "data-tier";
  const namespace = createOperatorNamespace(parent, `${name}-operator`, {
    context,
    component,
    namespace: namespaces.elasticsearchOperator,
    webhookPorts: [9443],
    metricsPorts: [8081],
    store: { namespace: spec.namespace.name, ports: [spec.httpPort] },
    dependsOn: cluster.ready,
  });
  return createRelease(
    parent,
    `${name}-eck-operator`,
    {
      context,
      chart: "eck-operator",
      namespace: namespace.metadata.name,
      values: {
        installCRDs: true,
        replicaCount: 1,
        priorityClassName: "platform-critical",
        resources: resources({ cpuMillis: 50, memoryMiB: 160, memoryLimitMiB: 512 }),
        podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        podLabels: ownership(labels(context, component, "eck-operator")),
        telemetry: { disabled: true },
        config: { metrics: { port: "8081" } },
        podMonitor: { enabled: true, labels: monitoringLabels, interval: "1m" },
        serviceMonitor: { enabled: false },
      },
    },
    { dependsOn: [...cluster.ready, ...spec.kinds] },
  );
}
