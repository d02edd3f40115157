import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { UserError } from "../../core/errors.ts";
import { tags } from "../../core/labels.ts";
import { physicalName } from "../../core/naming.ts";
import type { ManagedPostgresSpec, StoreOutputs } from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";
import { createLogGroup } from "./log-group.ts";
import { serviceTrust } from "./policy.ts";
import rdsCertificates from "./rds-certificates.json" with { type: "json" };
import { createStoreFirewall } from "./store-firewall.ts";

const component = "data-tier";
const port = 5432;
/** Logs that RDS for PostgreSQL exports. */
const exportedLogs = ["postgresql", "upgrade"] as const;
/**
 * Daily window of the automated backup and weekly one of maintenance, UTC. AWS Backup starts no snapshot inside
 * them nor in the hour before, so the hourly plan has a gap there; point-in-time recovery has none.
 */
const backupWindow = "03:00-03:30";
const maintenanceWindow = "sun:04:00-sun:05:00";

/** Name of the instance: people type it, its log groups contain it, and alarms refer to it. */
export function postgresIdentifier(context: PlatformContext): string {
  return physicalName(context, "postgres", 63);
}

/**
 * RDS for PostgreSQL under the customer's key.
 *
 * - Clients must use TLS and prove themselves with tokens of their own IAM role; RDS keeps the administrator's
 *   password in Secrets Manager and renews it, so none is in the state.
 * - No read replica: RDS refuses one while it manages the password.
 * - Minor versions are raised through `config/versions.json`; RDS does not raise them by itself, because a version
 *   that has moved ahead of the program would read as a downgrade.
 * - Cost: instance hours (twice with a standby), gp3 storage, backup storage beyond the database's size, copies in
 *   the recovery region. Performance Insights with 7 days and Database Insights in standard mode are free.
 * - Replaces the database: `encryption.key`, the stack's name.
 */
export function createPostgres(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ManagedPostgresSpec,
  env: AwsEnvironment,
): StoreOutputs {
  const caCertificate = rootCertificate(env.region);
  const logGroups = exportedLogs.map((log) =>
    createLogGroup(parent, `${name}-log-${log}`, {
      context: spec.context,
      component,
      encryption: spec.encryption,
      logGroupName: `/aws/rds/instance/${postgresIdentifier(spec.context)}/${log}`,
      retentionDays: spec.logRetentionDays,
    }),
  );
  const instance = buildInstance(parent, name, spec, env, logGroups);
  const replication = spec.crossRegionCopies ? buildBackupReplication(parent, name, spec, env, instance) : [];
  return {
    kind: "postgres",
    host: instance.address,
    port,
    tls: true,
    auth: { kind: "cloud-identity", userName: (user) => user },
    caSecret: undefined,
    caCertificate,
    reference: instance.resourceId,
    managed: { nodes: 1, maxConnections: spec.maxConnections, storageGiB: spec.storageGiB },
    namespace: undefined,
    adminSecretKey: instance.masterUserSecrets.apply((secrets) => requireSecret(name, secrets)),
    ready: [instance, ...replication],
  };
}

function buildInstance(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ManagedPostgresSpec,
  env: AwsEnvironment,
  logGroups: readonly aws.cloudwatch.LogGroup[],
): aws.rds.Instance {
  const { context, encryption } = spec;
  const { protectData } = context;
  const identifier = postgresIdentifier(context);
  const monitoring = buildMonitoring(parent, name, spec, env);
  return new aws.rds.Instance(
    `${name}-instance`,
    {
      identifier,
      engine: "postgres",
      engineVersion: spec.version,
      engineLifecycleSupport: "open-source-rds-extended-support-disabled",
      autoMinorVersionUpgrade: false,
      allowMajorVersionUpgrade: false,
      instanceClass: spec.instanceClass,
      multiAz: spec.highlyAvailable,
      storageType: "gp3",
      allocatedStorage: spec.storageGiB,
      maxAllocatedStorage: spec.maxStorageGiB,
      storageEncrypted: true,
      kmsKeyId: encryption.key,
      port,
      publiclyAccessible: false,
      dbSubnetGroupName: buildSubnetGroup(parent, name, spec).name,
      vpcSecurityGroupIds: [
        createStoreFirewall(parent, name, { ...spec, component, ports: { postgres: port } }).id,
      ],
      parameterGroupName: buildParameters(parent, name, spec).name,
      caCertIdentifier: rdsCertificates.authority,
      username: "marketplace_admin",
      manageMasterUserPassword: true,
      masterUserSecretKmsKeyId: encryption.key,
      iamDatabaseAuthenticationEnabled: true,
      backupRetentionPeriod: spec.retentionDays,
      backupWindow,
      maintenanceWindow,
      applyImmediately: !protectData,
      copyTagsToSnapshot: true,
      deleteAutomatedBackups: !protectData,
      deletionProtection: protectData,
      skipFinalSnapshot: !protectData,
      ...(protectData ? { finalSnapshotIdentifier: `${identifier}-final` } : {}),
      performanceInsightsEnabled: true,
      performanceInsightsKmsKeyId: encryption.key,
      performanceInsightsRetentionPeriod: 7,
      databaseInsightsMode: "standard",
      monitoringInterval: 60,
      monitoringRoleArn: monitoring.roleArn,
      enabledCloudwatchLogsExports: [...exportedLogs],
      tags: tags(context, component, name),
    },
    { parent, protect: protectData, dependsOn: [...logGroups, monitoring.permission] },
  );
}

