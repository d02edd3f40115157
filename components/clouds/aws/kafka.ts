import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { UserError } from "../../core/errors.ts";
import { tags } from "../../core/labels.ts";
import { physicalName } from "../../core/naming.ts";
import type { KafkaOutputs, ManagedKafkaSpec, TopicSpec } from "../contract.ts";
import { createLogGroup } from "./log-group.ts";
import { createStoreFirewall } from "./store-firewall.ts";

const component = "messaging";
const replicationFactor = 3;
const minInSyncReplicas = 2;
/** Ports of IAM over TLS and of the Prometheus endpoints that MSK offers on each broker. */
const ports = { iam: 9098, jmx: 11001, node: 11002 } as const;

/**
 * Partitions (replicas included) that AWS recommends per broker at most, by broker size; larger sizes than these
 * take 4,000 (MSK developer guide, "Right-size your cluster", 2026-08). Kafka's own topics take about
 * {@link internalPartitions} of them in the whole cluster: 50 offsets and 50 transaction logs, three replicas each.
 */
const partitionsPerBroker: Readonly<Record<string, number>> = {
  "kafka.t3.small": 300,
  "kafka.m5.large": 1000,
  "kafka.m7g.large": 1000,
  "kafka.m5.xlarge": 1000,
  "kafka.m7g.xlarge": 1000,
  "kafka.m5.2xlarge": 2000,
  "kafka.m7g.2xlarge": 2000,
};
const internalPartitions = 300;

/** Broker settings; a topic's own settings win over them. */
const serverProperties = [
  "auto.create.topics.enable=false",
  `default.replication.factor=${replicationFactor}`,
  `min.insync.replicas=${minInSyncReplicas}`,
  "num.partitions=3",
  "log.retention.hours=168",
  `offsets.topic.replication.factor=${replicationFactor}`,
  `transaction.state.log.min.isr=${minInSyncReplicas}`,
  `transaction.state.log.replication.factor=${replicationFactor}`,
  "unclean.leader.election.enable=false",
];

/** Name of the cluster; alarms refer to it. */
export function kafkaClusterName(context: PlatformContext): string {
  return physicalName(context, "kafka", 64);
}

/**
 * MSK with brokers spread over the zones' data subnets, under the customer's key.
 *
 * - TLS everywhere, clients prove themselves with their IAM role; nothing else is switched on.
 * - Metrics: CloudWatch's free level for the alarms, and Prometheus endpoints on every broker for the rest, since
 *   CloudWatch's finer levels cost about $12 a month a broker.
 * - Storage is raised in the stack file and watched by an alarm; automatic growth would fight with the program
 *   over the volumes' size and can never be undone.
 * - Cost: broker hours, storage, log ingestion.
 * - Replaces the cluster: `encryption.key`, the stack's name, `network`.
 * - Throws: `UserError` when the topics have more partitions than the brokers take.
 */
export function createKafka(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ManagedKafkaSpec,
): KafkaOutputs {
  checkPartitions(spec);
  const cluster = buildCluster(parent, name, spec);
  const topics = spec.topics.map((topic) => buildTopic(parent, name, spec, cluster, topic));
  return {
    bootstrapServers: cluster.bootstrapBrokersSaslIam,
    port: ports.iam,
    protocol: "SASL_SSL",
    auth: { kind: "cloud-identity", userName: (user) => user },
    caSecret: undefined,
    reference: cluster.arn,
    managed: { nodes: spec.brokers, storageGiB: spec.storageGiBPerBroker },
    namespace: undefined,
    topics: spec.topics,
    ready: [cluster, ...topics],
  };
}

function buildCluster(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ManagedKafkaSpec,
): aws.msk.Cluster {
  const { context, encryption, network } = spec;
  const configuration = buildConfiguration(parent, name, spec);
  const firewall = createStoreFirewall(parent, name, { ...spec, component, ports });
  const logGroup = createLogGroup(parent, `${name}-log-broker`, {
    context,
    component,
    encryption,
    logGroupName: `/aws/vendedlogs/msk/${kafkaClusterName(context)}`,
    retentionDays: spec.logRetentionDays,
  });
  return new aws.msk.Cluster(
    `${name}-cluster`,
    {
      clusterName: kafkaClusterName(context),
      kafkaVersion: spec.version,
      numberOfBrokerNodes: spec.brokers,
      brokerNodeGroupInfo: {
        instanceType: spec.brokerType,
        azDistribution: "DEFAULT",
        clientSubnets: [...network.dataSubnetIds],
        securityGroups: [firewall.id],
        storageInfo: { ebsStorageInfo: { volumeSize: spec.storageGiBPerBroker } },
        connectivityInfo: { publicAccess: { type: "DISABLED" } },
      },
      clientAuthentication: { sasl: { iam: true, scram: false }, unauthenticated: false },
      encryptionInfo: {
        encryptionAtRestKmsKeyArn: encryption.key,
        encryptionInTransit: { clientBroker: "TLS", inCluster: true },
      },
      configurationInfo: { arn: configuration.arn, revision: configuration.latestRevision },
      enhancedMonitoring: "DEFAULT",
      openMonitoring: {
        prometheus: { jmxExporter: { enabledInBroker: true }, nodeExporter: { enabledInBroker: true } },
      },
      loggingInfo: { brokerLogs: { cloudwatchLogs: { enabled: true, logGroup: logGroup.name } } },
      storageMode: "LOCAL",
      tags: tags(context, component, name),
    },
    { parent, protect: context.protectData },
  );
}

function buildConfiguration(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ManagedKafkaSpec,
): aws.msk.Configuration {
  return new aws.msk.Configuration(
    `${name}-configuration`,
    {
      description: `Replication ${replicationFactor}, min in-sync ${minInSyncReplicas}, no unclean election`,
      kafkaVersions: [spec.version],
      serverProperties: `${serverProperties.join("\n")}\n`,
    },
    { parent },
  );
}

function buildTopic(
  parent: pulumi.ComponentResource,
  name: string,
  { context }: ManagedKafkaSpec,
  cluster: aws.msk.Cluster,
  topic: TopicSpec,
): aws.msk.Topic {
  return new aws.msk.Topic(
    `${name}-topic-${topic.name.replaceAll(".", "-")}`,
    {
      clusterArn: cluster.arn,
      name: topic.name,
      partitionCount: topic.partitions,
      replicationFactor,
      configs: JSON.stringify({
        "cleanup.policy": topic.cleanup,
        "min.insync.replicas": `${minInSyncReplicas}`,
        "retention.ms": `${topic.retentionHours * 3_600_000}`,
      }),
    },
    { parent, protect: context.protectData },
  );
}

function checkPartitions({ topics, brokers, brokerType }: ManagedKafkaSpec): void {
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions, 0);
  const perBroker = Math.ceil((partitions * replicationFactor + internalPartitions) / brokers);
  const limit = partitionsPerBroker[brokerType] ?? 4000;
  if (perBroker <= limit) return;
  throw new UserError({
    path: "kafka.topics",
    got: `${partitions} partitions, ${perBroker} replicas on each of ${brokers} brokers with Kafka's own topics`,
    allowed: `at most ${limit} on a ${brokerType}`,
    fix: "give topics fewer partitions, or choose larger or more brokers",
  });
}
