// Covers Kafka in the cluster, through Strimzi and as the Confluent ensemble: durability, rights, TLS, provisioning.
import { expect } from "chai";
import type { KafkaOutputs, TopicSpec } from "../../../../components/clouds/contract.ts";
import { userAcls } from "../../../../components/kubernetes/kafka/cluster.ts";
import { createStrimziKafka } from "../../../../components/kubernetes/kafka.ts";
import { confluentFiles } from "../../../../components/kubernetes/kafka-zookeeper/config.ts";
import { provisionScript } from "../../../../components/kubernetes/kafka-zookeeper/provision.ts";
import { createConfluentKafka } from "../../../../components/kubernetes/kafka-zookeeper.ts";
import { objectOf, recordStore, specOf } from "./fixture.ts";

const topics: TopicSpec[] = [
  { name: "metering.records", partitions: 24, retentionHours: 168, cleanup: "delete" },
];
const users = [
  { name: "consumption", produce: ["metering.records"], consume: [] },
  { name: "admin", produce: [], consume: ["metering.records"] },
];

async function record(create: typeof createStrimziKafka, members: 1 | 3) {
  let outputs: KafkaOutputs | undefined;
  const recording = await recordStore({ members, namespace: "messaging" }, ({ parent, spec }) => {
    outputs = create(parent, "kafka", { ...spec, topics, users });
  });
  if (outputs === undefined) throw new Error("nothing was built");
  return { recording, outputs };
}

describe("Kafka through Strimzi", () => {
  it("keeps three copies of which two must have a message, and elects no copy that lags", async () => {
    const { recording } = await record(createStrimziKafka, 3);
    const { kafka } = specOf(recording, "Kafka", "kafka") as { kafka: Record<string, unknown> };
    expect(kafka.config).to.include({
      "default.replication.factor": 3,
      "min.insync.replicas": 2,
      "offsets.topic.replication.factor": 3,
      "unclean.leader.election.enable": false,
      "auto.create.topics.enable": false,
    });
    expect(kafka.rack).to.deep.equal({ topologyKey: "topology.kubernetes.io/zone" });
    expect(specOf(recording, "KafkaTopic", "metering.records")).to.deep.equal({
      topicName: "metering.records",
      partitions: 24,
      replicas: 3,
      config: { "cleanup.policy": "delete", "retention.ms": 604_800_000, "min.insync.replicas": 2 },
    });
  });

  it("asks a single broker for one copy and no zone", async () => {
    const { recording } = await record(createStrimziKafka, 1);
    expect(specOf(recording, "KafkaTopic", "metering.records")).to.include({ replicas: 1 });
    const { kafka } = specOf(recording, "Kafka", "kafka") as { kafka: Record<string, unknown> };
    expect(kafka).not.to.have.property("rack");
  });

  it("runs brokers that are controllers too, one a zone, and keeps their volumes", async () => {
    const { recording } = await record(createStrimziKafka, 3);
    const pool = specOf(recording, "KafkaNodePool", "brokers") as {
      roles: string[];
      storage: { volumes: Record<string, unknown>[] };
      template: { pod: { affinity: unknown } };
    };
    expect(pool.roles).to.deep.equal(["controller", "broker"]);
    expect(pool.storage.volumes[0]).to.include({ size: "20Gi", class: "ssd", deleteClaim: false });
    expect(pool.template.pod.affinity).to.deep.equal({
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            labelSelector: { matchLabels: { "strimzi.io/name": "kafka-kafka" } },
            topologyKey: "topology.kubernetes.io/zone",
          },
        ],
      },
    });
    for (const [kind, name] of [
      ["KafkaNodePool", "brokers"],
      ["Kafka", "kafka"],
      ["KafkaTopic", "metering.records"],
    ] as const) {
      expect(objectOf(recording, kind, name).protect, name).to.equal(true);
    }
  });

  it("gives a producer no right to read and a consumer groups under its own name", () => {
    expect(users.map(userAcls)).to.deep.equal([
      [
        {
          resource: { type: "topic", name: "metering.records", patternType: "literal" },
          operations: ["Describe", "Write"],
        },
        {
          resource: { type: "transactionalId", name: "consumption", patternType: "prefix" },
          operations: ["Describe", "Write"],
        },
      ],
      [
        {
          resource: { type: "topic", name: "metering.records", patternType: "literal" },
          operations: ["Describe", "Read"],
        },
        {
          resource: { type: "group", name: "admin", patternType: "prefix" },
          operations: ["Describe", "Read"],
        },
      ],
    ]);
  });

  it("takes a user's password from a generated secret", async () => {
    const { recording, outputs } = await record(createStrimziKafka, 3);
    const { authentication } = specOf(recording, "KafkaUser", "admin") as { authentication: unknown };
    expect(authentication).to.deep.equal({
      type: "scram-sha-512",
      password: { valueFrom: { secretKeyRef: { name: "kafka-admin", key: "password" } } },
    });
    if (outputs.auth.kind !== "password") throw new Error(outputs.auth.kind);
    expect(outputs.auth.secretName("admin")).to.equal("kafka-admin");
    expect(outputs.protocol).to.equal("SASL_SSL");
    expect(await new Promise((resolve) => outputs.bootstrapServers.apply(resolve))).to.equal(
      "kafka-kafka-bootstrap.messaging.svc.cluster.local:9093",
    );
  });

  it("shows the ports of controllers and replicas to brokers and operators, never to clients", async () => {
    const { recording } = await record(createStrimziKafka, 3);
    const { ingress } = specOf(recording, "NetworkPolicy", "kafka-brokers") as {
      ingress: { from: unknown[]; ports: { port: number }[] }[];
    };
    const client = {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "llm-marketplace" } },
      podSelector: { matchLabels: { "app.kubernetes.io/name": "discovery" } },
    };
    const open = ingress.filter(({ from }) => JSON.stringify(from).includes(JSON.stringify(client)));
    expect(open.flatMap(({ ports }) => ports.map(({ port }) => port))).to.deep.equal([9093]);
  });
});

