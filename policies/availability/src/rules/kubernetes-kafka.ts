import { nist } from "../../../shared/frameworks.ts";
import { objectName } from "../../../shared/kubernetes.ts";
import type { Finding, GuardedResource, Rule } from "../../../shared/rule.ts";
import { expectProperty, finding, read } from "../../../shared/value.ts";
import { areNeighbours } from "../workloads.ts";
import { zoneKey } from "./kubernetes-spread.ts";
import { poolsOf } from "./kubernetes-stores.ts";

const clusterType = "kubernetes:kafka.strimzi.io/v1:Kafka";
const topicType = "kubernetes:kafka.strimzi.io/v1:KafkaTopic";
const frameworks = [nist("SC-36")];
const copies = 3;
const insync = 2;
const insyncKey = "min.insync.replicas";
const moved = "Existing partitions must be given their new copies with a reassignment.";

interface Demand {
  readonly name: string;
  readonly type: string;
  readonly subject: string;
  readonly must: string;
  readonly property: string;
  readonly least: number;
  readonly effect: string;
}

const demands: readonly Demand[] = [
  {
    name: "kubernetes-kafka-topic-replication",
    type: topicType,
    subject: "A topic",
    must: "must have three copies where there are three brokers, so that one can be lost while another is updated",
    property: "spec.replicas",
    least: copies,
    effect: moved,
  },
  {
    name: "kubernetes-kafka-topic-insync",
    type: topicType,
    subject: "A topic",
    must: "must acknowledge a message in two copies where there are three brokers, so that none is lost with one broker",
    property: `spec.config[${JSON.stringify(insyncKey)}]`,
    least: insync,
    effect: "The change is made in place.",
  },
  ...[
    ["default-replication", "default.replication.factor", "topics that are made without a number"],
    ["offsets-replication", "offsets.topic.replication.factor", "the offsets of consumers"],
    ["transactions-replication", "transaction.state.log.replication.factor", "the log of transactions"],
  ].map(([rule, key, what]) => ({
    name: `kubernetes-kafka-${rule}`,
    type: clusterType,
    subject: "A Kafka cluster",
    must: `must keep ${what} in three copies where there are three brokers, so that one can be lost while another is updated`,
    property: `spec.kafka.config[${JSON.stringify(key)}]`,
    least: copies,
    effect: moved,
  })),
  {
    name: "kubernetes-kafka-default-insync",
    type: clusterType,
    subject: "A Kafka cluster",
    must: "must acknowledge a message in two copies where there are three brokers, so that none is lost with one broker",
    property: `spec.kafka.config[${JSON.stringify(insyncKey)}]`,
    least: insync,
    effect: "The change is made in place.",
  },
];

/** Brokers of the cluster of a topic, or of a cluster itself; undefined where nothing in the graph tells. */
function brokersOf(resource: GuardedResource, resources: readonly GuardedResource[]): number | undefined {
  const label = read(resource.props, 'metadata.labels["strimzi.io/cluster"]');
  const cluster =
    resource.type === clusterType
      ? resource
      : resources.find(
          (one) =>
            one.type === clusterType &&
            areNeighbours(one, resource) &&
            label.state === "value" &&
            label.value === objectName(one),
        );
  if (cluster === undefined) return undefined;
  const counts = poolsOf(cluster, resources, "broker").map((pool) => read(pool.props, "spec.replicas"));
  if (counts.length === 0 || counts.some(({ state }) => state === "unknown")) return undefined;
  return counts.reduce((sum, one) => sum + (one.state === "value" ? Number(one.value) : 0), 0);
}

function demandRule({ name, type, subject, must, property, least, effect }: Demand): Rule {
  return {
    name,
    kind: "stack",
    description: `${subject} ${must}.`,
    severity: "high",
    frameworks,
    remediation: `Set ${property} to ${least}. ${effect}`,
    check: (resources) =>
      resources
        .filter((resource) => resource.type === type && (brokersOf(resource, resources) ?? copies) >= copies)
        .flatMap((resource): Finding[] =>
          expectProperty(resource, property, (value) => Number(value) >= least, {
            required: `at least ${least}`,
            fix: `set ${property} to ${least}`,
          }),
        ),
  };
}

const rackRule: Rule = {
  name: "kubernetes-kafka-zone-spread",
  kind: "stack",
  description:
    "A Kafka cluster of two brokers or more must know the zones of its brokers, so that the copies of a partition are in different ones.",
  severity: "high",
  frameworks,
  remediation: `Set spec.kafka.rack.topologyKey to ${zoneKey}. Brokers restart one after the other; existing partitions move with a reassignment.`,
  check: (resources) =>
    resources
      .filter((resource) => resource.type === clusterType && (brokersOf(resource, resources) ?? copies) > 1)
      .flatMap((resource) => {
        const property = "spec.kafka.rack.topologyKey";
        const found = read(resource.props, property);
        if (found.state === "value" && found.value === zoneKey) return [];
        return [
          finding(resource, property, {
            required: JSON.stringify(zoneKey),
            fix: `set ${property} to ${zoneKey}`,
          }),
        ];
      }),
};

/** That a message is in more than one place before it counts as sent. */
export const kafkaRules: readonly Rule[] = [...demands.map(demandRule), rackRule];
