/**
 * Arguments that cannot change in place, for the types whose replacement would lose data or stop the platform.
 * Kubernetes: pulumi-kubernetes 4, provider/pkg/provider/diff.go, read in November 2026. AWS: what is commonly known of
 * `ForceNew` in terraform-provider-aws 6, which the Pulumi provider wraps; read there only for the backup replication.
 */
const replacing: Readonly<Record<string, readonly string[]>> = {
  "aws:backup/vault:Vault": ["kmsKeyArn", "name"],
  "aws:cloudwatch/logGroup:LogGroup": ["logGroupClass", "name"],
  "aws:ec2/securityGroup:SecurityGroup": ["description", "name", "vpcId"],
  "aws:ec2/subnet:Subnet": ["availabilityZone", "cidrBlock", "vpcId"],
  "aws:ec2/vpc:Vpc": ["cidrBlock"],
  "aws:ecr/repository:Repository": ["encryptionConfigurations", "name"],
  "aws:eks/cluster:Cluster": ["bootstrapSelfManagedAddons", "encryptionConfig", "name", "roleArn"],
  "aws:eks/nodeGroup:NodeGroup": [
    "amiType",
    "capacityType",
    "clusterName",
    "instanceTypes",
    "launchTemplate.id",
    "nodeGroupName",
    "nodeRoleArn",
    "subnetIds",
  ],
  "aws:elasticache/replicationGroup:ReplicationGroup": [
    "atRestEncryptionEnabled",
    "kmsKeyId",
    "port",
    "replicationGroupId",
    "subnetGroupName",
  ],
  "aws:iam/role:Role": ["name", "path"],
  "aws:kms/key:Key": ["customerMasterKeySpec", "keyUsage", "multiRegion"],
  "aws:msk/cluster:Cluster": [
    "brokerNodeGroupInfo.clientSubnets",
    "clusterName",
    "encryptionInfo.encryptionAtRestKmsKeyArn",
    "encryptionInfo.encryptionInTransit.inCluster",
  ],
  "aws:rds/instance:Instance": ["dbName", "engine", "kmsKeyId", "storageEncrypted", "username"],
  "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": [
    "kmsKeyId",
    "retentionPeriod",
    "sourceDbInstanceArn",
  ],
  "aws:route53/zone:Zone": ["name"],
  "aws:s3/bucket:Bucket": ["bucket", "objectLockEnabled"],
  "aws:secretsmanager/secret:Secret": ["name"],
  "kubernetes:apps/v1:Deployment": ["spec.selector"],
  "kubernetes:apps/v1:StatefulSet": [
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
  ],
  "kubernetes:batch/v1:Job": ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  "kubernetes:core/v1:ConfigMap": ["binaryData", "data"],
  "kubernetes:core/v1:PersistentVolumeClaim": ["spec"],
  "kubernetes:core/v1:Secret": ["data", "stringData", "type"],
  "kubernetes:core/v1:Service": ["spec.clusterIP"],
  "kubernetes:helm.sh/v3:Release": ["name", "namespace"],
  "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": ["roleRef"],
  "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": ["roleRef"],
  "kubernetes:storage.k8s.io/v1:StorageClass": ["parameters", "provisioner"],
};

/** Of every Kubernetes object. */
const identity = ["metadata.name", "metadata.namespace"];

/** Whether a change at `path` (`spec.selector.matchLabels.app`) replaces a resource of the type. */
export function replaces(type: string, path: string): boolean {
  const own = replacing[type] ?? [];
  const all = type.startsWith("kubernetes:") ? [...own, ...identity] : own;
  return all.some(
    (property) =>
      path === property || (/^[.[]/.test(path.slice(property.length)) && path.startsWith(property)),
  );
}
