// Covers the Messaging component: managed, Strimzi and Confluent, the declaration that backups carry off, and
// topics that nobody declared.
import { expect } from "chai";
import { Messaging, type MessagingArgs } from "../../../components/messaging.ts";
import { topics } from "../../../services/catalog.ts";
import { kindsOf, local, objectOf, type Platform, production, recordOn, services } from "./stores-fixture.ts";

const managed: MessagingArgs["kafka"] = {
  mode: "managed",
  brokerType: "kafka.t3.small",
  brokers: 3,
  storageGiB: 50,
};
const kraft: MessagingArgs["kafka"] = {
  mode: "in-cluster",
  coordination: "kraft",
  members: 3,
  storageGiB: 10,
  storageClass: "ssd",
};

function build(platform: Platform, kafka: MessagingArgs["kafka"], changes: Partial<MessagingArgs> = {}) {
  const messaging = new Messaging("messaging", {
    ...platform,
    kafka,
    topics,
    services,
    logRetentionDays: 14,
    ...changes,
  });
  const { bootstrapServers, namespace } = messaging.kafka;
  return { bootstrapServers, namespace: namespace ?? "managed" };
}

describe("Messaging", () => {
  it("asks the cloud for Kafka of the pinned line with every topic", async () => {
    const { asked, outputs } = await recordOn(production, (platform) => build(platform, managed));
    const found = asked.kafka.map(
      ({ context: _c, network: _n, cluster: _k, encryption: _e, ...spec }) => spec,
    );
    expect(found).to.deep.equal([
      {
        version: "3.9.x.kraft",
        brokerType: "kafka.t3.small",
        brokers: 3,
        storageGiBPerBroker: 50,
        topics,
        logRetentionDays: 14,
      },
    ]);
    expect(outputs).to.deep.equal({ bootstrapServers: "b-1.example:9098", namespace: "managed" });
  });

  it("runs Strimzi in the cluster with coordination by KRaft", async () => {
    const recording = await recordOn(local, (platform) => build(platform, kraft));
    expect(recording.asked.kafka).to.deep.equal([]);
    expect(kindsOf(recording)).to.include.members(["Kafka", "KafkaTopic", "KafkaUser"]);
    expect(recording.ofType("kubernetes:kafka.strimzi.io/v1:KafkaTopic")).to.have.length(topics.length);
    expect(recording.outputs.namespace).to.equal("messaging");
  });

  it("runs the Confluent ensemble in the cluster with coordination by ZooKeeper", async () => {
    const recording = await recordOn(local, (platform) =>
      build(platform, { ...kraft, coordination: "zookeeper" } as MessagingArgs["kafka"]),
    );
    expect(kindsOf(recording)).to.include("StatefulSet");
    expect(kindsOf(recording)).not.to.include("Kafka");
    expect(recording.ofType("kubernetes:apps/v1:StatefulSet")).to.have.length(2);
  });

  it("writes down topics and rights where the cluster's daily backup finds them", async () => {
    const recording = await recordOn(production, (platform) => build(platform, managed));
    const { data } = objectOf(recording, "ConfigMap", "kafka-declaration").inputs as {
      data: Record<string, string>;
    };
    expect(JSON.parse(data["topics.json"] ?? "")).to.deep.equal(topics);
    expect(JSON.parse(data["users.json"] ?? "")).to.deep.equal([
      { name: "publishing", produce: ["listing.events"], consume: [] },
      { name: "discovery", produce: [], consume: ["listing.events"] },
      { name: "consumption", produce: ["metering.records"], consume: ["provider.approvals", "access.keys"] },
      {
        name: "admin",
        produce: ["metering.dead-letter", "provider.approvals", "access.keys"],
        consume: ["metering.records", "metering.dead-letter"],
      },
    ]);
    expect(objectOf(recording, "Namespace", "messaging").inputs.metadata).to.have.property(
      "name",
      "messaging",
    );
  });

  it("refuses services that name topics which nobody declared, all at once", async () => {
    const error = await recordOn(production, (platform) =>
      build(platform, managed, { topics: topics.filter(({ name }) => name.startsWith("metering.")) }),
    ).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const problem = (service: string, topic: string) =>
      [
        `services/catalog.ts › ${service}.topics: got ${topic}`,
        "  allowed: metering.records, metering.dead-letter",
        "  fix: declare the topic in services/catalog.ts, or correct its name",
      ].join("\n");
    expect((error as Error).message).to.equal(
      [
        problem("publishing", "listing.events"),
        problem("discovery", "listing.events"),
        problem("consumption", "provider.approvals"),
        problem("consumption", "access.keys"),
        problem("admin", "provider.approvals"),
        problem("admin", "access.keys"),
      ].join("\n"),
    );
  });
});
