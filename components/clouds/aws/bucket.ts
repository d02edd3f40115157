import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { tags } from "../../core/labels.ts";
import type { ObjectStoreSpec } from "../contract.ts";
import { policyDocument } from "./policy.ts";

const component = "object-store";
/** Days that overwritten and deleted objects can be brought back. */
const oldVersionDays = 30;
/** Days after which uploads that never ended are thrown away. */
const unfinishedUploadDays = 7;

export interface Bucket {
  readonly bucket: aws.s3.Bucket;
  readonly versioning: aws.s3.BucketVersioning;
  /** Everything that makes the bucket what it should be: objects go in only after these. */
  readonly settings: readonly pulumi.CustomResource[];
}

/** A private, versioned, encrypted bucket that only answers over TLS. */
export function createBucket(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ObjectStoreSpec,
  key: pulumi.Input<string> | undefined,
  providerOpts: pulumi.CustomResourceOptions = {},
): Bucket {
  const { context } = spec;
  const opts = { parent, ...providerOpts };
  const bucket = new aws.s3.Bucket(
    name,
    { forceDestroy: !context.protectData, tags: tags(context, component, name) },
    { ...opts, protect: context.protectData },
  );
  const target = { bucket: bucket.bucket };
  const publicAccess = new aws.s3.BucketPublicAccessBlock(
    name,
    {
      ...target,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    opts,
  );
  const ownership = new aws.s3.BucketOwnershipControls(
    name,
    { ...target, rule: { objectOwnership: "BucketOwnerEnforced" } },
    opts,
  );
  const versioning = new aws.s3.BucketVersioning(
    name,
    { ...target, versioningConfiguration: { status: "Enabled" } },
    opts,
  );
  const encryption = new aws.s3.BucketServerSideEncryptionConfiguration(
    name,
    {
      ...target,
      // A bucket key spares a call to KMS for every object.
      rules: [
        {
          applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key },
          bucketKeyEnabled: true,
        },
      ],
    },
    opts,
  );
  // S3 refuses two changes of a bucket's access at once.
  const policy = new aws.s3.BucketPolicy(
    name,
    { ...target, policy: encryptedTransportOnly(bucket.arn) },
    { ...opts, dependsOn: [publicAccess] },
  );
  const lifecycle = new aws.s3.BucketLifecycleConfiguration(
    name,
    { ...target, rules: lifecycleRules(spec.expireDays) },
    { ...opts, dependsOn: [versioning] },
  );
  return {
    bucket,
    versioning,
    settings: [publicAccess, ownership, versioning, encryption, policy, lifecycle],
  };
}

function encryptedTransportOnly(bucketArn: pulumi.Output<string>): pulumi.Output<string> {
  const everything = {
    Principal: "*",
    Action: "s3:*",
    Resource: [bucketArn, pulumi.interpolate`${bucketArn}/*`],
  } as const;
  return policyDocument([
    {
      Sid: "NoPlainHttp",
      Effect: "Deny",
      ...everything,
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
    {
      Sid: "NoOldTls",
      Effect: "Deny",
      ...everything,
      Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } },
    },
  ]);
}

function lifecycleRules(expireDays: number): aws.types.input.s3.BucketLifecycleConfigurationRule[] {
  const leftovers = {
    id: "leftovers",
    status: "Enabled",
    filter: {},
    noncurrentVersionExpiration: { noncurrentDays: oldVersionDays },
    abortIncompleteMultipartUpload: { daysAfterInitiation: unfinishedUploadDays },
  };
  const expiry = { id: "expiry", status: "Enabled", filter: {}, expiration: { days: expireDays } };
  return expireDays > 0 ? [leftovers, expiry] : [leftovers];
}
