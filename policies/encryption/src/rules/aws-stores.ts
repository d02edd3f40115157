import { fsbp, nist } from "../../../shared/frameworks.ts";
import type { Rule } from "../../../shared/rule.ts";
import { read } from "../../../shared/value.ts";
import { customerKeyRule, encryptedRule, valueRule } from "../forms.ts";

const instance = { types: "aws:rds/instance:Instance", subject: "an RDS instance" };
const cluster = { types: "aws:rds/cluster:Cluster", subject: "an Aurora cluster" };
const redis = { types: "aws:elasticache/replicationGroup:ReplicationGroup", subject: "a Redis group" };
const kafka = { types: "aws:msk/cluster:Cluster", subject: "a Kafka cluster" };
const private_ = "must not be reachable from the internet, because a store has no clients there";
const tls = "must accept encrypted connections only, so that nobody on the way reads or changes data";

const databases: readonly Rule[] = [
  encryptedRule({
    ...instance,
    name: "aws-rds-instance-encryption",
    property: "storageEncrypted",
    frameworks: [fsbp("RDS.3")],
    replaces: true,
  }),
  customerKeyRule({
    ...instance,
    name: "aws-rds-instance-customer-key",
    property: "kmsKeyId",
    frameworks: [fsbp("RDS.3")],
    replaces: true,
  }),
  valueRule({
    ...instance,
    name: "aws-rds-instance-private",
    property: "publiclyAccessible",
    must: private_,
    allowed: [false],
    severity: "critical",
    frameworks: [fsbp("RDS.2"), nist("SC-7")],
  }),
  valueRule({
    ...instance,
    name: "aws-rds-instance-managed-password",
    property: "manageMasterUserPassword",
    must: "must have its administrator's password made and rotated by RDS, so that it is in no program and no state",
    allowed: [true],
    // A replica has the users of its source.
    applies: ({ props }) => read(props, "replicateSourceDb").state !== "value",
    frameworks: [nist("IA-5(7)")],
  }),
  customerKeyRule({
    ...instance,
    name: "aws-rds-instance-password-key",
    property: "masterUserSecretKmsKeyId",
    subject: "the secret of an RDS instance's administrator",
    applies: ({ props }) => read(props, "replicateSourceDb").state !== "value",
    severity: "medium",
  }),
  customerKeyRule({
    ...instance,
    name: "aws-rds-instance-insights-key",
    property: "performanceInsightsKmsKeyId",
    subject: "the performance data of an RDS instance, which holds its statements,",
    applies: ({ props }) => {
      const enabled = read(props, "performanceInsightsEnabled");
      return enabled.state === "value" && enabled.value === true;
    },
    severity: "medium",
    replaces: true,
  }),
  encryptedRule({
    ...cluster,
    name: "aws-rds-cluster-encryption",
    property: "storageEncrypted",
    frameworks: [fsbp("RDS.27")],
    replaces: true,
  }),
  customerKeyRule({
    ...cluster,
    name: "aws-rds-cluster-customer-key",
    property: "kmsKeyId",
    frameworks: [fsbp("RDS.27")],
    replaces: true,
  }),
  customerKeyRule({
    name: "aws-rds-replication-customer-key",
    types: "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
    subject: "a copy of an RDS instance's backups in another region",
    property: "kmsKeyId",
    key: "the ARN of a customer key of the copy's region",
    frameworks: [fsbp("RDS.4")],
    replaces: true,
  }),
];

const caches: readonly Rule[] = [
  encryptedRule({
    ...redis,
    name: "aws-elasticache-group-encryption",
    property: "atRestEncryptionEnabled",
    frameworks: [fsbp("ElastiCache.4")],
    replaces: true,
  }),
  customerKeyRule({
    ...redis,
    name: "aws-elasticache-group-customer-key",
    property: "kmsKeyId",
    frameworks: [fsbp("ElastiCache.4")],
    replaces: true,
  }),
  valueRule({
    ...redis,
    name: "aws-elasticache-group-tls",
    property: "transitEncryptionEnabled",
    must: tls,
    allowed: [true],
    frameworks: [fsbp("ElastiCache.5"), nist("SC-8(1)")],
  }),
  valueRule({
    ...redis,
    name: "aws-elasticache-group-tls-mode",
    property: "transitEncryptionMode",
    must: "must refuse plain connections; the mode `preferred` of a migration still accepts them",
    allowed: ["required"],
    frameworks: [fsbp("ElastiCache.5"), nist("SC-8(1)")],
  }),
];

