// Covers ElastiCache: the replication group in production and dev, users and their rights, the disabled default
// user, parameters, logs, and the Valkey profile.
import { expect } from "chai";
import { createRedis, redisUserId } from "../../../components/clouds/aws/redis.ts";
import type { ManagedRedisSpec } from "../../../components/clouds/contract.ts";
import { dev, key, production, recordStore, type StoreFixture, tagsOf } from "./stores-fixture.ts";

const users: ManagedRedisSpec["users"] = [
  { name: "discovery", keyPrefix: "discovery:", rights: "read-write" },
  { name: "admin", keyPrefix: "consumption:", rights: "read" },
];

function build(fixture: StoreFixture, changes: Partial<ManagedRedisSpec> = {}) {
  const store = createRedis(fixture.parent, "data-redis", {
    ...fixture,
    engine: "redis",
    version: "7.1",
    nodeType: "cache.m6g.large",
    replicas: 2,
    snapshotRetentionDays: 30,
    users,
    logRetentionDays: 30,
    ...changes,
  });
  const userName = store.auth.kind === "cloud-identity" ? store.auth.userName("discovery") : undefined;
  return { host: store.host, reference: store.reference, managed: store.managed, userName };
}

const inProduction = () => recordStore(production, (fixture) => build(fixture));
const groupType = "aws:elasticache/replicationGroup:ReplicationGroup";
const userType = "aws:elasticache/user:User";

