/** Lengths of physical names. Limits are the providers' own (AWS and Kubernetes references, read 2026-11-23). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isKubernetesObject, objectName, releaseType } from "../../../cli/plan/graph.ts";
import { root } from "../cli.ts";
import { each, type Invariant, label } from "./invariant.ts";

interface NameRule {
  /** Argument that holds the physical name. */
  readonly argument: string;
  /** Most characters that the provider accepts. */
  readonly limit: number;
}

const named = (limit: number, argument = "name"): NameRule => ({ argument, limit });

/** Types whose physical name has a limit. A type that has a name and is not in here is a violation. */
const awsLimits: Readonly<Record<string, NameRule>> = {
  "aws:backup/plan:Plan": named(50),
  "aws:backup/selection:Selection": named(50),
  "aws:backup/vault:Vault": named(50),
  "aws:cloudwatch/dashboard:Dashboard": named(255, "dashboardName"),
  "aws:cloudwatch/eventRule:EventRule": named(64),
  "aws:cloudwatch/logGroup:LogGroup": named(512),
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": named(512, "policyName"),
  "aws:cloudwatch/metricAlarm:MetricAlarm": named(255),
  "aws:ec2/launchTemplate:LaunchTemplate": named(125),
  "aws:ec2/securityGroup:SecurityGroup": named(255),
  "aws:ecr/repository:Repository": named(256),
  "aws:eks/nodeGroup:NodeGroup": named(63, "nodeGroupName"),
  "aws:elasticache/parameterGroup:ParameterGroup": named(255),
  "aws:elasticache/replicationGroup:ReplicationGroup": named(40, "replicationGroupId"),
  "aws:elasticache/subnetGroup:SubnetGroup": named(255),
  "aws:elasticache/user:User": named(40, "userId"),
  "aws:elasticache/userGroup:UserGroup": named(40, "userGroupId"),
  "aws:iam/policy:Policy": named(128),
  "aws:iam/role:Role": named(64),
  "aws:iam/rolePolicy:RolePolicy": named(128),
  "aws:kms/alias:Alias": named(256),
  "aws:msk/cluster:Cluster": named(64, "clusterName"),
  "aws:msk/configuration:Configuration": named(64),
  "aws:msk/topic:Topic": named(249, "topicName"),
  "aws:rds/instance:Instance": named(63, "identifier"),
  "aws:rds/parameterGroup:ParameterGroup": named(255),
  "aws:rds/subnetGroup:SubnetGroup": named(255),
  "aws:s3/bucket:Bucket": named(63, "bucket"),
  "aws:secretsmanager/secret:Secret": named(512),
  "aws:sns/topic:Topic": named(256),
  "aws:sqs/queue:Queue": named(80),
  "eks:index:Cluster": named(100),
};

/** Types with an argument called `name` that is no physical name, or that has none at all. */
const nameless: ReadonlySet<string> = new Set(["aws:route53/record:Record", "aws:route53/zone:Zone"]);

/** Characters that auto-naming adds: a dash and seven digits for the cloud, one more for Kubernetes. */
const autoNamed = { aws: 8, kubernetes: 9 };

/** Kubernetes kinds whose name ends up in a DNS label or in names derived from it; others have 253. */
const kindLimits: Readonly<Record<string, number>> = {
  "kubernetes:apps/v1:DaemonSet": 63,
  "kubernetes:apps/v1:Deployment": 63,
  // The label controller-revision-hash is <name>-<up to ten digits> and has 63 characters.
  "kubernetes:apps/v1:StatefulSet": 52,
  "kubernetes:argoproj.io/v1alpha1:Rollout": 52,
  // Jobs add eleven characters.
  "kubernetes:batch/v1:CronJob": 52,
  "kubernetes:batch/v1:Job": 63,
  "kubernetes:core/v1:Namespace": 63,
  "kubernetes:core/v1:Service": 63,
  [releaseType]: 53,
};

const nameArgument = new Map<string, boolean>();

function takesName(type: string): boolean {
  const cached = nameArgument.get(type);
  if (cached !== undefined) return cached;
  const [, module, name] = type.split(":");
  const text = readFileSync(join(root, "node_modules", "@pulumi", "aws", `${module}.d.ts`), "utf8");
  const found = /^ {4}name\??:/m.test(text.split(`export interface ${name}Args {`)[1] ?? "");
  nameArgument.set(type, found);
  return found;
}

export const nameLengths: Invariant = {
  title: "no physical name is over its limit, and auto-named ones leave room for the random part",
  violations: (plan) =>
    each(plan, (resource, args) => {
      if (isKubernetesObject(resource) || resource.type === releaseType) {
        const limit = kindLimits[resource.type] ?? 253;
        const metadata = args.metadata as { name?: unknown } | undefined;
        const given = resource.type === releaseType ? args.name : metadata?.name;
        const length =
          given === undefined ? resource.name.length + autoNamed.kubernetes : objectName(resource).length;
        return length > limit
          ? `${label(resource)} has a name of ${length} characters, limit ${limit}`
          : undefined;
      }
      const rule = awsLimits[resource.type];
      if (rule === undefined) {
        const unknown =
          resource.type.startsWith("aws:") && !nameless.has(resource.type) && takesName(resource.type);
        return unknown ? `${resource.type} has no limit in tests/support/invariants/names.ts` : undefined;
      }
      const given = args[rule.argument] ?? args[`${rule.argument}Prefix`];
      const length = typeof given === "string" ? given.length : resource.name.length + autoNamed.aws;
      return length > rule.limit
        ? `${label(resource)} has a name of ${length} characters, limit ${rule.limit}`
        : undefined;
    }),
};
