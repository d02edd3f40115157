// Covers RDS for PostgreSQL: every argument in production and what differs in dev, firewall, parameters, logs,
// copies in the recovery region, and the regions whose root certificate is known.
import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import { createPostgres, postgresIdentifier } from "../../../components/clouds/aws/postgres.ts";
import type { ManagedPostgresSpec } from "../../../components/clouds/contract.ts";
import { UserError } from "../../../components/core/errors.ts";
import {
  dev,
  key,
  production,
  recordStore,
  recoveryKey,
  type StoreFixture,
  tagsOf,
} from "./stores-fixture.ts";

const size = {
  version: "15.18",
  instanceClass: "db.m6g.large",
  storageGiB: 100,
  maxStorageGiB: 500,
  highlyAvailable: true,
  maxConnections: 500,
  retentionDays: 30,
  crossRegionCopies: true,
  logRetentionDays: 30,
};

function build(fixture: StoreFixture, changes: Partial<ManagedPostgresSpec> = {}) {
  const store = createPostgres(
    fixture.parent,
    "data-postgres",
    { ...fixture, ...size, ...changes },
    fixture.environment,
  );
  const { host, reference, adminSecretKey, auth, ready: _, ...plain } = store;
  return { host, reference, adminSecretKey, auth: auth.kind, ...plain };
}

const inProduction = () => recordStore(production, (fixture) => build(fixture));
const inDev = () =>
  recordStore(dev, (fixture) =>
    build(fixture, {
      instanceClass: "db.t4g.medium",
      storageGiB: 20,
      maxStorageGiB: 100,
      highlyAvailable: false,
      maxConnections: 100,
      retentionDays: 7,
      crossRegionCopies: false,
      logRetentionDays: 8,
    }),
  );
const instanceType = "aws:rds/instance:Instance";

