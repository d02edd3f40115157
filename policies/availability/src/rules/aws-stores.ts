import { fsbp, nist, wellArchitected } from "../../../shared/frameworks.ts";
import type { GuardedResource, Rule } from "../../../shared/rule.ts";
import { read } from "../../../shared/value.ts";
import { heldEnvironments } from "../environments.ts";
import { atLeastRule, members, retention, valueRule } from "../forms.ts";

const instance = { types: "aws:rds/instance:Instance", subject: "an RDS instance" };
const cluster = { types: "aws:rds/cluster:Cluster", subject: "an Aurora cluster" };
const redis = { types: "aws:elasticache/replicationGroup:ReplicationGroup", subject: "a Redis group" };
const kafka = { types: "aws:msk/cluster:Cluster", subject: "a Kafka cluster" };
const kept =
  "must keep its backups as long as the environment asks for, so that damage which is noticed late can be undone and any moment between be restored";
const undeletable = "must refuse to be deleted, so that one wrong command cannot take the data away";
const failover = [nist("SI-13(5)"), wellArchitected("REL11")];
const backups = [nist("CP-9"), wellArchitected("REL09-BP03")];

/** A replica has the zones and backups of its source. */
function isSource({ props }: GuardedResource): boolean {
  return read(props, "replicateSourceDb").state === "absent";
}

/** One node group: the others of a cluster that is split have the same number of replicas each. */
function isSplit({ props }: GuardedResource): boolean {
  return read(props, "replicasPerNodeGroup").state !== "absent";
}

const failovers: readonly Rule[] = [
  valueRule({
    ...instance,
    name: "aws-rds-instance-multi-az",
    must: "must have a standby in another zone, so that the loss of its own costs a minute and no data",
    property: "multiAz",
    allowed: [true],
    held: heldEnvironments,
    applies: isSource,
    frameworks: [fsbp("RDS.5"), ...failover],
  }),
  valueRule({
    ...redis,
    name: "aws-elasticache-group-multi-az",
    must: "must spread its nodes over zones, so that the loss of one leaves a replica to take over",
    property: "multiAzEnabled",
    allowed: [true],
    held: heldEnvironments,
    frameworks: [nist("SC-36"), wellArchitected("REL10")],
  }),
  valueRule({
    ...redis,
    name: "aws-elasticache-group-failover",
    must: "must promote a replica by itself, because writes stand still until somebody does otherwise",
    property: "automaticFailoverEnabled",
    allowed: [true],
    held: heldEnvironments,
    frameworks: [fsbp("ElastiCache.3"), ...failover],
  }),
  atLeastRule({
    ...redis,
    name: "aws-elasticache-group-member-minimum",
    must: "must have a replica to fail over to, and two in production, so that one is left while the other is replaced",
    property: "numCacheClusters",
    applies: (resource) => !isSplit(resource),
    frameworks: failover,
    ...members,
    table: { local: 1, dev: 1, staging: 2, production: 3 },
  }),
  atLeastRule({
    ...redis,
    name: "aws-elasticache-group-replica-minimum",
    subject: "a Redis group that is split over node groups",
    must: "must have a replica of each to fail over to, and two in production, so that one is left while the other is replaced",
    property: "replicasPerNodeGroup",
    applies: isSplit,
    frameworks: failover,
    ...members,
    setting: "replicas",
    table: { local: 0, dev: 0, staging: 1, production: 2 },
    bounds: {
      minimum: 0,
      maximum: 5,
      description: "Replicas of each node group, by environment; 0 for any.",
    },
  }),
  atLeastRule({
    ...kafka,
    name: "aws-msk-cluster-broker-minimum",
    must: "must have three brokers where people rely on it, so that two copies are left when one is lost",
    property: "numberOfBrokerNodes",
    frameworks: [nist("SC-36"), wellArchitected("REL11")],
    effect: "Brokers are added in place; partitions must be moved to them.",
    ...members,
  }),
];

const retentions: readonly Rule[] = [
  atLeastRule({
    ...instance,
    name: "aws-rds-instance-backup-retention",
    must: kept,
    property: "backupRetentionPeriod",
    applies: isSource,
    frameworks: [fsbp("RDS.11"), ...backups],
    unit: " days",
    ...retention,
  }),
  atLeastRule({
    ...cluster,
    name: "aws-rds-cluster-backup-retention",
    must: kept,
    property: "backupRetentionPeriod",
    frameworks: backups,
    unit: " days",
    ...retention,
  }),
  atLeastRule({
    name: "aws-rds-replication-backup-retention",
    types: "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
    subject: "a copy of an RDS instance's backups in another region",
    must: "must last as long as the environment asks for, so that the loss of the region costs no older backup",
    property: "retentionPeriod",
    frameworks: [nist("CP-6(1)"), ...backups],
    effect: "The replication is replaced by that; what it has copied stays until it expires.",
    unit: " days",
    ...retention,
  }),
  atLeastRule({
    ...redis,
    name: "aws-elasticache-group-backup-retention",
    must: "must keep daily snapshots as long as the environment asks for, so that damage which is noticed late can be undone",
    property: "snapshotRetentionLimit",
    frameworks: [fsbp("ElastiCache.1"), ...backups],
    unit: " days",
    ...retention,
  }),
];

const deletion: readonly Rule[] = [
  valueRule({
    ...instance,
    name: "aws-rds-instance-deletion-protection",
    must: undeletable,
    property: "deletionProtection",
    allowed: [true],
    held: heldEnvironments,
    frameworks: [fsbp("RDS.8")],
  }),
  valueRule({
    ...cluster,
    name: "aws-rds-cluster-deletion-protection",
    must: undeletable,
    property: "deletionProtection",
    allowed: [true],
    held: heldEnvironments,
    frameworks: [fsbp("RDS.7")],
  }),
  valueRule({
    name: "aws-eks-cluster-deletion-protection",
    types: "aws:eks/cluster:Cluster",
    subject: "an EKS cluster",
    must: "must refuse to be deleted, so that one wrong command cannot take everything that runs on it away",
    property: "deletionProtection",
    allowed: [true],
    held: heldEnvironments,
    frameworks: [nist("CP-10")],
  }),
  valueRule({
    name: "aws-ecr-repository-immutable-tags",
    types: "aws:ecr/repository:Repository",
    subject: "an image repository",
    must: "must not let a tag be moved, because a pod that starts tomorrow would run something else than today otherwise",
    property: "imageTagMutability",
    allowed: ["IMMUTABLE"],
    frameworks: [fsbp("ECR.2"), nist("CM-2")],
    severity: "medium",
  }),
];

/** Managed stores of AWS: failover, backups, deletion. */
export const awsStoreRules: readonly Rule[] = [...failovers, ...retentions, ...deletion];
