import * as pulumi from "@pulumi/pulumi";
import type { KafkaOutputs } from "../clouds/contract.ts";
import { createCustomResource } from "./custom-resource.ts";
import { createGeneratedSecret } from "./external-secrets.ts";
import {
  bootstrapService,
  caSecret,
  clusterLabel,
  clusterName,
  kafkaSecretName,
  kafkaSpec,
  nodePoolSpec,
  podNames,
  poolName,
  ports,
  topicSpec,
  userSpec,
} from "./kafka/cluster.ts";
import { createKafkaOperator } from "./kafka/operator.ts";
import { createNetworkPolicy, podsIn, tcp } from "./network-policy.ts";
import { namespaces, serviceHost } from "./places.ts";
import { waitFor } from "./stores/await.ts";
import { createPodMonitor } from "./stores/monitors.ts";
import { apiServerEgress, clientPeers, fromPeers, neighbours, scraped } from "./stores/traffic.ts";
import type { InClusterKafkaSpec } from "./stores-contract.ts";

const component = "messaging";
const apiVersion = "kafka.strimzi.io/v1";

/**
 * Kafka inside the cluster through Strimzi in KRaft mode: one broker, or three, one a zone. Clients come over TLS with
 * SCRAM-SHA-512, which every client library speaks and a managed Kafka offers as well; topics and users are objects,
 * with the rights of the catalogue. Brokers speak TLS with certificates among themselves.
 */
export function createStrimziKafka(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterKafkaSpec,
): KafkaOutputs {
  const { context, namespace, members, topics } = spec;
  const place = { context, component, apiVersion, namespace: namespace.output };
  const kinds = [...spec.cluster.ready, ...(spec.kinds ?? [])];

  const operator = createKafkaOperator(parent, name, { ...spec, kinds });
  const policies = buildPolicies(parent, name, spec);
  const pool = createCustomResource(
    parent,
    `${name}-brokers`,
    {
      ...place,
      kind: "KafkaNodePool",
      objectName: poolName,
      labels: clusterLabel,
      spec: nodePoolSpec(spec),
    },
    { dependsOn: [operator, ...policies], protect: context.protectData },
  );
  const cluster = createCustomResource(
    parent,
    `${name}-cluster`,
    {
      ...place,
      kind: "Kafka",
      objectName: clusterName,
      annotations: waitFor("condition=Ready"),
      spec: kafkaSpec(spec, clientPeers(spec.clients)),
    },
    { dependsOn: [pool], protect: context.protectData },
  );
  const built = topics.map((topic) =>
    createCustomResource(
      parent,
      `${name}-topic-${topic.name}`,
      {
        ...place,
        kind: "KafkaTopic",
        // Kafka allows underscores in a name, Kubernetes does not.
        objectName: topic.name.replaceAll("_", "-").toLowerCase(),
        labels: clusterLabel,
        spec: topicSpec(topic, members),
      },
      { dependsOn: [cluster], protect: context.protectData },
    ),
  );
  const users = buildUsers(parent, name, spec, cluster);
  buildMonitors(parent, name, spec, kinds);
  return {
    bootstrapServers: pulumi.output(`${serviceHost(bootstrapService, namespace.name)}:${ports.clients}`),
    port: ports.clients,
    protocol: "SASL_SSL",
    auth: { kind: "password", secretName: kafkaSecretName },
    caSecret,
    reference: undefined,
    namespace: namespace.name,
    topics,
    ready: [cluster, ...built, ...users],
  };
}

function buildUsers(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace, secrets, users }: InClusterKafkaSpec,
  cluster: pulumi.Resource,
): pulumi.Resource[] {
  return users.map((user) => {
    const place = { context, component, namespace: namespace.output };
    const password = createGeneratedSecret(
      parent,
      `${name}-password-${user.name}`,
      {
        ...place,
        secretName: kafkaSecretName(user.name),
        template: { username: user.name, password: "{{ .password }}" },
      },
      { dependsOn: [...secrets.ready] },
    );
    return createCustomResource(
      parent,
      `${name}-user-${user.name}`,
      {
        ...place,
        apiVersion,
        kind: "KafkaUser",
        objectName: user.name,
        labels: clusterLabel,
        spec: userSpec(user),
      },
      { dependsOn: [cluster, password] },
    );
  });
}

function buildMonitors(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace }: InClusterKafkaSpec,
  dependsOn: readonly pulumi.Resource[],
): void {
  for (const [part, podLabels] of [
    ["brokers", podNames.brokers],
    ["exporter", podNames.exporter],
  ] as const) {
    createPodMonitor(parent, `${name}-monitor-${part}`, {
      context,
      component,
      namespace: namespace.output,
      monitorName: `${clusterName}-${part}`,
      podLabels,
      port: "tcp-prometheus",
      dependsOn,
    });
  }
}

function buildPolicies(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterKafkaSpec,
): pulumi.Resource[] {
  const brokers = neighbours(podNames.brokers);
  const entityOperator = neighbours(podNames.entityOperator);
  const exporter = neighbours(podNames.exporter);
  const operator = podsIn(namespaces.kafkaOperator, { "strimzi.io/kind": "cluster-operator" });
  const place = { context: spec.context, component, namespace: spec.namespace.output };
  const toBrokers = { to: [brokers], ports: tcp(ports.replication) };
  return [
    createNetworkPolicy(parent, `${name}-policy-brokers`, {
      ...place,
      policyName: `${clusterName}-brokers`,
      podLabels: podNames.brokers,
      ingress: [
        ...fromPeers(clientPeers(spec.clients), ports.clients),
        { from: [brokers, operator], ports: tcp(ports.control, ports.replication) },
        { from: [entityOperator, exporter], ports: tcp(ports.replication) },
        { from: [operator], ports: tcp(ports.agent) },
        scraped(ports.metrics),
      ],
      // A broker's init container asks the Kubernetes API for the zone of its node.
      egress: [{ to: [brokers], ports: tcp(ports.control, ports.replication) }, apiServerEgress],
    }),
    createNetworkPolicy(parent, `${name}-policy-entity-operator`, {
      ...place,
      policyName: `${clusterName}-entity-operator`,
      podLabels: podNames.entityOperator,
      ingress: [],
      egress: [toBrokers, apiServerEgress],
    }),
    createNetworkPolicy(parent, `${name}-policy-exporter`, {
      ...place,
      policyName: `${clusterName}-exporter`,
      podLabels: podNames.exporter,
      ingress: [scraped(ports.metrics)],
      egress: [toBrokers],
    }),
  ];
}
