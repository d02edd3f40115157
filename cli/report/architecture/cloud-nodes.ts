/**
 * How the clouds' resources look in the picture. A store is a node of its own in its subnets; what serves a whole
 * region is one node per kind and region, whatever the number of its resources. A further cloud adds its types here.
 */
import { at, count, type Fact, type Facts, list, span, text } from "./facts.ts";
import type { NodeKind } from "./picture.ts";

export interface NodeFace {
  readonly kind: NodeKind;
  readonly title: string;
  readonly lines: readonly string[];
}

/** Managed stores that stand in subnets, by type. */
export const stores: Readonly<Record<string, (fact: Fact, facts: Facts) => NodeFace>> = {
  "aws:rds/instance:Instance": ({ inputs }) => ({
    kind: "database",
    title: `PostgreSQL ${text(inputs.engineVersion)}`,
    lines: [
      `${text(inputs.instanceClass)}${inputs.multiAz === true ? ", two zones" : ""}`,
      `${span(count(inputs.allocatedStorage), count(inputs.maxAllocatedStorage))} GiB ${text(inputs.storageType)}`,
      `point in time, ${text(inputs.backupRetentionPeriod)} days`,
    ],
  }),
  "aws:elasticache/replicationGroup:ReplicationGroup": ({ inputs }) => ({
    kind: "cache",
    title: `${capital(text(inputs.engine))} ${text(inputs.engineVersion)}`,
    lines: [
      `${text(inputs.numCacheClusters)} × ${text(inputs.nodeType)}`,
      inputs.automaticFailoverEnabled === true ? "automatic failover" : "no failover",
      `snapshots, ${text(inputs.snapshotRetentionLimit)} days`,
    ],
  }),
  "aws:msk/cluster:Cluster": ({ inputs }, facts) => {
    const topics = facts.of("aws:msk/topic:Topic");
    const nodes = inputs.brokerNodeGroupInfo;
    return {
      kind: "messaging",
      title: `Kafka ${text(inputs.kafkaVersion).replace(/\.x.*$/, "")}`,
      lines: [
        `${text(inputs.numberOfBrokerNodes)} × ${text(at(nodes, "instanceType"))}`,
        `${text(at(nodes, "storageInfo", "ebsStorageInfo", "volumeSize"))} GiB a broker`,
        topicLine(topics.map((topic) => count(topic.inputs.partitionCount) ?? 0)),
      ],
    };
  },
};

/** Stores that run in the cluster, by type; `StatefulSet`s are told apart by name. */
export const clusterStores: Readonly<Record<string, (fact: Fact, facts: Facts) => NodeFace>> = {
  "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch": ({ inputs }) => {
    const claim = at(
      inputs,
      "spec",
      "nodeSets",
      0,
      "volumeClaimTemplates",
      0,
      "spec",
      "resources",
      "requests",
    );
    return {
      kind: "search",
      title: `Elasticsearch ${text(at(inputs, "spec", "version"))}`,
      lines: [`${gibibytes(at(claim, "storage"))} a node`],
    };
  },
  "kubernetes:postgresql.cnpg.io/v1:Cluster": ({ inputs }) => ({
    kind: "database",
    title: `PostgreSQL ${/:(\d+\.\d+)/.exec(text(at(inputs, "spec", "imageName")))?.[1] ?? ""}`.trim(),
    lines: ["CloudNativePG", `${gibibytes(at(inputs, "spec", "storage", "size"))} each`],
  }),
  "kubernetes:kafka.strimzi.io/v1:Kafka": ({ inputs }, facts) => ({
    kind: "messaging",
    title: `Kafka ${text(at(inputs, "spec", "kafka", "version"))}`,
    lines: [
      "Strimzi, KRaft",
      topicLine(
        facts
          .of("kubernetes:kafka.strimzi.io/v1:KafkaTopic")
          .map((topic) => count(at(topic.inputs, "spec", "partitions")) ?? 0),
      ),
    ],
  }),
};

/** Sign of a store that is plain pods, told by the name of what runs in it. */
export function podStore(name: string): { readonly kind: NodeKind; readonly title: string } {
  const known: readonly [RegExp, NodeKind, string][] = [
    [/redis/, "cache", "Redis"],
    [/zookeeper/, "messaging", "ZooKeeper"],
    [/kafka/, "messaging", "Kafka"],
    [/postgres/, "database", "PostgreSQL"],
    [/elasticsearch/, "search", "Elasticsearch"],
    [/object-store|bucket/, "storage", "Object store"],
  ];
  const found = known.find(([pattern]) => pattern.test(name));
  return found ? { kind: found[1], title: found[2] } : { kind: "storage", title: capital(name) };
}

