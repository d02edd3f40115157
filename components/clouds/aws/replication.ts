import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { tags } from "../../core/labels.ts";
import type { ObjectStoreSpec } from "../contract.ts";
import { type Bucket, createBucket } from "./bucket.ts";
import type { AwsEnvironment } from "./environment.ts";
import { policyDocument, type Statement } from "./policy.ts";

/**
 * As S3's user guide has it ("Setting up permissions for live replication", read 2026-11). It has no condition on the
 * source account: S3 is not documented to send one, and copies that may not start fail in silence. Only identities of
 * this account can pass the role to S3, so no other account can have its buckets copied with it.
 */
const replicationTrust: Statement = {
  Sid: "AssumedByTheService",
  Effect: "Allow",
  Principal: { Service: "s3.amazonaws.com" },
  Action: "sts:AssumeRole",
};

/** Copies every new object into a bucket of the recovery region, under that region's key. */
export function createReplication(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ObjectStoreSpec,
  environment: AwsEnvironment,
  source: Bucket,
): pulumi.CustomResource[] {
  const { recoveryKey } = spec.encryption;
  if (recoveryKey === undefined) throw new Error(`${name}: copies need a key in the recovery region`);
  const replicaName = `${name}-recovery`;
  const replica = createBucket(parent, replicaName, spec, recoveryKey, {
    provider: environment.recoveryProvider,
  });
  const role = new aws.iam.Role(
    replicaName,
    {
      description: `Copies ${name} to ${environment.recoveryRegion}`,
      assumeRolePolicy: policyDocument([replicationTrust]),
      tags: tags(spec.context, "object-store", replicaName),
    },
    { parent },
  );
  const rights = new aws.iam.RolePolicy(
    replicaName,
    { role: role.name, policy: policyDocument(replicationStatements(spec, environment, source, replica)) },
    { parent },
  );
  const replication = new aws.s3.BucketReplicationConfig(
    replicaName,
    {
      bucket: source.bucket.bucket,
      role: role.arn,
      rules: [
        {
          id: "everything",
          status: "Enabled",
          priority: 0,
          filter: {},
          deleteMarkerReplication: { status: "Disabled" },
          sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
          destination: {
            bucket: replica.bucket.arn,
            storageClass: "STANDARD_IA",
            encryptionConfiguration: { replicaKmsKeyId: recoveryKey },
          },
        },
      ],
    },
    { parent, dependsOn: [source.versioning, replica.versioning, rights] },
  );
  return [...replica.settings, replication];
}

function replicationStatements(
  { encryption }: ObjectStoreSpec,
  { region, recoveryRegion }: AwsEnvironment,
  source: Bucket,
  replica: Bucket,
): Statement[] {
  const key = (
    Sid: string,
    action: string | readonly string[],
    keyArn: pulumi.Input<string> | undefined,
    keyRegion: string,
  ): Statement[] =>
    keyArn === undefined
      ? []
      : [
          {
            Sid,
            Effect: "Allow",
            Action: action,
            Resource: keyArn,
            Condition: { StringEquals: { "kms:ViaService": `s3.${keyRegion}.amazonaws.com` } },
          },
        ];
  return [
    {
      Sid: "ReadTheSource",
      Effect: "Allow",
      Action: ["s3:GetReplicationConfiguration", "s3:ListBucket"],
      Resource: source.bucket.arn,
    },
    {
      Sid: "ReadObjects",
      Effect: "Allow",
      Action: ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"],
      Resource: pulumi.interpolate`${source.bucket.arn}/*`,
    },
    {
      Sid: "WriteCopies",
      Effect: "Allow",
      Action: ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"],
      Resource: pulumi.interpolate`${replica.bucket.arn}/*`,
    },
    ...key("ReadTheSourcesKey", "kms:Decrypt", encryption.key, region),
    // The copy's bucket has a bucket key, for which S3 asks KMS for a data key.
    ...key(
      "WriteUnderTheCopysKey",
      ["kms:Encrypt", "kms:GenerateDataKey"],
      encryption.recoveryKey,
      recoveryRegion,
    ),
  ];
}