describe("PostgreSQL on RDS", () => {
  it("is encrypted, highly available, recoverable and protected in production", async () => {
    const recording = await inProduction();
    const instance = recording.get(instanceType, "data-postgres-instance");
    const role = recording.get("aws:iam/role:Role", "data-postgres-monitoring");
    expect(instance.inputs).to.deep.equal({
      identifier: "llm-marketplace-production-postgres",
      engine: "postgres",
      engineVersion: "15.18",
      engineLifecycleSupport: "open-source-rds-extended-support-disabled",
      autoMinorVersionUpgrade: false,
      allowMajorVersionUpgrade: false,
      instanceClass: "db.m6g.large",
      multiAz: true,
      storageType: "gp3",
      allocatedStorage: 100,
      maxAllocatedStorage: 500,
      storageEncrypted: true,
      kmsKeyId: key,
      port: 5432,
      publiclyAccessible: false,
      dbSubnetGroupName: recording.get("aws:rds/subnetGroup:SubnetGroup", "data-postgres-subnets").outputs
        .name,
      vpcSecurityGroupIds: [
        recording.get("aws:ec2/securityGroup:SecurityGroup", "data-postgres-firewall").id,
      ],
      parameterGroupName: recording.get("aws:rds/parameterGroup:ParameterGroup", "data-postgres-parameters")
        .outputs.name,
      caCertIdentifier: "rds-ca-rsa2048-g1",
      username: "marketplace_admin",
      manageMasterUserPassword: true,
      masterUserSecretKmsKeyId: key,
      iamDatabaseAuthenticationEnabled: true,
      backupRetentionPeriod: 30,
      backupWindow: "03:00-03:30",
      maintenanceWindow: "sun:04:00-sun:05:00",
      applyImmediately: false,
      copyTagsToSnapshot: true,
      deleteAutomatedBackups: false,
      deletionProtection: true,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: "llm-marketplace-production-postgres-final",
      performanceInsightsEnabled: true,
      performanceInsightsKmsKeyId: key,
      performanceInsightsRetentionPeriod: 7,
      databaseInsightsMode: "standard",
      monitoringInterval: 60,
      monitoringRoleArn: role.outputs.arn,
      enabledCloudwatchLogsExports: ["postgresql", "upgrade"],
      tags: tagsOf(production, "data-tier", "data-postgres"),
    });
    expect(instance.protect).to.equal(true);
  });

  it("has one zone, shorter retention and goes without a trace in dev", async () => {
    const recording = await inDev();
    const { inputs, protect } = recording.get(instanceType, "data-postgres-instance");
    expect({ ...inputs, tags: undefined }).to.include({
      identifier: "llm-marketplace-dev-postgres",
      instanceClass: "db.t4g.medium",
      multiAz: false,
      allocatedStorage: 20,
      maxAllocatedStorage: 100,
      storageEncrypted: true,
      backupRetentionPeriod: 7,
      applyImmediately: true,
      deleteAutomatedBackups: true,
      deletionProtection: false,
      skipFinalSnapshot: true,
    });
    expect(inputs).not.to.have.property("finalSnapshotIdentifier");
    expect(protect).to.equal(false);
    expect(
      recording.ofType("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"),
    ).to.deep.equal([]);
  });

  it("forces TLS at once and sets the connection limit at the next restart", async () => {
    const recording = await inProduction();
    const { family, parameters } = recording.get(
      "aws:rds/parameterGroup:ParameterGroup",
      "data-postgres-parameters",
    ).inputs;
    expect(family).to.equal("postgres15");
    expect(parameters).to.deep.equal([
      { name: "max_connections", value: "500", applyMethod: "pending-reboot" },
      { name: "shared_preload_libraries", value: "pg_stat_statements", applyMethod: "pending-reboot" },
      { name: "rds.force_ssl", value: "1", applyMethod: "immediate" },
      { name: "idle_in_transaction_session_timeout", value: "60000", applyMethod: "immediate" },
      { name: "log_lock_waits", value: "1", applyMethod: "immediate" },
      { name: "log_min_duration_statement", value: "500", applyMethod: "immediate" },
      { name: "log_statement", value: "ddl", applyMethod: "immediate" },
      { name: "log_temp_files", value: "10240", applyMethod: "immediate" },
    ]);
  });

  it("lets only the cluster's workloads in, on its one port, from the data subnets", async () => {
    const recording = await inProduction();
    const firewall = recording.get("aws:ec2/securityGroup:SecurityGroup", "data-postgres-firewall");
    expect(firewall.inputs).to.deep.equal({
      vpcId: "vpc-1",
      description: "data-postgres: from the workloads of the cluster only",
      tags: tagsOf(production, "data-tier", "data-postgres-firewall"),
    });
    const rules = recording.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule");
    expect(rules.map(({ inputs: { tags: _, ...rule } }) => rule)).to.deep.equal([
      {
        securityGroupId: firewall.id,
        referencedSecurityGroupId: "sg-nodes",
        ipProtocol: "tcp",
        fromPort: 5432,
        toPort: 5432,
        description: "postgres from the workloads of the cluster",
      },
    ]);
    expect(
      recording.get("aws:rds/subnetGroup:SubnetGroup", "data-postgres-subnets").inputs.subnetIds,
    ).to.deep.equal(["subnet-data-us-east-1a", "subnet-data-us-east-1b", "subnet-data-us-east-1c"]);
  });

  it("has encrypted log groups with a period that CloudWatch knows before the first line is written", async () => {
    const recording = await inDev();
    const groups = recording.ofType("aws:cloudwatch/logGroup:LogGroup");
    expect(groups.map(({ inputs: { tags: _, ...group } }) => group)).to.deep.equal(
      ["postgresql", "upgrade"].map((log) => ({
        name: `/aws/rds/instance/llm-marketplace-dev-postgres/${log}`,
        kmsKeyId: key,
        retentionInDays: 14,
      })),
    );
    const { dependencies } = recording.get(instanceType, "data-postgres-instance");
    expect(dependencies).to.include.members(groups.map(({ urn }) => urn));
  });

  it("waits for the right to write its operating system's figures", async () => {
    const recording = await inProduction();
    const permission = recording.get(
      "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
      "data-postgres-monitoring",
    );
    expect(permission.inputs.policyArn).to.equal(
      "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
    );
    expect(recording.get(instanceType, "data-postgres-instance").dependencies).to.include(permission.urn);
  });

  it("replicates its backups to the recovery region under that region's provider and key", async () => {
    const recording = await inProduction();
    const replication = recording.get(
      "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
      "data-postgres-backup-replication",
    );
    expect(replication.inputs).to.deep.equal({
      sourceDbInstanceArn: "arn:aws:rds:us-east-1:123456789012:db:llm-marketplace-production-postgres",
      kmsKeyId: recoveryKey,
      retentionPeriod: 30,
    });
    const recoveryProvider = recording.get("pulumi:providers:aws", "aws-recovery");
    expect(replication.provider).to.equal(`${recoveryProvider.urn}::${recoveryProvider.id}`);
    // A change of its retention must be able to replace it, and there can be one at a time.
    expect(replication.protect).to.equal(false);
    expect(replication.options.deleteBeforeReplace).to.equal(true);
  });

  it("tells clients where it is, how they prove themselves and which root signs it, and no password", async () => {
    const { outputs, get } = await inProduction();
    const instance = get(instanceType, "data-postgres-instance");
    const { caCertificate, ...rest } = outputs;
    expect(rest).to.deep.equal({
      kind: "postgres",
      host: instance.outputs.address,
      port: 5432,
      tls: true,
      auth: "cloud-identity",
      reference: instance.outputs.resourceId,
      managed: { nodes: 1, maxConnections: 500, storageGiB: 100 },
      adminSecretKey: (instance.outputs.masterUserSecrets as { secretArn: string }[])[0]?.secretArn,
    });
    const root = new X509Certificate(String(caCertificate));
    expect(root.subject).to.contain("CN=Amazon RDS us-east-1 Root CA RSA2048 G1");
    expect(root.verify(root.publicKey)).to.equal(true);
  });

  it("refuses a region whose root certificate is not known", async () => {
    const planned = recordStore(dev, (fixture) => {
      createPostgres(
        fixture.parent,
        "data-postgres",
        { ...fixture, ...size },
        { ...fixture.environment, region: "mars-1" },
      );
      return undefined;
    });
    const error = await planned.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(UserError);
    expect((error as UserError).problems).to.have.length(1);
    expect((error as UserError).message).to.match(
      /^aws\.region: got mars-1\n {2}allowed: af-south-1, .*us-west-2\n/,
    );
  });

  it("has an identifier that RDS accepts however long the stack's name is", () => {
    const long = { ...production, stack: "production-of-the-northern-hemisphere-and-its-islands" };
    expect(postgresIdentifier(long)).to.match(/^(?=.{1,63}$)[a-z]([a-z0-9]|-(?!-))*[a-z0-9]$/);
  });
});
