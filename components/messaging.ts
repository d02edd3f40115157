import * as pulumi from "@pulumi/pulumi";
import type { KafkaConfig } from "../config/schema/stores.ts";
import type { ServiceSettings } from "../config/settings-types.ts";
import versions from "../config/versions.json" with { type: "json" };
import type {
  Cloud,
  ClusterOutputs,
  EncryptionOutputs,
  KafkaOutputs,
  NetworkOutputs,
  TopicSpec,
} from "./clouds/contract.ts";
import { withProviders } from "./core/component-options.ts";
import type { PlatformContext } from "./core/context.ts";
import { UserError } from "./core/errors.ts";
import type { Edge } from "./edge.ts";
import { createStrimziKafka } from "./kubernetes/kafka.ts";
import { createKafkaDeclaration } from "./kubernetes/kafka-declaration.ts";
import { createConfluentKafka } from "./kubernetes/kafka-zookeeper.ts";
import { createNamespace } from "./kubernetes/namespace.ts";
import { namespaces } from "./kubernetes/places.ts";
import {
  type KafkaUser,
  kafkaUsers,
  type StoreNamespace,
  storeClients,
} from "./kubernetes/stores-contract.ts";
import type { Mesh } from "./mesh.ts";
import type { Secrets } from "./secrets.ts";

export interface MessagingArgs {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly encryption: EncryptionOutputs;
  readonly network: NetworkOutputs;
  readonly cluster: ClusterOutputs;
  readonly mesh: Mesh;
  /** Brings cert-manager, which signs the certificates of brokers inside the cluster. */
  readonly edge: Edge;
  readonly secrets: Secrets;
  /** Where Kafka runs, and its size. */
  readonly kafka: KafkaConfig;
  /** Topics; replication is 3 and min in-sync 2 wherever there are three brokers. */
  readonly topics: readonly TopicSpec[];
  /** Days that logs of a managed Kafka are kept, 1 to 3653. */
  readonly logRetentionDays: number;
  /** The services, whose rights on topics are made. */
  readonly services: readonly ServiceSettings[];
}

export interface MessagingOutputs {
  readonly kafka: KafkaOutputs;
}

/**
 * Kafka with the platform's topics.
 *
 * Creates: the cloud's managed Kafka, or brokers inside the cluster (Strimzi in KRaft mode; with `coordination:
 * zookeeper` the Confluent 7.5 ensemble), the topics, a user with the least rights for every service that uses one,
 * and the namespace `messaging` with the declared topics and rights, which the daily backup of the cluster carries
 * off: that is Kafka's configuration backup, since nothing but this program changes topics.
 *
 * Does not create: schemas of messages, backups of messages (they are kept three times and expire).
 * Cost: brokers or the nodes' share of the pods, volumes. Replaces: all brokers when the mode changes.
 * Throws: `UserError` when a service names a topic that is not declared.
 *
 * Example: `new Messaging("messaging", { context, cloud, encryption, network, cluster, mesh, edge, secrets, services,
 * logRetentionDays: 30, kafka: { mode: "managed", brokerType: "kafka.t3.small", brokers: 3, storageGiB: 50 }, topics })`
 */
export class Messaging extends pulumi.ComponentResource implements MessagingOutputs {
  readonly kafka: KafkaOutputs;

  constructor(name: string, args: MessagingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:messaging:Messaging", name, {}, withProviders(args, opts));
    const users = kafkaUsers(args.services);
    checkTopics(args.topics, users);

    const namespace = buildNamespace(this, args);

    this.kafka = buildKafka(this, `${name}-kafka`, args, namespace, users);
    createKafkaDeclaration(this, `${name}-declaration`, { ...args, namespace, users });
    this.registerOutputs({ bootstrapServers: this.kafka.bootstrapServers });
  }
}

function buildNamespace(parent: Messaging, { context, cluster }: MessagingArgs): StoreNamespace {
  const namespace = createNamespace(
    parent,
    namespaces.messaging,
    { context, component: "messaging", podSecurity: "restricted", mesh: false },
    { dependsOn: [...cluster.ready] },
  );
  return { name: namespaces.messaging, output: namespace.metadata.name };
}

function buildKafka(
  parent: Messaging,
  name: string,
  args: MessagingArgs,
  namespace: StoreNamespace,
  users: readonly KafkaUser[],
): KafkaOutputs {
  const { context, cloud, network, cluster, encryption, kafka, topics, logRetentionDays } = args;
  if (kafka.mode === "managed") {
    return cloud.kafka(parent, name, {
      context,
      network,
      cluster,
      encryption,
      topics,
      logRetentionDays,
      version: versions.engines.msk.version,
      brokerType: kafka.brokerType,
      brokers: kafka.brokers,
      storageGiBPerBroker: kafka.storageGiB,
    });
  }
  const create = kafka.coordination === "zookeeper" ? createConfluentKafka : createStrimziKafka;
  return create(parent, name, {
    ...args,
    ...kafka,
    namespace,
    users,
    clients: storeClients(users),
    kinds: [args.edge],
  });
}

function checkTopics(topics: readonly TopicSpec[], users: readonly KafkaUser[]): void {
  const declared = new Set(topics.map(({ name }) => name));
  const problems = users.flatMap(({ name, produce, consume }) =>
    [...new Set([...produce, ...consume])]
      .filter((topic) => !declared.has(topic))
      .map((topic) => ({
        path: `services/catalog.ts › ${name}.topics`,
        got: topic,
        allowed: [...declared].join(", "),
        fix: "declare the topic in services/catalog.ts, or correct its name",
      })),
  );
  if (problems.length > 0) throw new UserError(problems);
}