const streams: readonly Rule[] = [
  customerKeyRule({
    ...kafka,
    name: "aws-msk-cluster-customer-key",
    property: "encryptionInfo.encryptionAtRestKmsKeyArn",
    replaces: true,
  }),
  valueRule({
    ...kafka,
    name: "aws-msk-cluster-client-tls",
    property: "encryptionInfo.encryptionInTransit.clientBroker",
    must: tls,
    allowed: ["TLS"],
    frameworks: [nist("SC-8(1)")],
  }),
  valueRule({
    ...kafka,
    name: "aws-msk-cluster-broker-tls",
    property: "encryptionInfo.encryptionInTransit.inCluster",
    must: "must encrypt what its brokers copy to each other between zones",
    allowed: [true],
    frameworks: [fsbp("MSK.1"), nist("SC-8(1)")],
    replaces: true,
  }),
  valueRule({
    ...kafka,
    name: "aws-msk-cluster-private",
    property: "brokerNodeGroupInfo.connectivityInfo.publicAccess.type",
    must: private_,
    allowed: ["DISABLED"],
    severity: "critical",
    frameworks: [fsbp("MSK.4"), nist("SC-7")],
  }),
  customerKeyRule({
    name: "aws-sns-topic-customer-key",
    types: "aws:sns/topic:Topic",
    subject: "a topic",
    property: "kmsMasterKeyId",
    frameworks: [fsbp("SNS.1")],
  }),
  customerKeyRule({
    name: "aws-sqs-queue-customer-key",
    types: "aws:sqs/queue:Queue",
    subject: "a queue",
    property: "kmsMasterKeyId",
    frameworks: [fsbp("SQS.1")],
  }),
];

const others: readonly Rule[] = [
  customerKeyRule({
    name: "aws-cloudwatch-loggroup-customer-key",
    types: "aws:cloudwatch/logGroup:LogGroup",
    subject: "a log group",
    property: "kmsKeyId",
    severity: "medium",
  }),
  customerKeyRule({
    name: "aws-backup-vault-customer-key",
    types: "aws:backup/vault:Vault",
    subject: "a backup vault",
    property: "kmsKeyArn",
    frameworks: [fsbp("Backup.1")],
    replaces: true,
  }),
  customerKeyRule({
    name: "aws-secretsmanager-secret-customer-key",
    types: "aws:secretsmanager/secret:Secret",
    subject: "a secret",
    property: "kmsKeyId",
  }),
  customerKeyRule({
    name: "aws-ecr-repository-customer-key",
    types: "aws:ecr/repository:Repository",
    subject: "an image repository",
    property: "encryptionConfigurations[0].kmsKey",
    severity: "medium",
    replaces: true,
  }),
  encryptedRule({
    name: "aws-efs-filesystem-encryption",
    types: "aws:efs/fileSystem:FileSystem",
    subject: "a file system",
    property: "encrypted",
    frameworks: [fsbp("EFS.8")],
    replaces: true,
  }),
  customerKeyRule({
    name: "aws-efs-filesystem-customer-key",
    types: "aws:efs/fileSystem:FileSystem",
    subject: "a file system",
    property: "kmsKeyId",
    frameworks: [fsbp("EFS.1")],
    replaces: true,
  }),
  customerKeyRule({
    name: "aws-opensearch-domain-customer-key",
    types: "aws:opensearch/domain:Domain",
    subject: "a search domain",
    property: "encryptAtRest.kmsKeyId",
    frameworks: [fsbp("Opensearch.1")],
    replaces: true,
  }),
  valueRule({
    name: "aws-opensearch-domain-node-tls",
    types: "aws:opensearch/domain:Domain",
    subject: "a search domain",
    property: "nodeToNodeEncryption.enabled",
    must: "must encrypt what its nodes copy to each other between zones",
    allowed: [true],
    frameworks: [fsbp("Opensearch.3"), nist("SC-8(1)")],
  }),
  valueRule({
    name: "aws-opensearch-domain-client-tls",
    types: "aws:opensearch/domain:Domain",
    subject: "a search domain",
    property: "domainEndpointOptions.enforceHttps",
    must: tls,
    allowed: [true],
    frameworks: [nist("SC-8(1)")],
  }),
];

/** Managed stores of AWS: at rest under a customer key, in transit under TLS, out of the internet's reach. */
export const awsStoreRules: readonly Rule[] = [...databases, ...caches, ...streams, ...others];
