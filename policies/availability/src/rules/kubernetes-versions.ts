import { nist } from "../../../shared/frameworks.ts";
import { containers, replicatedTypes } from "../../../shared/kubernetes.ts";
import type { GuardedResource, Rule } from "../../../shared/rule.ts";
import { read } from "../../../shared/value.ts";
import { parseImage } from "../images.ts";
import { confluent, elasticsearch, kafka, postgres, redis } from "../support-tables.ts";
import { supportedRule, type VersionSite, versionAt } from "../supported.ts";

const frameworks = [nist("SA-22")];
const rolling = "Members are replaced one after the other; read the release notes of every version between.";

/** Images by the last part of their repository, and the word that stands before the number in the table. */
type Products = Readonly<Record<string, string>>;
const redisProducts: Products = { redis: "", valkey: "valkey " };
const kafkaProducts: Products = {
  kafka: "",
  "cp-kafka": "confluent ",
  "cp-server": "confluent ",
  "cp-zookeeper": "confluent ",
};
const postgresProducts: Products = { postgres: "", postgresql: "" };

/** The version in the tag of an image; undefined where the image is of none of the products or has no tag. */
function tagVersion(reference: string, products: Products): string | undefined {
  const { name, tag } = parseImage(reference);
  const word = Object.hasOwn(products, name) ? products[name] : undefined;
  return word === undefined || tag === undefined ? undefined : `${word}${tag.replace(/^v/, "")}`;
}

/** Containers of a workload that run one of the products. */
function imageSites(resource: GuardedResource, products: Products): VersionSite[] {
  return containers(resource)
    .filter(({ role }) => role === "main")
    .map(({ path }) => ({ path: `${path}.image`, found: read(resource.props, `${path}.image`) }))
    .filter(
      ({ found }) => found.state === "value" && Object.hasOwn(products, parseImage(String(found.value)).name),
    )
    .map(({ path }) => ({ path, version: (text) => tagVersion(text, products) }));
}

const clusterType = "kubernetes:postgresql.cnpg.io/v1:Cluster";
const kafkaType = "kubernetes:kafka.strimzi.io/v1:Kafka";

/**
 * Versions of the stores in the cluster. An unknown image is left to the rule on pinned images: it does not say which
 * product it is.
 */
export const kubernetesVersionRules: readonly Rule[] = [
  supportedRule({
    name: "kubernetes-elasticsearch-supported-version",
    types: "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch",
    subject: "an Elasticsearch cluster",
    table: elasticsearch,
    frameworks,
    sites: () => [versionAt("spec.version")],
    effect: rolling,
  }),
  supportedRule({
    name: "kubernetes-kafka-supported-version",
    types: [kafkaType, ...replicatedTypes],
    subject: "Kafka or ZooKeeper in the cluster",
    table: { ...kafka, ...confluent },
    frameworks,
    sites: (resource) =>
      resource.type === kafkaType ? [versionAt("spec.kafka.version")] : imageSites(resource, kafkaProducts),
    effect: rolling,
  }),
  supportedRule({
    name: "kubernetes-postgres-supported-version",
    types: [clusterType, ...replicatedTypes],
    subject: "PostgreSQL in the cluster",
    table: postgres,
    frameworks,
    sites: (resource) =>
      resource.type === clusterType
        ? [{ path: "spec.imageName", version: (text) => tagVersion(text, postgresProducts) }]
        : imageSites(resource, postgresProducts),
    effect:
      "A new major version is imported into a new cluster, or upgraded in place by the operator with all members down.",
  }),
  supportedRule({
    name: "kubernetes-redis-supported-version",
    types: replicatedTypes,
    subject: "Redis in the cluster",
    table: redis,
    frameworks,
    sites: (resource) => imageSites(resource, redisProducts),
    effect: rolling,
  }),
];
