import { nist } from "../../../shared/frameworks.ts";
import type { GuardedResource, Rule } from "../../../shared/rule.ts";
import { read } from "../../../shared/value.ts";
import { heldEnvironments, isHeld, onlyIn } from "../environments.ts";

/** What holds data, or the key without which data is lost, by the cloud. */
const holders = {
  aws: [
    "aws:rds/instance:Instance",
    "aws:rds/cluster:Cluster",
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "aws:msk/cluster:Cluster",
    "aws:msk/topic:Topic",
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketV2:BucketV2",
    "aws:backup/vault:Vault",
    "aws:kms/key:Key",
    "aws:secretsmanager/secret:Secret",
    "aws:ecr/repository:Repository",
    "aws:dynamodb/table:Table",
    "aws:efs/fileSystem:FileSystem",
  ],
  gcp: [
    "gcp:sql/databaseInstance:DatabaseInstance",
    "gcp:redis/instance:Instance",
    "gcp:redis/cluster:Cluster",
    "gcp:memorystore/instance:Instance",
    "gcp:managedkafka/cluster:Cluster",
    "gcp:managedkafka/topic:Topic",
    "gcp:storage/bucket:Bucket",
    "gcp:kms/cryptoKey:CryptoKey",
    "gcp:secretmanager/secret:Secret",
    "gcp:artifactregistry/repository:Repository",
    "gcp:compute/disk:Disk",
  ],
  azure: [
    "azure-native:dbforpostgresql:Server",
    "azure-native:redisenterprise:RedisEnterprise",
    "azure-native:redisenterprise:Database",
    "azure-native:redis:Redis",
    "azure-native:eventhub:Namespace",
    "azure-native:eventhub:EventHub",
    "azure-native:storage:StorageAccount",
    "azure-native:storage:BlobContainer",
    "azure-native:keyvault:Vault",
    "azure-native:keyvault:Key",
    "azure-native:containerregistry:Registry",
    "azure-native:recoveryservices:Vault",
    "azure-native:dataprotection:BackupVault",
    "azure-native:compute:Disk",
  ],
  kubernetes: [
    "kubernetes:core/v1:PersistentVolume",
    "kubernetes:core/v1:PersistentVolumeClaim",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:postgresql.cnpg.io/v1:Cluster",
    "kubernetes:postgresql.cnpg.io/v1:Database",
    "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch",
    "kubernetes:kafka.strimzi.io/v1:Kafka",
    "kubernetes:kafka.strimzi.io/v1:KafkaNodePool",
    "kubernetes:kafka.strimzi.io/v1:KafkaTopic",
  ],
} as const;

/** A StatefulSet holds data where it has volumes of its own. */
function holdsData({ type, props }: GuardedResource): boolean {
  return !type.endsWith(":StatefulSet") || read(props, "spec.volumeClaimTemplates").state !== "absent";
}

/** What holds data must be taken out of protection by hand before Pulumi deletes or replaces it. */
export const protectRules: readonly Rule[] = Object.entries(holders).map(([cloud, types]) => ({
  name: `${cloud}-data-resource-protect`,
  kind: "resource",
  types,
  description:
    "A resource that holds data, or the key to it, must have Pulumi's option protect, so that no update or destroy deletes or replaces it unasked.",
  severity: "high",
  frameworks: [nist("CP-9")],
  remediation:
    "Set the option protect of the resource to true. Nothing is changed in the cloud; to delete it on purpose run pulumi state unprotect first.",
  settings: onlyIn(heldEnvironments),
  check: (resource, context) =>
    resource.protect || !isHeld(context) || !holdsData(resource)
      ? []
      : [
          {
            resource,
            property: "protect",
            actual: "false",
            required: "true",
            fix: "set the resource option protect to true",
          },
        ],
}));
