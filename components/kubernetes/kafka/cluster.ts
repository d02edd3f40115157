/** Strimzi's objects: brokers, cluster, topics, users. Pure data from the store's spec. */
import versions from "../../../config/versions.json" with { type: "json" };
import type { TopicSpec } from "../../clouds/contract.ts";
import { labels } from "../../core/labels.ts";
import { storageQuantity } from "../../core/units.ts";
import type { Peer } from "../network-policy.ts";
import { resources } from "../pods.ts";
import { ownership } from "../stores/ownership.ts";
import { storePriority, zoneAntiAffinity, zoneLabel } from "../stores/placement.ts";
import type { InClusterKafkaSpec, KafkaUser } from "../stores-contract.ts";

export const clusterName = "kafka";
export const poolName = "brokers";

/** Ports of a broker: of clients, of controllers and replicas, of Strimzi's agent, of metrics. */
export const ports = { clients: 9093, control: 9090, replication: 9091, agent: 8443, metrics: 9404 } as const;

export const clusterLabel = { "strimzi.io/cluster": clusterName };
export const podNames = {
  brokers: { "strimzi.io/name": `${clusterName}-kafka` },
  entityOperator: { "strimzi.io/name": `${clusterName}-entity-operator` },
  exporter: { "strimzi.io/name": `${clusterName}-kafka-exporter` },
} as const;

/** Secret with the certificate that signs the brokers' certificates, and no key. */
export const caSecret = `${clusterName}-cluster-ca-cert`;
export const bootstrapService = `${clusterName}-kafka-bootstrap`;

/** Name of a user's secret with `username` and `password`. */
export function kafkaSecretName(user: string): string {
  return `kafka-${user}`;
}

export interface Durability {
  readonly replicas: number;
  readonly minInSync: number;
}

/** Three copies of which two must have a message before it is acknowledged; a single broker has the only one. */
export function durability(brokers: number): Durability {
  return brokers === 1 ? { replicas: 1, minInSync: 1 } : { replicas: 3, minInSync: 2 };
}

/**
 * Every broker is a controller too: three of each would take three more pods and volumes for a cluster whose metadata
 * is a few topics. Half of the memory is heap, the rest is the page cache that readers at the end are served from.
 */
export function nodePoolSpec(spec: InClusterKafkaSpec): Record<string, unknown> {
  const { members } = spec;
  const memoryMiB = members === 1 ? 1024 : 2048;
  const heap = `${memoryMiB / 2}m`;
  return {
    replicas: members,
    roles: ["controller", "broker"],
    storage: {
      type: "jbod",
      volumes: [
        {
          id: 0,
          type: "persistent-claim",
          size: storageQuantity(spec.storageGiB),
          class: spec.storageClass,
          deleteClaim: false,
          kraftMetadata: "shared",
        },
      ],
    },
    resources: resources({ cpuMillis: members === 1 ? 200 : 500, memoryMiB, memoryLimitMiB: memoryMiB }),
    jvmOptions: { "-Xms": heap, "-Xmx": heap },
    template: {
      pod: {
        metadata: { labels: ownership(labels(spec.context, "messaging", clusterName)) },
        priorityClassName: storePriority,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 120,
        ...zoneAntiAffinity(members, podNames.brokers),
      },
      kafkaContainer: { securityContext: containerSecurity },
      initContainer: { securityContext: containerSecurity },
    },
  };
}

const containerSecurity = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

export function kafkaSpec(spec: InClusterKafkaSpec, clients: readonly Peer[]): Record<string, unknown> {
  const { members } = spec;
  const { replicas, minInSync } = durability(members);
  const operator = (cpuMillis: number, memoryMiB: number) => ({
    resources: resources({ cpuMillis, memoryMiB, memoryLimitMiB: memoryMiB }),
  });
  const platform = {
    priorityClassName: "platform-critical",
    metadata: { labels: ownership(labels(spec.context, "messaging", clusterName)) },
  };
  return {
    kafka: {
      version: versions.engines.strimziKafka.version,
      metadataVersion: versions.engines.strimziKafka.metadataVersion,
      listeners: [
        {
          name: "tls",
          port: ports.clients,
          type: "internal",
          tls: true,
          authentication: { type: "scram-sha-512" },
          networkPolicyPeers: [...clients],
        },
      ],
      authorization: { type: "simple" },
      // Copies of a partition go to different zones, and consumers may read from the one in their own.
      ...(members > 1 ? { rack: { topologyKey: zoneLabel } } : {}),
      config: {
        "auto.create.topics.enable": false,
        "unclean.leader.election.enable": false,
        "default.replication.factor": replicas,
        "min.insync.replicas": minInSync,
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": minInSync,
        ...(members > 1
          ? { "replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector" }
          : {}),
      },
      metricsConfig: { type: "strimziMetricsReporter", values: { allowList: metricsAllowList } },
    },
    entityOperator: {
      topicOperator: operator(20, 256),
      userOperator: { ...operator(20, 256), secretPrefix: "strimzi-" },
      template: { pod: platform },
    },
    kafkaExporter: {
      topicRegex: ".*",
      groupRegex: ".*",
      resources: resources({ cpuMillis: 20, memoryMiB: 64, memoryLimitMiB: 128 }),
      template: { pod: platform },
    },
  };
}

/** What dashboards and alerts read; the reporter knows thousands of series more. */
const metricsAllowList = [
  "kafka_controller_.*",
  "kafka_server_brokertopicmetrics_.*",
  "kafka_server_replicamanager_.*",
  "kafka_server_raft_metrics_.*",
  "kafka_network_requestmetrics_.*",
  "kafka_log_.*",
];

export function topicSpec(topic: TopicSpec, brokers: number): Record<string, unknown> {
  const { replicas, minInSync } = durability(brokers);
  return {
    topicName: topic.name,
    partitions: topic.partitions,
    replicas,
    config: {
      "cleanup.policy": topic.cleanup,
      "retention.ms": topic.retentionHours * 3_600_000,
      "min.insync.replicas": minInSync,
    },
  };
}

export interface Acl {
  readonly resource: {
    readonly type: string;
    readonly name: string;
    readonly patternType: "literal" | "prefix";
  };
  readonly operations: readonly string[];
}

/** A service writes and reads the topics of its catalogue entry, in groups and transactions under its own name. */
export function userAcls({ name, produce, consume }: KafkaUser): Acl[] {
  const on = (type: string, resource: string, patternType: "literal" | "prefix", operations: string[]) => ({
    resource: { type, name: resource, patternType },
    operations,
  });
  return [
    ...produce.map((topic) => on("topic", topic, "literal", ["Describe", "Write"])),
    ...(produce.length > 0 ? [on("transactionalId", name, "prefix", ["Describe", "Write"])] : []),
    ...consume.map((topic) => on("topic", topic, "literal", ["Describe", "Read"])),
    ...(consume.length > 0 ? [on("group", name, "prefix", ["Describe", "Read"])] : []),
  ];
}

export function userSpec(user: KafkaUser): Record<string, unknown> {
  return {
    authentication: {
      type: "scram-sha-512",
      password: { valueFrom: { secretKeyRef: { name: kafkaSecretName(user.name), key: "password" } } },
    },
    authorization: {
      type: "simple",
      acls: userAcls(user).map((acl) => ({ ...acl, type: "allow", host: "*" })),
    },
  };
}
