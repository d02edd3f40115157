// Covers MSK: the cluster, its configuration, topics, firewall and logs, and the limit of partitions per broker.
import { expect } from "chai";
import { createKafka } from "../../../components/clouds/aws/kafka.ts";
import type { ManagedKafkaSpec, TopicSpec } from "../../../components/clouds/contract.ts";
import { topics } from "../../../services/catalog.ts";
import { dev, key, production, recordStore, type StoreFixture, tagsOf } from "./stores-fixture.ts";

const size = {
  version: "3.9.x.kraft",
  brokerType: "kafka.t3.small",
  brokers: 3,
  storageGiBPerBroker: 50,
  topics,
  logRetentionDays: 30,
};

function build(fixture: StoreFixture, changes: Partial<ManagedKafkaSpec> = {}) {
  const kafka = createKafka(fixture.parent, "messaging-kafka", { ...fixture, ...size, ...changes });
  const { bootstrapServers, reference, protocol, port, managed, namespace } = kafka;
  return { bootstrapServers, reference, protocol, port, managed, namespace, auth: kafka.auth.kind };
}

const inProduction = () => recordStore(production, (fixture) => build(fixture));
const clusterType = "aws:msk/cluster:Cluster";

describe("Kafka on MSK", () => {
  it("spreads three brokers over the zones with TLS, IAM and the customer key only", async () => {
    const recording = await inProduction();
    const cluster = recording.get(clusterType, "messaging-kafka-cluster");
    const configuration = recording.get(
      "aws:msk/configuration:Configuration",
      "messaging-kafka-configuration",
    );
    expect(cluster.inputs).to.deep.equal({
      clusterName: "llm-marketplace-production-kafka",
      kafkaVersion: "3.9.x.kraft",
      numberOfBrokerNodes: 3,
      brokerNodeGroupInfo: {
        instanceType: "kafka.t3.small",
        azDistribution: "DEFAULT",
        clientSubnets: ["subnet-data-us-east-1a", "subnet-data-us-east-1b", "subnet-data-us-east-1c"],
        securityGroups: [recording.get("aws:ec2/securityGroup:SecurityGroup", "messaging-kafka-firewall").id],
        storageInfo: { ebsStorageInfo: { volumeSize: 50 } },
        connectivityInfo: { publicAccess: { type: "DISABLED" } },
      },
      clientAuthentication: { sasl: { iam: true, scram: false }, unauthenticated: false },
      encryptionInfo: {
        encryptionAtRestKmsKeyArn: key,
        encryptionInTransit: { clientBroker: "TLS", inCluster: true },
      },
      configurationInfo: { arn: configuration.outputs.arn, revision: 1 },
      enhancedMonitoring: "DEFAULT",
      openMonitoring: {
        prometheus: { jmxExporter: { enabledInBroker: true }, nodeExporter: { enabledInBroker: true } },
      },
      loggingInfo: {
        brokerLogs: {
          cloudwatchLogs: { enabled: true, logGroup: "/aws/vendedlogs/msk/llm-marketplace-production-kafka" },
        },
      },
      storageMode: "LOCAL",
      tags: tagsOf(production, "messaging", "messaging-kafka"),
    });
    expect(cluster.protect).to.equal(true);
  });

  it("keeps three copies of everything and never elects a broker that lags behind", async () => {
    const { inputs } = (await inProduction()).get(
      "aws:msk/configuration:Configuration",
      "messaging-kafka-configuration",
    );
    expect(inputs.kafkaVersions).to.deep.equal(["3.9.x.kraft"]);
    expect(String(inputs.serverProperties).trimEnd().split("\n")).to.deep.equal([
      "auto.create.topics.enable=false",
      "default.replication.factor=3",
      "min.insync.replicas=2",
      "num.partitions=3",
      "log.retention.hours=168",
      "offsets.topic.replication.factor=3",
      "transaction.state.log.min.isr=2",
      "transaction.state.log.replication.factor=3",
      "unclean.leader.election.enable=false",
    ]);
  });

  it("makes every topic of the catalogue with its partitions, retention and clean-up", async () => {
    const recording = await inProduction();
    const made = recording.ofType("aws:msk/topic:Topic");
    const { arn } = recording.get(clusterType, "messaging-kafka-cluster").outputs;
    expect(made.map(({ name }) => name)).to.deep.equal([
      "messaging-kafka-topic-listing-events",
      "messaging-kafka-topic-metering-records",
      "messaging-kafka-topic-metering-dead-letter",
      "messaging-kafka-topic-provider-approvals",
      "messaging-kafka-topic-access-keys",
    ]);
    expect(made[1]?.inputs).to.deep.equal({
      clusterArn: arn,
      name: "metering.records",
      partitionCount: 24,
      replicationFactor: 3,
      configs: '{"cleanup.policy":"delete","min.insync.replicas":"2","retention.ms":"604800000"}',
    });
    expect(made.every(({ protect }) => protect)).to.equal(true);
  });

  it("lets workloads in on IAM's port and on the two for metrics", async () => {
    const rules = (await inProduction()).ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule");
    expect(
      rules.map(({ inputs }) => [inputs.referencedSecurityGroupId, inputs.fromPort, inputs.toPort]),
    ).to.deep.equal([
      ["sg-nodes", 9098, 9098],
      ["sg-nodes", 11001, 11001],
      ["sg-nodes", 11002, 11002],
    ]);
  });

  it("writes broker logs into an encrypted group", async () => {
    const [group] = (await inProduction()).ofType("aws:cloudwatch/logGroup:LogGroup");
    expect(group?.inputs).to.deep.equal({
      name: "/aws/vendedlogs/msk/llm-marketplace-production-kafka",
      kmsKeyId: key,
      retentionInDays: 30,
      tags: tagsOf(production, "messaging", "messaging-kafka-log-broker"),
    });
  });

  it("gives clients the brokers' addresses for IAM and protects nothing in dev", async () => {
    const recording = await recordStore(dev, (fixture) => build(fixture));
    const cluster = recording.get(clusterType, "messaging-kafka-cluster");
    expect(recording.outputs).to.deep.equal({
      bootstrapServers: cluster.outputs.bootstrapBrokersSaslIam,
      reference: cluster.outputs.arn,
      protocol: "SASL_SSL",
      port: 9098,
      auth: "cloud-identity",
      managed: { nodes: 3, storageGiB: 50 },
    });
    expect(String(cluster.outputs.bootstrapBrokersSaslIam)).to.match(/^(b-[123]\.[\w.-]+:9098,?){3}$/);
    expect([cluster, ...recording.ofType("aws:msk/topic:Topic")].some(({ protect }) => protect)).to.equal(
      false,
    );
  });

  it("refuses more partitions than the brokers take, Kafka's own included", async () => {
    const topic = (partitions: number): TopicSpec => ({
      name: "a.b",
      partitions,
      retentionHours: 1,
      cleanup: "delete",
    });
    const planned = (partitions: number) =>
      recordStore(dev, (fixture) => build(fixture, { topics: [topic(partitions)] }));
    await planned(200);
    const error = await planned(201).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect((error as Error).message).to.equal(
      [
        "kafka.topics: got 201 partitions, 301 replicas on each of 3 brokers with Kafka's own topics",
        "  allowed: at most 300 on a kafka.t3.small",
        "  fix: give topics fewer partitions, or choose larger or more brokers",
      ].join("\n"),
    );
  });
});