describe("Redis on ElastiCache", () => {
  it("has a primary and two replicas over the zones, encrypted and protected, in production", async () => {
    const recording = await inProduction();
    const group = recording.get(groupType, "data-redis-group");
    expect(group.inputs).to.deep.equal({
      replicationGroupId: "llm-marketplace-production-redis",
      description: "Cache, rate limits and quotas of llm-marketplace production",
      engine: "redis",
      engineVersion: "7.1",
      autoMinorVersionUpgrade: true,
      nodeType: "cache.m6g.large",
      numCacheClusters: 3,
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      port: 6379,
      subnetGroupName: recording.get("aws:elasticache/subnetGroup:SubnetGroup", "data-redis-subnets").outputs
        .name,
      securityGroupIds: [recording.get("aws:ec2/securityGroup:SecurityGroup", "data-redis-firewall").id],
      parameterGroupName: recording.get(
        "aws:elasticache/parameterGroup:ParameterGroup",
        "data-redis-parameters",
      ).outputs.name,
      userGroupIds: ["llm-marketplace-production-redis-users"],
      atRestEncryptionEnabled: true,
      kmsKeyId: key,
      transitEncryptionEnabled: true,
      transitEncryptionMode: "required",
      logDeliveryConfigurations: ["slow-log", "engine-log"].map((logType) => ({
        logType,
        logFormat: "json",
        destinationType: "cloudwatch-logs",
        destination: `/aws/vendedlogs/elasticache/llm-marketplace-production-redis/${logType}`,
      })),
      snapshotRetentionLimit: 30,
      snapshotWindow: "02:00-03:00",
      maintenanceWindow: "sun:04:00-sun:05:00",
      applyImmediately: false,
      finalSnapshotIdentifier: "llm-marketplace-production-redis-final",
      tags: tagsOf(production, "data-tier", "data-redis"),
    });
    expect(group.protect).to.equal(true);
  });

  it("is a single node without failover in dev", async () => {
    const recording = await recordStore(dev, (fixture) =>
      build(fixture, { nodeType: "cache.t4g.micro", replicas: 0, snapshotRetentionDays: 0 }),
    );
    const { inputs, protect } = recording.get(groupType, "data-redis-group");
    expect(inputs).to.include({
      numCacheClusters: 1,
      automaticFailoverEnabled: false,
      multiAzEnabled: false,
      transitEncryptionMode: "required",
      snapshotRetentionLimit: 0,
      applyImmediately: true,
    });
    expect(inputs).not.to.have.property("finalSnapshotIdentifier");
    expect(protect).to.equal(false);
  });

  it("gives each service a user of its own prefix that proves itself with its role", async () => {
    const recording = await inProduction();
    const found = recording.ofType(userType).map(({ inputs: { tags: _, ...user } }) => user);
    expect(found).to.have.deep.members([
      {
        userId: "llm-marketplace-production-discovery",
        userName: "llm-marketplace-production-discovery",
        engine: "redis",
        accessString:
          "on ~discovery:* resetchannels &discovery:* -@all +@read +@write +@connection +@transaction +@scripting +@pubsub -@dangerous +info +time",
        authenticationMode: { type: "iam" },
      },
      {
        userId: "llm-marketplace-production-admin",
        userName: "llm-marketplace-production-admin",
        engine: "redis",
        accessString:
          "on ~consumption:* resetchannels &consumption:* -@all +@read +@connection -@dangerous +info",
        authenticationMode: { type: "iam" },
      },
      {
        userId: "llm-marketplace-production-redis-default",
        userName: "default",
        engine: "redis",
        accessString: "off ~* -@all",
        authenticationMode: { type: "no-password-required" },
      },
    ]);
  });

  it("puts the disabled default user and the services' users into its one group", async () => {
    const recording = await inProduction();
    expect(recording.get("aws:elasticache/userGroup:UserGroup", "data-redis-users").inputs).to.deep.equal({
      userGroupId: "llm-marketplace-production-redis-users",
      engine: "redis",
      userIds: [
        "llm-marketplace-production-redis-default",
        "llm-marketplace-production-discovery",
        "llm-marketplace-production-admin",
      ],
      tags: tagsOf(production, "data-tier", "data-redis"),
    });
  });

  it("evicts only keys with a lifetime", async () => {
    const { inputs } = (await inProduction()).get(
      "aws:elasticache/parameterGroup:ParameterGroup",
      "data-redis-parameters",
    );
    expect(inputs.family).to.equal("redis7");
    expect(inputs.parameters).to.deep.equal([{ name: "maxmemory-policy", value: "volatile-lru" }]);
  });

  it("writes its logs into encrypted groups and lets workloads in on one port", async () => {
    const recording = await inProduction();
    const groups = recording.ofType("aws:cloudwatch/logGroup:LogGroup");
    expect(groups.map(({ inputs }) => [inputs.kmsKeyId, inputs.retentionInDays])).to.deep.equal([
      [key, 30],
      [key, 30],
    ]);
    const rules = recording.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule");
    expect(
      rules.map(({ inputs }) => [inputs.referencedSecurityGroupId, inputs.fromPort, inputs.toPort]),
    ).to.deep.equal([["sg-nodes", 6379, 6379]]);
  });

  it("names its address, its reference and what it calls a service's user", async () => {
    const { outputs, get } = await inProduction();
    const group = get(groupType, "data-redis-group");
    expect(outputs).to.deep.equal({
      host: group.outputs.primaryEndpointAddress,
      reference:
        "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:llm-marketplace-production-redis",
      managed: { nodes: 3 },
      userName: "llm-marketplace-production-discovery",
    });
  });

  it("takes Valkey with its own parameter family and no default user", async () => {
    const recording = await recordStore(production, (fixture) =>
      build(fixture, { engine: "valkey", version: "8.2" }),
    );
    expect(recording.get(groupType, "data-redis-group").inputs).to.include({
      engine: "valkey",
      engineVersion: "8.2",
    });
    expect(
      recording.get("aws:elasticache/parameterGroup:ParameterGroup", "data-redis-parameters").inputs.family,
    ).to.equal("valkey8");
    expect(recording.ofType(userType).map(({ inputs }) => [inputs.engine, inputs.userName])).to.deep.equal([
      ["valkey", "llm-marketplace-production-discovery"],
      ["valkey", "llm-marketplace-production-admin"],
    ]);
  });

  it("keeps user ids under 40 characters without making two the same", () => {
    const context = { ...production, stack: "production-of-the-north" };
    const ids = ["consumption", "consumption-2"].map((user) => redisUserId(context, user));
    expect(ids.every((id) => id.length <= 40)).to.equal(true);
    expect(new Set(ids).size).to.equal(2);
  });
});
