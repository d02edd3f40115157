import { nist } from "../../../shared/frameworks.ts";
import { propertyRule } from "../../../shared/property-rule.ts";
import type { Rule } from "../../../shared/rule.ts";
import { isObject, read } from "../../../shared/value.ts";

const frameworks = [nist("SC-36")];
const topicType = "aws:msk/topic:Topic";
const inPlace = "The change is made in place.";
const moved = "Existing partitions must be given their new copies with a reassignment.";
const insyncKey = "min.insync.replicas";

/** Keys of a broker configuration that decide over copies, what they hold, and the least that is right. */
const keys = [
  [
    "default-replication",
    "default.replication.factor",
    "topics that are made without a number in three copies",
    3,
  ],
  ["offsets-replication", "offsets.topic.replication.factor", "the offsets of consumers in three copies", 3],
  [
    "transactions-replication",
    "transaction.state.log.replication.factor",
    "the log of transactions in three copies",
    3,
  ],
  ["default-insync", insyncKey, "a message in two copies before it counts as sent", 2],
] as const;

/** The value of a key in a text of Java properties. */
function propertyOf(text: unknown, key: string): number | undefined {
  const line = String(text)
    .split(/\r?\n/)
    .map((one) => one.split("="))
    .find(([name]) => name?.trim() === key);
  return line === undefined ? undefined : Number(line[1]);
}

/** The value of a key in a topic's JSON. */
function configOf(text: unknown, key: string): number | undefined {
  try {
    const configs: unknown = JSON.parse(String(text));
    return isObject(configs) && configs[key] !== undefined ? Number(configs[key]) : undefined;
  } catch {
    return undefined;
  }
}

const configurations: readonly Rule[] = keys.map(([rule, key, what, least]) =>
  propertyRule({
    name: `aws-msk-configuration-${rule}`,
    types: "aws:msk/configuration:Configuration",
    description: `A Kafka configuration must keep ${what}, so that nothing is lost with one broker.`,
    severity: "high",
    frameworks,
    remediation: `Set ${key} in serverProperties to ${least} and give the cluster the new revision. ${key === insyncKey ? inPlace : moved}`,
    property: "serverProperties",
    holds: (text) => (propertyOf(text, key) ?? 0) >= least,
    required: `a text with ${key}=${least} or more`,
    fix: `set ${key}=${least} in serverProperties`,
  }),
);

/** Copies of what MSK holds. */
export const awsKafkaRules: readonly Rule[] = [
  ...configurations,
  propertyRule({
    name: "aws-msk-topic-replication",
    types: topicType,
    description: "A topic must have three copies, so that one broker can be lost while another is updated.",
    severity: "high",
    frameworks,
    remediation: `Set replicationFactor to 3. ${moved}`,
    property: "replicationFactor",
    holds: (value) => Number(value) >= 3,
    required: "at least 3",
    fix: "set replicationFactor to 3",
  }),
  propertyRule({
    name: "aws-msk-topic-insync",
    types: topicType,
    description: "A topic must acknowledge a message in two copies, so that none is lost with one broker.",
    severity: "high",
    frameworks,
    remediation: `Set ${insyncKey} in configs to 2. ${inPlace}`,
    // Without configs a topic has the cluster's own, which are judged at the configuration.
    applies: ({ props }) => read(props, "configs").state !== "absent",
    property: "configs",
    holds: (text) => (configOf(text, insyncKey) ?? 2) >= 2,
    required: `JSON with ${insyncKey} of at least 2, or without it`,
    fix: `set ${insyncKey} to 2 in configs`,
  }),
];
