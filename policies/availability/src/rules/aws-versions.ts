import { fsbp, nist } from "../../../shared/frameworks.ts";
import type { GuardedResource, Rule } from "../../../shared/rule.ts";
import { read } from "../../../shared/value.ts";
import { eks, elasticache, msk, rdsPostgres } from "../support-tables.ts";
import { supportedRule, versionAt } from "../supported.ts";

const frameworks = [nist("SA-22")];

function isPostgres({ props }: GuardedResource): boolean {
  const engine = read(props, "engine");
  return engine.state === "value" && /^(aurora-)?postgres(ql)?$/.test(String(engine.value));
}

function isSource({ props }: GuardedResource): boolean {
  return read(props, "replicateSourceDb").state === "absent";
}

/** Valkey counts its versions anew; without an engine a group runs Redis. */
function productOf({ props }: GuardedResource): string {
  const engine = read(props, "engine");
  return engine.state === "value" && engine.value === "valkey" ? "valkey " : "";
}

/** Versions that AWS still mends without extra pay. */
export const awsVersionRules: readonly Rule[] = [
  supportedRule({
    name: "aws-eks-cluster-supported-version",
    types: "aws:eks/cluster:Cluster",
    subject: "an EKS cluster",
    table: eks,
    frameworks: [fsbp("EKS.2"), ...frameworks],
    sites: () => [versionAt("version")],
    effect: "Upgrade one minor at a time, the control plane first; there is no way back.",
  }),
  supportedRule({
    name: "aws-eks-nodegroup-supported-version",
    types: "aws:eks/nodeGroup:NodeGroup",
    subject: "a node group that names its version",
    table: eks,
    frameworks: [fsbp("EKS.2"), ...frameworks],
    // Without a version the nodes get the cluster's.
    sites: ({ props }) => (read(props, "version").state === "absent" ? [] : [versionAt("version")]),
    effect: "Nodes are replaced one after the other, after the control plane.",
  }),
  supportedRule({
    name: "aws-rds-postgres-supported-version",
    types: ["aws:rds/instance:Instance", "aws:rds/cluster:Cluster"],
    subject: "a PostgreSQL instance or cluster of RDS",
    table: rdsPostgres,
    frameworks,
    sites: (resource) => (isPostgres(resource) && isSource(resource) ? [versionAt("engineVersion")] : []),
    effect: "A minor version restarts the instance; a major one wants a rehearsal on a restored snapshot.",
  }),
  supportedRule({
    name: "aws-elasticache-group-supported-version",
    types: "aws:elasticache/replicationGroup:ReplicationGroup",
    subject: "a Redis or Valkey group",
    table: elasticache,
    frameworks,
    sites: (resource) => [{ path: "engineVersion", version: (text) => `${productOf(resource)}${text}` }],
    effect: "Nodes are replaced one after the other, with a failover of seconds.",
  }),
  supportedRule({
    name: "aws-msk-cluster-supported-version",
    types: "aws:msk/cluster:Cluster",
    subject: "a Kafka cluster",
    table: msk,
    frameworks,
    sites: () => [versionAt("kafkaVersion")],
    effect: "Brokers restart one after the other; a cluster with ZooKeeper cannot become one with KRaft.",
  }),
];
