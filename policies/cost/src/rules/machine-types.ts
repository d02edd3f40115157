import type { Finding, GuardedResource, Rule, RuleContext } from "../../../shared/rule.ts";
import { textsOf } from "../../../shared/settings.ts";
import { expectProperty, finding, read, readList } from "../../../shared/value.ts";

interface TypeList {
  readonly name: string;
  readonly types: readonly string[];
  /** What is judged, in the plural: `nodes of EKS`. */
  readonly subject: string;
  /** Setting with the list. */
  readonly setting: string;
  readonly allowed: readonly string[];
  /** Where the type is; a list of types is judged one by one, and `member` is where in an element. */
  readonly property: string;
  readonly list?: true;
  readonly member?: string;
  /** A resource without the property is someone else's to judge. */
  readonly optional?: true;
}

/** Types on an allow-list: a slip of the size is the commonest way to a large bill. */
function typeRule(spec: TypeList): Rule {
  const { name, types, subject, setting, allowed, property } = spec;
  return {
    kind: "resource",
    name,
    types,
    description: `The machine types of ${subject} must be on the stack's allow-list, because a slip of the size is the commonest way to a large bill.`,
    severity: "medium",
    frameworks: [],
    remediation: `Choose a type of the list for ${property}, or put the type on the list after looking at its price.`,
    settings: {
      [setting]: { type: "strings", default: allowed, description: `Types that ${subject} may have.` },
    },
    check: (resource, context) => check(spec, resource, context),
  };
}

function check(spec: TypeList, resource: GuardedResource, context: RuleContext): Finding[] {
  const list = textsOf(context, spec.setting);
  const wording = {
    required: `one of ${list.join(", ")}`,
    fix: `choose one of these, or add the type to ${spec.setting}`,
  };
  const holds = (value: unknown) => typeof value === "string" && list.includes(value);
  if (spec.optional && read(resource.props, spec.property).state === "absent") return [];
  if (!spec.list) return expectProperty(resource, spec.property, holds, wording);
  const elements = readList(resource.props, spec.property);
  if (elements.length === 0) return [finding(resource, spec.property, wording)];
  return elements.flatMap(({ path }) =>
    expectProperty(resource, spec.member === undefined ? path : `${path}.${spec.member}`, holds, wording),
  );
}

/** Defaults are the middle sizes of each cloud; a stack's own list is in its pack configuration. */
export const typeRules: readonly Rule[] = [
  typeRule({
    name: "aws-eks-node-group-instance-type",
    types: ["aws:eks/nodeGroup:NodeGroup"],
    subject: "EKS node groups",
    setting: "allowedNodeTypes",
    allowed: [
      "t3.large",
      "t3.xlarge",
      "t3a.xlarge",
      "t4g.xlarge",
      "m5.xlarge",
      "m6i.xlarge",
      "m6g.xlarge",
      "m7g.xlarge",
      "c5.2xlarge",
      "c6g.2xlarge",
      "c7g.2xlarge",
      "r5.xlarge",
      "r6g.xlarge",
    ],
    property: "instanceTypes",
    list: true,
  }),
  typeRule({
    name: "aws-ec2-instance-type",
    types: ["aws:ec2/instance:Instance", "aws:ec2/launchTemplate:LaunchTemplate"],
    subject: "machines and launch templates",
    setting: "allowedInstanceTypes",
    allowed: [
      "t3.micro",
      "t3.small",
      "t3.medium",
      "t3.large",
      "t3.xlarge",
      "t4g.medium",
      "m5.large",
      "m5.xlarge",
    ],
    property: "instanceType",
    // A node group names its types itself; its template then has none.
    optional: true,
  }),
  typeRule({
    name: "aws-rds-instance-class",
    types: ["aws:rds/instance:Instance"],
    subject: "databases",
    setting: "allowedDatabaseClasses",
    allowed: [
      "db.t4g.micro",
      "db.t4g.small",
      "db.t4g.medium",
      "db.t4g.large",
      "db.m6g.large",
      "db.m7g.large",
    ],
    property: "instanceClass",
  }),
  typeRule({
    name: "aws-elasticache-replication-group-node-type",
    types: ["aws:elasticache/replicationGroup:ReplicationGroup"],
    subject: "caches",
    setting: "allowedCacheTypes",
    allowed: ["cache.t4g.micro", "cache.t4g.small", "cache.t4g.medium", "cache.m6g.large", "cache.m7g.large"],
    property: "nodeType",
  }),
  typeRule({
    name: "aws-msk-cluster-broker-type",
    types: ["aws:msk/cluster:Cluster"],
    subject: "Kafka brokers",
    setting: "allowedBrokerTypes",
    allowed: ["kafka.t3.small", "kafka.m5.large", "kafka.m7g.large"],
    property: "brokerNodeGroupInfo.instanceType",
  }),
  typeRule({
    name: "gcp-container-node-pool-machine-type",
    types: ["gcp:container/nodePool:NodePool"],
    subject: "GKE node pools",
    setting: "allowedMachineTypes",
    allowed: [
      "e2-standard-2",
      "e2-standard-4",
      "e2-standard-8",
      "n2-standard-4",
      "n2-highmem-4",
      "t2a-standard-4",
    ],
    property: "nodeConfig.machineType",
  }),
  typeRule({
    name: "gcp-sql-instance-tier",
    types: ["gcp:sql/databaseInstance:DatabaseInstance"],
    subject: "Cloud SQL databases",
    setting: "allowedTiers",
    allowed: ["db-f1-micro", "db-g1-small", "db-custom-1-3840", "db-custom-2-7680", "db-custom-2-8192"],
    property: "settings.tier",
  }),
  typeRule({
    name: "azure-containerservice-agent-pool-vm-size",
    types: ["azure-native:containerservice:AgentPool"],
    subject: "AKS node pools",
    setting: "allowedVmSizes",
    allowed: ["Standard_D2s_v5", "Standard_D4s_v5", "Standard_D4ps_v5", "Standard_E4s_v5", "Standard_F8s_v2"],
    property: "vmSize",
  }),
  typeRule({
    name: "azure-containerservice-managed-cluster-vm-size",
    types: ["azure-native:containerservice:ManagedCluster"],
    subject: "an AKS cluster's own node pools",
    setting: "allowedVmSizes",
    allowed: ["Standard_D2s_v5", "Standard_D4s_v5", "Standard_D4ps_v5", "Standard_E4s_v5", "Standard_F8s_v2"],
    property: "agentPoolProfiles",
    list: true,
    member: "vmSize",
  }),
  typeRule({
    name: "azure-dbforpostgresql-server-sku",
    types: ["azure-native:dbforpostgresql:Server"],
    subject: "Azure PostgreSQL servers",
    setting: "allowedSkus",
    allowed: ["Standard_B1ms", "Standard_B2s", "Standard_D2ds_v5", "Standard_D4ds_v5"],
    property: "sku.name",
  }),
];