describe("Kafka with ZooKeeper", () => {
  it("runs three of each in three zones, ZooKeeper first", async () => {
    const { recording } = await record(createConfluentKafka, 3);
    for (const workload of ["zookeeper", "kafka"]) {
      const spec = specOf(recording, "StatefulSet", workload) as { replicas: number };
      expect(spec.replicas).to.equal(3);
      expect(specOf(recording, "PodDisruptionBudget", workload).maxUnavailable).to.equal(1);
      expect(objectOf(recording, "StatefulSet", workload).protect).to.equal(true);
    }
    expect(objectOf(recording, "StatefulSet", "kafka").dependencies).to.include(
      objectOf(recording, "StatefulSet", "zookeeper").urn,
    );
  });

  it("has no listener without TLS, neither of brokers nor of ZooKeeper", () => {
    const files = confluentFiles("messaging", 3);
    const zookeeper = files["zookeeper.properties"] ?? "";
    expect(zookeeper).to.contain("secureClientPort=2182\n");
    expect(zookeeper).not.to.match(/^clientPort=/m);
    expect(zookeeper).to.contain("sslQuorum=true\n");
    expect(zookeeper).to.contain(
      "server.3=zookeeper-2.zookeeper-members.messaging.svc.cluster.local:2888:3888\n",
    );
    const broker = files["server.properties"] ?? "";
    expect(broker).to.contain("listener.security.protocol.map=CLIENTS:SASL_SSL,BROKERS:SSL\n");
    expect(broker).to.contain("listener.name.brokers.ssl.client.auth=required\n");
    expect(broker).to.contain("zookeeper.set.acl=true\n");
    expect(broker).to.contain("min.insync.replicas=2\n");
  });

  it("makes topics, users and rights in a Job whose name changes with what it does, and with nothing else", async () => {
    const jobs = async (more: TopicSpec[]) => {
      const recording = await recordStore({ members: 3, namespace: "messaging" }, ({ parent, spec }) =>
        createConfluentKafka(parent, "kafka", { ...spec, topics: [...topics, ...more], users }),
      );
      return recording
        .ofType("kubernetes:batch/v1:Job")
        .map(({ inputs }) => (inputs.metadata as { name: string }).name);
    };
    const other: TopicSpec = { name: "a", partitions: 1, retentionHours: 1, cleanup: "compact" };
    expect(await jobs([])).to.deep.equal(await jobs([]));
    expect(await jobs([])).not.to.deep.equal(await jobs([other]));
  });

  it("writes no password into the Job's script", () => {
    const script = provisionScript("messaging", 3, topics, users);
    expect(script).to.contain(
      "topic metering.records 24 cleanup.policy=delete,retention.ms=604800000,min.insync.replicas=2\n",
    );
    expect(script).to.contain(
      "allow consumption --operation Describe --operation Write --topic metering.records\n",
    );
    expect(script).to.contain(
      "allow admin --operation Describe --operation Read --group admin --resource-pattern-type prefixed\n",
    );
    expect(script).to.contain('password=$(cat "/secrets/users/$1/password")');
  });

  it("lets only brokers to ZooKeeper", async () => {
    const { recording } = await record(createConfluentKafka, 3);
    expect(specOf(recording, "NetworkPolicy", "zookeeper").ingress).to.deep.equal([
      {
        from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "kafka" } } }],
        ports: [{ protocol: "TCP", port: 2182 }],
      },
      {
        from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "zookeeper" } } }],
        ports: [
          { protocol: "TCP", port: 2888 },
          { protocol: "TCP", port: 3888 },
        ],
      },
    ]);
  });
});
