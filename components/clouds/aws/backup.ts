import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { tags } from "../../core/labels.ts";
import { physicalName } from "../../core/naming.ts";
import type { BackupOutputs, BackupSpec } from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";
import { serviceTrust } from "./policy.ts";
import { postgresIdentifier } from "./postgres.ts";

const component = "backup";
/** Managed policies that AWS Backup needs to take and restore snapshots. */
const servicePolicies = {
  backup: "AWSBackupServiceRolePolicyForBackup",
  restore: "AWSBackupServiceRolePolicyForRestores",
} as const;

/**
 * AWS Backup for the managed PostgreSQL: a vault under the customer's key, hourly snapshots for a short time and
 * daily ones for the environment's retention, copied into a vault of the recovery region where copies are wanted.
 *
 * - No continuous backup: RDS's own point-in-time recovery does that, and only one of the two can.
 * - Nothing starts in RDS's backup and maintenance windows nor in the hour before them (`postgres.ts`); such an
 *   hourly job is retried within its start window and otherwise skipped.
 * - Snapshots that exist at once: hourly hours + daily days, under the account's 100 manual snapshots for 48 + 30.
 * - Nothing at all where PostgreSQL runs in the cluster: it archives to object storage itself.
 * - Cost: snapshot storage, copies' storage and transfer.
 */
export function createBackup(
  parent: pulumi.ComponentResource,
  name: string,
  spec: BackupSpec,
  env: AwsEnvironment,
): BackupOutputs {
  const { context, encryption, postgres } = spec;
  if (postgres.reference === undefined) return { vault: undefined };
  const vault = buildVault(parent, `${name}-vault`, spec, encryption.key);
  const recoveryVault = spec.crossRegionCopies
    ? buildVault(parent, `${name}-recovery-vault`, spec, encryption.recoveryKey, env.recoveryProvider)
    : undefined;
  const plan = new aws.backup.Plan(
    `${name}-postgres-plan`,
    {
      name: physicalName(context, "postgres", 50),
      rules: buildRules(spec, vault, recoveryVault),
      tags: tags(context, component, `${name}-postgres-plan`),
    },
    { parent },
  );
  const { roleArn, permissions } = buildRole(parent, name, spec, env);
  new aws.backup.Selection(
    `${name}-postgres-selection`,
    {
      name: physicalName(context, "postgres", 50),
      planId: plan.id,
      iamRoleArn: roleArn,
      resources: [
        pulumi.interpolate`arn:${env.partition}:rds:${env.region}:${env.accountId}:db:${postgresIdentifier(context)}`,
      ],
    },
    { parent, dependsOn: [...permissions, ...postgres.ready] },
  );
  return { vault: vault.name };
}

function buildVault(
  parent: pulumi.ComponentResource,
  name: string,
  { context }: BackupSpec,
  key: pulumi.Output<string> | undefined,
  provider?: aws.Provider,
): aws.backup.Vault {
  if (key === undefined) throw new Error(`${name}: a vault wants a customer key`);
  return new aws.backup.Vault(
    name,
    {
      name: physicalName(context, "backup", 50),
      kmsKeyArn: key,
      // A vault with recovery points cannot be deleted; only where nothing is worth keeping do they go with it.
      forceDestroy: !context.protectData,
      tags: tags(context, component, name),
    },
    { parent, protect: context.protectData, ...(provider === undefined ? {} : { provider }) },
  );
}

/** Times are UTC; windows are minutes, 60 being the shortest that AWS Backup starts a job in. */
function buildRules(
  spec: BackupSpec,
  vault: aws.backup.Vault,
  recoveryVault: aws.backup.Vault | undefined,
): aws.types.input.backup.PlanRule[] {
  const windows = { startWindow: 60, completionWindow: 180, targetVaultName: vault.name };
  const daily: aws.types.input.backup.PlanRule = {
    ...windows,
    ruleName: "daily",
    schedule: "cron(30 6 * * ? *)",
    enableContinuousBackup: false,
    lifecycle: { deleteAfter: spec.retentionDays },
    ...(recoveryVault === undefined
      ? {}
      : {
          copyActions: [
            { destinationVaultArn: recoveryVault.arn, lifecycle: { deleteAfter: spec.retentionDays } },
          ],
        }),
  };
  if (spec.hourlyRetentionHours === 0) return [daily];
  const hourly: aws.types.input.backup.PlanRule = {
    ...windows,
    ruleName: "hourly",
    schedule: "cron(0 * * * ? *)",
    enableContinuousBackup: false,
    // AWS Backup counts in days.
    lifecycle: { deleteAfter: Math.ceil(spec.hourlyRetentionHours / 24) },
  };
  return [hourly, daily];
}

function buildRole(
  parent: pulumi.ComponentResource,
  name: string,
  { context }: BackupSpec,
  env: AwsEnvironment,
): { roleArn: pulumi.Output<string>; permissions: pulumi.Resource[] } {
  const role = new aws.iam.Role(
    `${name}-role`,
    {
      assumeRolePolicy: serviceTrust("backup.amazonaws.com", env.accountId),
      tags: tags(context, component, `${name}-role`),
    },
    { parent },
  );
  const permissions = Object.entries(servicePolicies).map(
    ([purpose, policy]) =>
      new aws.iam.RolePolicyAttachment(
        `${name}-role-${purpose}`,
        { role: role.name, policyArn: `arn:${env.partition}:iam::aws:policy/service-role/${policy}` },
        { parent },
      ),
  );
  return { roleArn: role.arn, permissions };
}
