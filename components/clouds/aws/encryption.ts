import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { tags } from "../../core/labels.ts";
import { physicalName } from "../../core/naming.ts";
import type { EncryptionOutputs, EncryptionSpec } from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";
import { policyDocument, type Statement } from "./policy.ts";

/** Days between asking for a key's deletion and losing what it encrypts: the longest AWS allows. */
const deletionWindowDays = 30;

/** The platform's customer key, and one of its own for the recovery region. */
export function createEncryption(
  parent: pulumi.ComponentResource,
  name: string,
  spec: EncryptionSpec,
  environment: AwsEnvironment,
): EncryptionOutputs {
  return {
    key: buildKey(parent, `${name}-key`, spec, environment, environment.region),
    recoveryKey: spec.recovery
      ? buildKey(parent, `${name}-recovery-key`, spec, environment, environment.recoveryRegion, {
          provider: environment.recoveryProvider,
        })
      : undefined,
  };
}

function buildKey(
  parent: pulumi.ComponentResource,
  name: string,
  spec: EncryptionSpec,
  environment: AwsEnvironment,
  region: string,
  opts: pulumi.CustomResourceOptions = {},
): pulumi.Output<string> {
  const { context } = spec;
  const key = new aws.kms.Key(
    name,
    {
      description: `Data at rest of ${context.project} ${context.stack} in ${region}`,
      enableKeyRotation: true,
      deletionWindowInDays: deletionWindowDays,
      policy: policyDocument(keyPolicy(environment, region)),
      tags: tags(context, "encryption", name),
    },
    { parent, protect: context.protectData, ...opts },
  );
  new aws.kms.Alias(
    `${name}-alias`,
    { name: `alias/${physicalName(context, name, 250)}`, targetKeyId: key.keyId },
    { parent, ...opts },
  );
  return key.arn;
}

/**
 * Who may use the key. The first statement leaves it to IAM policies of the account: RDS, ElastiCache, MSK, ECR,
 * S3 and Secrets Manager act with the rights and grants of whoever calls them, so they need no statement of their
 * own. The others are for principals that have no IAM policy here: CloudWatch's services, and the service-linked
 * roles that start nodes on encrypted volumes and copy backups.
 */
export function keyPolicy(environment: AwsEnvironment, region: string): Statement[] {
  const { accountId, partition } = environment;
  return [
    {
      Sid: "RightsComeFromTheAccountsOwnPolicies",
      Effect: "Allow",
      Principal: { AWS: pulumi.interpolate`arn:${partition}:iam::${accountId}:root` },
      Action: "kms:*",
      Resource: "*",
    },
    {
      Sid: "LogGroupsOfThisAccount",
      Effect: "Allow",
      Principal: { Service: `logs.${region}.amazonaws.com` },
      Action: ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
      Resource: "*",
      Condition: {
        ArnLike: {
          "kms:EncryptionContext:aws:logs:arn": pulumi.interpolate`arn:${partition}:logs:${region}:${accountId}:log-group:*`,
        },
      },
    },
    {
      Sid: "AlarmsToEncryptedTopics",
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
      Resource: "*",
      Condition: {
        StringEquals: { "aws:SourceAccount": accountId },
        ArnLike: {
          "aws:SourceArn": pulumi.interpolate`arn:${partition}:cloudwatch:${region}:${accountId}:alarm:*`,
        },
      },
    },
    ...serviceLinkedRoles(environment),
  ];
}

/**
 * Service-linked roles are named in a condition and not as principals: a key policy with a principal that does not
 * exist yet is refused, and in a new account these roles appear with the first scaling group and the first vault.
 */
function serviceLinkedRoles({ accountId, partition }: AwsEnvironment): Statement[] {
  const role = (service: string, roleName: string) =>
    pulumi.interpolate`arn:${partition}:iam::${accountId}:role/aws-service-role/${service}/${roleName}`;
  const onlyThem = {
    "kms:CallerAccount": accountId,
    "aws:PrincipalArn": [
      role("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling"),
      role("backup.amazonaws.com", "AWSServiceRoleForBackup"),
    ],
  };
  return [
    {
      Sid: "NodeVolumesAndBackupCopies",
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
      Resource: "*",
      Condition: { StringEquals: onlyThem },
    },
    {
      Sid: "GrantsForNodeVolumesAndBackupCopies",
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: "kms:CreateGrant",
      Resource: "*",
      Condition: { StringEquals: onlyThem, Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
  ];
}