/** One node for all resources of a kind in a region. */
export interface RegionalKind {
  readonly id: string;
  readonly kind: NodeKind;
  readonly types: readonly string[];
  readonly title: string;
  readonly lines: (facts: readonly Fact[]) => readonly string[];
}

const howMany = (facts: readonly Fact[], type: string, one: string, many = `${one}s`): string[] => {
  const number = facts.filter((fact) => fact.type === type).length;
  return number === 0 ? [] : [`${number} ${number === 1 ? one : many}`];
};

export const regionalKinds: readonly RegionalKind[] = [
  {
    id: "dns",
    kind: "network",
    types: ["aws:route53/zone:Zone"],
    title: "Route 53",
    lines: (facts) => facts.map((zone) => text(zone.inputs.name)),
  },
  {
    id: "registry",
    kind: "storage",
    types: ["aws:ecr/repository:Repository"],
    title: "Image registry",
    lines: (facts) => howMany(facts, "aws:ecr/repository:Repository", "repository", "repositories"),
  },
  {
    id: "secrets",
    kind: "security",
    types: ["aws:secretsmanager/secret:Secret"],
    title: "Secrets Manager",
    lines: (facts) => howMany(facts, "aws:secretsmanager/secret:Secret", "secret"),
  },
  {
    id: "keys",
    kind: "security",
    types: ["aws:kms/key:Key"],
    title: "KMS",
    lines: (facts) => [
      ...howMany(facts, "aws:kms/key:Key", "customer key"),
      ...(facts.every((key) => key.inputs.enableKeyRotation === true) ? ["rotated every year"] : []),
    ],
  },
  {
    id: "buckets",
    kind: "storage",
    types: ["aws:s3/bucket:Bucket"],
    title: "Object storage",
    lines: (facts) => howMany(facts, "aws:s3/bucket:Bucket", "S3 bucket"),
  },
  {
    id: "telemetry",
    kind: "observability",
    types: [
      "aws:cloudwatch/logGroup:LogGroup",
      "aws:cloudwatch/metricAlarm:MetricAlarm",
      "aws:xray/traceSegmentDestination:TraceSegmentDestination",
    ],
    title: "CloudWatch",
    lines: (facts) => [
      [
        ...howMany(facts, "aws:cloudwatch/logGroup:LogGroup", "log group"),
        ...howMany(facts, "aws:cloudwatch/metricAlarm:MetricAlarm", "alarm"),
      ].join(", "),
      ...(facts.some((fact) => fact.type.startsWith("aws:xray/")) ? ["X-Ray traces"] : []),
    ],
  },
  {
    id: "alerts",
    kind: "observability",
    types: ["aws:sns/topic:Topic"],
    title: "Alarm topic",
    lines: (facts) => howMany(facts, "aws:sns/topic:Topic", "SNS topic"),
  },
  {
    id: "vault",
    kind: "backup",
    types: ["aws:backup/vault:Vault"],
    title: "Backup vault",
    lines: (facts) => howMany(facts, "aws:backup/vault:Vault", "vault"),
  },
  {
    id: "database-copies",
    kind: "backup",
    types: ["aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"],
    title: "Database backups",
    lines: (facts) => facts.map((fact) => `point in time, ${text(fact.inputs.retentionPeriod)} days`),
  },
];

/** `60Gi` as people write it. */
function gibibytes(quantity: unknown): string {
  return text(quantity).replace(/^(\d+)([KMGT]i)$/, "$1 $2B");
}

function topicLine(partitions: readonly number[]): string {
  const sum = partitions.reduce((total, one) => total + one, 0);
  return `${partitions.length} topics, ${sum} partitions`;
}

export function capital(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** Texts by which a policy or another resource can name a fact: its ARN, identifier and addresses. */
export function identities(fact: Fact): readonly string[] {
  const keys = ["arn", "bucket", "identifier", "name"];
  return [fact.id, ...keys.map((key) => text(at(fact.outputs, key)))].filter((one) => one !== "");
}

/** Host names among the outputs of a fact, without port. */
export function hosts(fact: Fact): readonly string[] {
  const found: string[] = [];
  const look = (value: unknown): void => {
    if (typeof value === "string") {
      for (const part of value.split(",")) {
        const host = part.replace(/^[a-z]+:\/\//, "").replace(/:\d+$/, "");
        if (/^[a-z0-9][a-z0-9.-]*\.[a-z]{2,}$/i.test(host) && host.split(".").length >= 4) found.push(host);
      }
    } else for (const member of list(value)) look(member);
  };
  for (const value of Object.values(fact.outputs)) look(value);
  return found;
}
