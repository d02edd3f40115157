// Covers AWS Backup: vaults in both regions, the plan's rules, what is selected, and nothing where there is nothing.
import { expect } from "chai";
import { createBackup } from "../../../components/clouds/aws/backup.ts";
import type { BackupSpec } from "../../../components/clouds/contract.ts";
import {
  dev,
  inClusterStore,
  key,
  managedStore,
  production,
  recordStore,
  recoveryKey,
  type StoreFixture,
} from "./stores-fixture.ts";

function build(fixture: StoreFixture, changes: Partial<BackupSpec> = {}) {
  return {
    ...createBackup(
      fixture.parent,
      "backup-stores",
      {
        ...fixture,
        postgres: managedStore("postgres", { nodes: 1 }),
        redis: managedStore("redis", { nodes: 3 }),
        retentionDays: 30,
        hourlyRetentionHours: 48,
        crossRegionCopies: true,
        ...changes,
      },
      fixture.environment,
    ),
  };
}

const inProduction = () => recordStore(production, (fixture) => build(fixture));
const inDev = () =>
  recordStore(dev, (fixture) =>
    build(fixture, { retentionDays: 7, hourlyRetentionHours: 0, crossRegionCopies: false }),
  );
const vaultType = "aws:backup/vault:Vault";

describe("backups on AWS", () => {
  it("takes hourly snapshots for two days and daily ones for the retention, copied to the other region", async () => {
    const recording = await inProduction();
    const windows = {
      startWindow: 60,
      completionWindow: 180,
      targetVaultName: "llm-marketplace-production-backup",
      enableContinuousBackup: false,
    };
    expect(recording.get("aws:backup/plan:Plan", "backup-stores-postgres-plan").inputs.rules).to.deep.equal([
      { ...windows, ruleName: "hourly", schedule: "cron(0 * * * ? *)", lifecycle: { deleteAfter: 2 } },
      {
        ...windows,
        ruleName: "daily",
        schedule: "cron(30 6 * * ? *)",
        lifecycle: { deleteAfter: 30 },
        copyActions: [
          {
            destinationVaultArn:
              "arn:aws:backup:us-west-2:123456789012:backup-vault:llm-marketplace-production-backup",
            lifecycle: { deleteAfter: 30 },
          },
        ],
      },
    ]);
  });

  it("keeps both vaults under their own region's key and provider, protected", async () => {
    const recording = await inProduction();
    const [vault, recovery] = ["backup-stores-vault", "backup-stores-recovery-vault"].map((name) =>
      recording.get(vaultType, name),
    );
    expect([vault?.inputs.kmsKeyArn, recovery?.inputs.kmsKeyArn]).to.deep.equal([key, recoveryKey]);
    expect([vault?.inputs.forceDestroy, recovery?.inputs.forceDestroy]).to.deep.equal([false, false]);
    expect([vault?.protect, recovery?.protect]).to.deep.equal([true, true]);
    const [here, there] = ["aws", "aws-recovery"].map((name) => recording.get("pulumi:providers:aws", name));
    expect([vault?.provider, recovery?.provider]).to.deep.equal([
      `${here?.urn}::${here?.id}`,
      `${there?.urn}::${there?.id}`,
    ]);
    expect(recording.outputs).to.deep.equal({ vault: "llm-marketplace-production-backup" });
  });

  it("selects the database alone, with a role that may back up and restore", async () => {
    const recording = await inProduction();
    const role = recording.get("aws:iam/role:Role", "backup-stores-role");
    const selection = recording.get("aws:backup/selection:Selection", "backup-stores-postgres-selection");
    expect(selection.inputs).to.deep.equal({
      name: "llm-marketplace-production-postgres",
      planId: recording.get("aws:backup/plan:Plan", "backup-stores-postgres-plan").id,
      iamRoleArn: role.outputs.arn,
      resources: ["arn:aws:rds:us-east-1:123456789012:db:llm-marketplace-production-postgres"],
    });
    const policies = recording.ofType("aws:iam/rolePolicyAttachment:RolePolicyAttachment");
    expect(policies.map(({ inputs }) => inputs.policyArn)).to.deep.equal([
      "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
      "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores",
    ]);
    expect(selection.dependencies).to.include.members(policies.map(({ urn }) => urn));
    expect(JSON.parse(String(role.inputs.assumeRolePolicy)).Statement[0].Principal).to.deep.equal({
      Service: "backup.amazonaws.com",
    });
  });

  it("takes daily snapshots only, in one vault that goes with the stack, in dev", async () => {
    const recording = await inDev();
    const rules = recording.get("aws:backup/plan:Plan", "backup-stores-postgres-plan").inputs.rules;
    expect(rules).to.deep.equal([
      {
        startWindow: 60,
        completionWindow: 180,
        targetVaultName: "llm-marketplace-dev-backup",
        ruleName: "daily",
        schedule: "cron(30 6 * * ? *)",
        enableContinuousBackup: false,
        lifecycle: { deleteAfter: 7 },
      },
    ]);
    expect(
      recording.ofType(vaultType).map(({ name, inputs, protect }) => [name, inputs.forceDestroy, protect]),
    ).to.deep.equal([["backup-stores-vault", true, false]]);
  });

  it("rounds hours up to the days in which AWS Backup counts", async () => {
    const recording = await recordStore(dev, (fixture) => build(fixture, { hourlyRetentionHours: 25 }));
    const { rules } = recording.get("aws:backup/plan:Plan", "backup-stores-postgres-plan").inputs;
    expect((rules as { lifecycle: object }[])[0]?.lifecycle).to.deep.equal({ deleteAfter: 2 });
  });

  it("makes nothing for a database inside the cluster", async () => {
    const recording = await recordStore(dev, (fixture) =>
      build(fixture, { postgres: inClusterStore("postgres") }),
    );
    expect(recording.resources.filter(({ type }) => type.startsWith("aws:"))).to.deep.equal([]);
    expect(recording.outputs).to.deep.equal({});
  });
});
