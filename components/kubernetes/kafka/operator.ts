import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../../core/labels.ts";
import { namespaces } from "../places.ts";
import { hostSpread, resources } from "../pods.ts";
import { createRelease } from "../release.ts";
import { createPodMonitor } from "../stores/monitors.ts";
import { createOperatorNamespace } from "../stores/operator-namespace.ts";
import { ownership } from "../stores/ownership.ts";
import type { InClusterStoreSpec } from "../stores-contract.ts";
import { ports } from "./cluster.ts";

/** Strimzi, two copies of which one leads where the store is highly available. */
export function createKafkaOperator(
  parent: pulumi.ComponentResource,
  name: string,
  spec: Pick<InClusterStoreSpec, "context" | "cluster" | "namespace" | "members"> & {
    /** What brings the Prometheus operator's kinds. */
    readonly kinds: readonly pulumi.Resource[];
  },
): kubernetes.helm.v3.Release {
  const { context, cluster, members } = spec;
  const component = "messaging";
  const namespace = createOperatorNamespace(parent, `${name}-operator`, {
    context,
    component,
    namespace: namespaces.kafkaOperator,
    webhookPorts: [],
    metricsPorts: [8080],
    store: { namespace: spec.namespace.name, ports: [ports.control, ports.replication, ports.agent] },
    dependsOn: cluster.ready,
  });
  const operator = createRelease(
    parent,
    `${name}-strimzi`,
    {
      context,
      chart: "strimzi-kafka-operator",
      namespace: namespace.metadata.name,
      values: {
        replicas: members === 1 ? 1 : 2,
        watchNamespaces: [spec.namespace.output],
        priorityClassName: "platform-critical",
        resources: resources({ cpuMillis: 100, memoryMiB: 384, memoryLimitMiB: 384 }),
        topologySpreadConstraints: hostSpread({ name: "strimzi-cluster-operator" }),
        podDisruptionBudget: members === 1 ? { enabled: false } : { enabled: true, minAvailable: 1 },
        labels: ownership(labels(context, component, "strimzi-cluster-operator")),
        // This library writes the policies itself, so that they stand in the plan and are tested with the others.
        generateNetworkPolicy: false,
        extraEnvs: [{ name: "STRIMZI_POD_SECURITY_PROVIDER_CLASS", value: "restricted" }],
      },
    },
    { dependsOn: [...cluster.ready] },
  );
  createPodMonitor(parent, `${name}-operator-monitor`, {
    context,
    component,
    namespace: namespace.metadata.name,
    monitorName: "strimzi-cluster-operator",
    podLabels: { "strimzi.io/kind": "cluster-operator" },
    port: "http",
    dependsOn: [operator, ...spec.kinds],
  });
  return operator;
}
