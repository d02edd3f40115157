import { nist, wellArchitected } from "../../../shared/frameworks.ts";
import { containers, objectName } from "../../../shared/kubernetes.ts";
import type { Finding, GuardedResource, Rule, RuleContext } from "../../../shared/rule.ts";
import { textOf } from "../../../shared/settings.ts";
import { finding, read, readList } from "../../../shared/value.ts";
import { limitOf, perEnvironment } from "../environments.ts";
import { atLeastRule, members } from "../forms.ts";
import { parseImage } from "../images.ts";
import { areNeighbours } from "../workloads.ts";

const frameworks = [nist("SC-36"), wellArchitected("REL11")];
const why = "so that a majority stands when one is lost";
const joined = "New members join in place and copy the data.";
const settings = perEnvironment(members.setting, members.table, members.bounds);
const statefulSet = "kubernetes:apps/v1:StatefulSet";

/** Whether a workload's own containers run one of these images, by the last part of the repository. */
export function runs(resource: GuardedResource, images: readonly string[]): boolean {
  return containers(resource).some(({ path, role }) => {
    const image = read(resource.props, `${path}.image`);
    return (
      role === "main" && image.state === "value" && images.includes(parseImage(String(image.value)).name)
    );
  });
}

const plain: readonly Rule[] = [
  atLeastRule({
    name: "kubernetes-postgres-member-minimum",
    types: "kubernetes:postgresql.cnpg.io/v1:Cluster",
    subject: "a PostgreSQL cluster",
    must: `must have three members where people rely on it, ${why}`,
    property: "spec.instances",
    frameworks,
    effect: joined,
    ...members,
  }),
  atLeastRule({
    name: "kubernetes-redis-member-minimum",
    types: statefulSet,
    subject: "a set of Redis members or Sentinels",
    must: `must have three members where people rely on it, ${why}`,
    property: "spec.replicas",
    frameworks,
    effect: joined,
    applies: (resource) => runs(resource, ["redis", "valkey"]),
    ...members,
  }),
  atLeastRule({
    name: "kubernetes-kafka-ensemble-minimum",
    types: statefulSet,
    subject: "a set of Kafka brokers or ZooKeeper members",
    must: `must have three members where people rely on it, ${why}`,
    property: "spec.replicas",
    frameworks,
    effect: "New members join in place; partitions must be moved to new brokers.",
    applies: (resource) => runs(resource, ["cp-kafka", "cp-server", "cp-zookeeper", "kafka", "zookeeper"]),
    ...members,
  }),
];

/** A cluster of which several lists or objects each bring some members. */
interface Sum {
  readonly total: number;
  /** Where a number is not known yet. */
  readonly unknown: readonly (readonly [resource: GuardedResource, path: string])[];
}

function add(parts: readonly (readonly [resource: GuardedResource, path: string])[]): Sum {
  const found = parts.map(([resource, path]) => read(resource.props, path));
  return {
    total: found.reduce((sum, one) => sum + (one.state === "value" ? Number(one.value) : 0), 0),
    unknown: parts.filter((_, index) => found[index]?.state === "unknown"),
  };
}

function judgeSum(
  sum: Sum,
  context: RuleContext,
  at: { readonly resource: GuardedResource; readonly property: string; readonly what: string },
): Finding[] {
  const limit = limitOf(context, members.setting);
  if (sum.total >= limit) return [];
  const { resource, property, what } = at;
  const wording = {
    required: `at least ${limit} ${what} in ${textOf(context, "environment")}`,
    fix: `raise the ${what} to ${limit} or more in ${property}`,
  };
  const [open] = sum.unknown;
  if (open) return [finding(open[0], open[1], wording)];
  const isAbsent = read(resource.props, property).state === "absent";
  return [{ resource, property, actual: isAbsent ? "absent" : `${sum.total} in all`, ...wording }];
}

const searchRule: Rule = {
  name: "kubernetes-elasticsearch-node-minimum",
  kind: "resource",
  types: ["kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch"],
  description: `An Elasticsearch cluster must have three nodes where people rely on it, ${why}.`,
  severity: "high",
  frameworks,
  remediation: `Raise the count of its node sets. ${joined}`,
  settings,
  check: (resource, context) => {
    const sets = readList(resource.props, "spec.nodeSets");
    const parts = sets.map(
      ({ path, found }) => [resource, found.state === "unknown" ? path : `${path}.count`] as const,
    );
    return judgeSum(add(parts), context, { resource, property: "spec.nodeSets", what: "nodes" });
  },
};

const clusterLabel = 'metadata.labels["strimzi.io/cluster"]';
const poolType = "kubernetes:kafka.strimzi.io/v1:KafkaNodePool";

/** Node pools of a Strimzi cluster with a role. */
export function poolsOf(
  cluster: GuardedResource,
  resources: readonly GuardedResource[],
  role: "broker" | "controller",
): GuardedResource[] {
  return resources.filter((pool) => {
    if (pool.type !== poolType || !areNeighbours(pool, cluster)) return false;
    const label = read(pool.props, clusterLabel);
    const roles = readList(pool.props, "spec.roles").map(({ found }) => found);
    return (
      label.state === "value" &&
      label.value === objectName(cluster) &&
      roles.some((one) => one.state === "value" && one.value === role)
    );
  });
}

function poolRule(role: "broker" | "controller"): Rule {
  return {
    name: `kubernetes-kafka-${role}-minimum`,
    kind: "stack",
    description: `A Kafka cluster must have three ${role}s where people rely on it, ${why}.`,
    severity: "high",
    frameworks,
    remediation: `Raise replicas of the KafkaNodePool with the role ${role}. New members join in place; partitions must be moved to new brokers.`,
    settings,
    check: (resources, context) =>
      resources
        .filter(({ type }) => type === "kubernetes:kafka.strimzi.io/v1:Kafka")
        .flatMap((cluster) => {
          const pools = poolsOf(cluster, resources, role);
          const sum = add(pools.map((pool) => [pool, "spec.replicas"] as const));
          const [first] = pools;
          return judgeSum(
            sum,
            context,
            first
              ? { resource: first, property: "spec.replicas", what: `${role}s` }
              : { resource: cluster, property: "nodePools", what: `${role}s` },
          );
        }),
  };
}

/** That a store in the cluster keeps a majority. */
export const storeRules: readonly Rule[] = [...plain, searchRule, poolRule("broker"), poolRule("controller")];