function buildSubnetGroup(
  parent: pulumi.ComponentResource,
  name: string,
  { context, network }: ManagedPostgresSpec,
): aws.rds.SubnetGroup {
  return new aws.rds.SubnetGroup(
    `${name}-subnets`,
    {
      description: "Data subnets of the platform",
      subnetIds: [...network.dataSubnetIds],
      tags: tags(context, component, name),
    },
    { parent },
  );
}

/** Static parameters wait for the next restart; the others take effect at once. */
function buildParameters(
  parent: pulumi.ComponentResource,
  name: string,
  { context, version, maxConnections }: ManagedPostgresSpec,
): aws.rds.ParameterGroup {
  const atRestart = {
    max_connections: `${maxConnections}`,
    shared_preload_libraries: "pg_stat_statements",
  };
  const atOnce = {
    "rds.force_ssl": "1",
    // A transaction left open holds locks and keeps vacuum from cleaning up.
    idle_in_transaction_session_timeout: "60000",
    log_lock_waits: "1",
    log_min_duration_statement: "500",
    log_statement: "ddl",
    log_temp_files: "10240",
  };
  const entries = (parameters: Record<string, string>, applyMethod: string) =>
    Object.entries(parameters).map(([parameter, value]) => ({ name: parameter, value, applyMethod }));
  return new aws.rds.ParameterGroup(
    `${name}-parameters`,
    {
      family: `postgres${version.split(".")[0]}`,
      description: "Forced TLS, connection limit, slow statements",
      parameters: [...entries(atRestart, "pending-reboot"), ...entries(atOnce, "immediate")],
      tags: tags(context, component, name),
    },
    { parent },
  );
}

/** Lets RDS write the operating system's figures (memory, load, processes), which CloudWatch's own lack. */
function buildMonitoring(
  parent: pulumi.ComponentResource,
  name: string,
  { context }: ManagedPostgresSpec,
  env: AwsEnvironment,
): { roleArn: pulumi.Output<string>; permission: pulumi.Resource } {
  const role = new aws.iam.Role(
    `${name}-monitoring`,
    {
      assumeRolePolicy: serviceTrust("monitoring.rds.amazonaws.com", env.accountId),
      tags: tags(context, component, `${name}-monitoring`),
    },
    { parent },
  );
  const permission = new aws.iam.RolePolicyAttachment(
    `${name}-monitoring`,
    {
      role: role.name,
      policyArn: `arn:${env.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole`,
    },
    { parent },
  );
  return { roleArn: role.arn, permission };
}

/** Transaction logs and snapshots follow into the recovery region, under that region's key. */
function buildBackupReplication(
  parent: pulumi.ComponentResource,
  name: string,
  { encryption, retentionDays }: ManagedPostgresSpec,
  env: AwsEnvironment,
  instance: aws.rds.Instance,
): pulumi.Resource[] {
  if (encryption.recoveryKey === undefined) {
    throw new Error(`${name}: copies in ${env.recoveryRegion} need a key there`);
  }
  return [
    new aws.rds.InstanceAutomatedBackupsReplication(
      `${name}-backup-replication`,
      { sourceDbInstanceArn: instance.arn, kmsKeyId: encryption.recoveryKey, retentionPeriod: retentionDays },
      {
        parent,
        provider: env.recoveryProvider,
        // Another retention makes another replication: AWS changes none in place and allows one at a time. What the
        // old one has copied is kept until it expires, so it needs no protection.
        deleteBeforeReplace: true,
      },
    ),
  ];
}

function rootCertificate(region: string): string {
  const certificates: Readonly<Record<string, string>> = rdsCertificates.certificates;
  const certificate = certificates[region];
  if (certificate) return certificate;
  throw new UserError({
    path: "aws.region",
    got: region,
    allowed: Object.keys(certificates).join(", "),
    fix: "choose one of these regions, or add the region's RDS root to components/clouds/aws/rds-certificates.json",
  });
}

function requireSecret(name: string, secrets: readonly { readonly secretArn: string }[] | undefined): string {
  const secret = secrets?.[0];
  if (secret === undefined) throw new Error(`${name}: RDS reports no secret of the administrator`);
  return secret.secretArn;
}
