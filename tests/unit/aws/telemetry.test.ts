// Covers the alarms on managed stores, the topic they go to, and what the OpenTelemetry collector sends to X-Ray.
import { expect } from "chai";
import { kafkaAlarms, postgresAlarms, redisAlarms } from "../../../components/clouds/aws/store-alarms.ts";
import { createTelemetry } from "../../../components/clouds/aws/telemetry.ts";
import type { TelemetrySpec } from "../../../components/clouds/contract.ts";
import {
  dev,
  inClusterStore,
  kafka,
  key,
  managedStore,
  production,
  recordStore,
  type StoreFixture,
  tagsOf,
} from "./stores-fixture.ts";

const stores = {
  postgres: managedStore("postgres", { nodes: 1, maxConnections: 500, storageGiB: 100 }),
  redis: managedStore("redis", { nodes: 3 }),
  kafka: kafka({ nodes: 3, storageGiB: 50 }),
};
const inCluster = {
  postgres: inClusterStore("postgres"),
  redis: inClusterStore("redis"),
  kafka: kafka(undefined),
};

function build(fixture: StoreFixture, given: Pick<TelemetrySpec, "postgres" | "redis" | "kafka">) {
  return {
    ...createTelemetry(
      fixture.parent,
      "observability-cloud",
      { ...fixture, ...given, logRetentionDays: 30 },
      fixture.environment,
    ),
  };
}

const inProduction = () => recordStore(production, (fixture) => build(fixture, stores));
const alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm";

describe("telemetry on AWS", () => {
  it("watches the database, every cache node and every broker", async () => {
    const names = (await inProduction()).ofType(alarmType).map(({ inputs }) => inputs.name);
    const cache = ["engine-cpu", "memory", "evictions", "authentication-failures", "lag"];
    const broker = ["disk", "under-replicated", "under-min-in-sync", "cpu", "heap"];
    expect(names).to.have.members(
      [
        ...["cpu", "storage", "connections", "memory", "transaction-ids"].map((rule) => `postgres-${rule}`),
        ...[1, 2, 3].flatMap((node) => cache.map((rule) => `redis-${node}-${rule}`)),
        ...["offline-partitions", "controller"].map((rule) => `kafka-${rule}`),
        ...[1, 2, 3].flatMap((node) => broker.map((rule) => `kafka-${node}-${rule}`)),
      ].map((name) => `llm-marketplace-production-${name}`),
    );
  });

  it("sends an alarm and its end to the topic", async () => {
    const recording = await inProduction();
    const topic = recording.get("aws:sns/topic:Topic", "observability-cloud-alarms");
    expect(recording.get(alarmType, "observability-cloud-alarm-postgres-connections").inputs).to.deep.equal({
      name: "llm-marketplace-production-postgres-connections",
      alarmDescription: "over 80 % of connections are open; pools are larger than planned or leak",
      namespace: "AWS/RDS",
      metricName: "DatabaseConnections",
      dimensions: { DBInstanceIdentifier: "llm-marketplace-production-postgres" },
      statistic: "Maximum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 400,
      period: 60,
      evaluationPeriods: 5,
      datapointsToAlarm: 5,
      treatMissingData: "missing",
      alarmActions: [topic.outputs.arn],
      okActions: [topic.outputs.arn],
      tags: tagsOf(production, "observability", "postgres-connections"),
    });
    expect(recording.outputs.alarmTopic).to.equal(topic.outputs.arn);
  });

  it("encrypts the topic and lets only this account's CloudWatch publish", async () => {
    const recording = await inProduction();
    const topic = recording.get("aws:sns/topic:Topic", "observability-cloud-alarms");
    expect(topic.inputs).to.include({ name: "llm-marketplace-production-alarms", kmsMasterKeyId: key });
    const policy = recording.get("aws:sns/topicPolicy:TopicPolicy", "observability-cloud-alarms-policy");
    expect(JSON.parse(String(policy.inputs.policy)).Statement).to.deep.equal([
      {
        Sid: "AlarmsOfThisAccount",
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: "sns:Publish",
        Resource: topic.outputs.arn,
        Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
      },
    ]);
  });

  it("computes thresholds from what was configured", () => {
    const find = (id: string) => postgresAlarms(production, stores.postgres).find(({ name }) => name === id);
    expect(find("postgres-storage")?.threshold).to.equal(5 * 1024 ** 3);
    expect(find("postgres-connections")?.threshold).to.equal(400);
  });

  it("names cache nodes and brokers as AWS does", () => {
    expect(
      new Set(redisAlarms(dev, stores.redis).map(({ dimensions }) => dimensions.CacheClusterId)),
    ).to.deep.equal(new Set([1, 2, 3].map((node) => `llm-marketplace-dev-redis-00${node}`)));
    expect(
      new Set(kafkaAlarms(dev, stores.kafka).map(({ dimensions }) => `${dimensions["Broker ID"]}`)),
    ).to.deep.equal(new Set(["undefined", "1", "2", "3"]));
  });

  it("asks for no replication lag where there is no replica", () => {
    const alone = managedStore("redis", { nodes: 1 });
    expect(redisAlarms(dev, alone).map(({ name }) => name)).to.deep.equal([
      "redis-1-engine-cpu",
      "redis-1-memory",
      "redis-1-evictions",
      "redis-1-authentication-failures",
    ]);
  });

  it("makes neither alarm nor topic for stores inside the cluster", async () => {
    const recording = await recordStore(dev, (fixture) => build(fixture, inCluster));
    expect(recording.ofType(alarmType)).to.deep.equal([]);
    expect(recording.ofType("aws:sns/topic:Topic")).to.deep.equal([]);
    expect(recording.outputs).not.to.have.property("alarmTopic");
  });

  it("has the collector send traces to X-Ray over OTLP, signed with its own identity", async () => {
    const { outputs } = await inProduction();
    expect(outputs.collector).to.deep.equal({
      exporters: {
        "otlphttp/xray": {
          traces_endpoint: "https://xray.us-east-1.amazonaws.com/v1/traces",
          compression: "gzip",
          auth: { authenticator: "sigv4auth/xray" },
        },
      },
      extensions: { "sigv4auth/xray": { region: "us-east-1", service: "xray" } },
      traceExporters: ["otlphttp/xray"],
    });
    expect(outputs.grants).to.deep.equal([{ to: "traces" }]);
  });

  it("lets X-Ray write spans before it sends them to CloudWatch Logs", async () => {
    const recording = await inProduction();
    const permission = recording.get(
      "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
      "observability-cloud-spans-policy",
    );
    const [statement] = JSON.parse(String(permission.inputs.policyDocument)).Statement;
    expect(statement.Principal).to.deep.equal({ Service: "xray.amazonaws.com" });
    expect(statement.Resource).to.deep.equal([
      "arn:aws:logs:us-east-1:123456789012:log-group:aws/spans:*",
      "arn:aws:logs:us-east-1:123456789012:log-group:/aws/application-signals/data:*",
    ]);
    const destination = recording.get(
      "aws:xray/traceSegmentDestination:TraceSegmentDestination",
      "observability-cloud-trace-destination",
    );
    expect(destination.inputs).to.deep.equal({ destination: "CloudWatchLogs" });
    expect(destination.dependencies).to.include(permission.urn);
  });
});
