/** Data at rest is encrypted with the platform's own key, and on the way with TLS. */
import type { Plan } from "../../../cli/plan/plan.ts";
import type { RecordedResource } from "../../../simulator/recorder.ts";
import { type Arguments, at, each, type Invariant, label } from "./invariant.ts";

type Requirement = readonly [path: string, holds: (value: unknown) => boolean, wanted: string];

const isKey = (value: unknown) => typeof value === "string" && value.length > 0;
const is = (expected: unknown) => (value: unknown) => value === expected;
const key = (path: string): Requirement => [path, isKey, "a customer key"];
const yes = (path: string): Requirement => [path, is(true), "true"];

/** What each store must say of its encryption, by the path of the argument. */
const requirements: Readonly<Record<string, readonly Requirement[]>> = {
  "aws:backup/vault:Vault": [key("kmsKeyArn")],
  "aws:cloudwatch/logGroup:LogGroup": [key("kmsKeyId")],
  "aws:ebs/volume:Volume": [yes("encrypted"), key("kmsKeyId")],
  "aws:ec2/launchTemplate:LaunchTemplate": [
    ["blockDeviceMappings.0.ebs.encrypted", (value) => value === true || value === "true", "true"],
    key("blockDeviceMappings.0.ebs.kmsKeyId"),
    ["metadataOptions.httpTokens", is("required"), '"required"'],
    ["metadataOptions.httpPutResponseHopLimit", is(1), "1"],
  ],
  "aws:ecr/repository:Repository": [
    ["encryptionConfigurations.0.encryptionType", is("KMS"), '"KMS"'],
    key("encryptionConfigurations.0.kmsKey"),
  ],
  "aws:efs/fileSystem:FileSystem": [yes("encrypted"), key("kmsKeyId")],
  "aws:elasticache/replicationGroup:ReplicationGroup": [
    yes("atRestEncryptionEnabled"),
    key("kmsKeyId"),
    yes("transitEncryptionEnabled"),
  ],
  "aws:msk/cluster:Cluster": [
    key("encryptionInfo.encryptionAtRestKmsKeyArn"),
    ["encryptionInfo.encryptionInTransit.clientBroker", is("TLS"), '"TLS"'],
    ["encryptionInfo.encryptionInTransit.inCluster", (value) => value !== false, "true"],
  ],
  "aws:rds/instance:Instance": [yes("storageEncrypted"), key("kmsKeyId"), key("performanceInsightsKmsKeyId")],
  "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": [key("kmsKeyId")],
  "aws:secretsmanager/secret:Secret": [key("kmsKeyId")],
  "aws:sns/topic:Topic": [key("kmsMasterKeyId")],
  "aws:sqs/queue:Queue": [key("kmsMasterKeyId")],
  "eks:index:Cluster": [key("encryptionConfigKeyArn")],
};

export const encryptedStores: Invariant = {
  title: "every store is encrypted at rest with a customer key, and on the way",
  violations: (plan) =>
    each(plan, (resource, args) => {
      if (resource.type === "aws:s3/bucket:Bucket") return bucketViolations(plan, resource);
      if (resource.type === "kubernetes:storage.k8s.io/v1:StorageClass")
        return classViolations(resource, args);
      return (requirements[resource.type] ?? [])
        .filter(([path, holds]) => !holds(at(args, path)))
        .map(
          ([path, , wanted]) =>
            `${label(resource)} has ${path} ${JSON.stringify(at(args, path)) ?? "unset"}, wanted ${wanted}`,
        );
    }),
};

/** A bucket's encryption is a resource of its own. */
function bucketViolations(plan: Plan, bucket: RecordedResource): string[] {
  const type = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
  const encrypted = plan.resources.some((resource) => {
    const rule = at(resource.inputs, "rules.0.applyServerSideEncryptionByDefault");
    return (
      resource.type === type &&
      resource.dependencies.includes(bucket.urn) &&
      at(rule, "sseAlgorithm") === "aws:kms" &&
      isKey(at(rule, "kmsMasterKeyId"))
    );
  });
  return encrypted ? [] : [`${label(bucket)} is not encrypted with a customer key`];
}

/** Volumes of the cloud; a laptop's volumes are as safe as its disk. */
function classViolations(resource: RecordedResource, args: Arguments): string[] {
  if (args.provisioner !== "ebs.csi.aws.com") return [];
  const parameters = (args.parameters ?? {}) as Arguments;
  const holds = parameters.encrypted === "true" && isKey(parameters.kmsKeyId);
  return holds ? [] : [`${label(resource)} makes volumes that are not encrypted with a customer key`];
}
