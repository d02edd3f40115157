import { cisGcp, nist } from "../../../shared/frameworks.ts";
import { propertyRule } from "../../../shared/property-rule.ts";
import type { Finding, GuardedResource, Rule } from "../../../shared/rule.ts";
import { numberOf } from "../../../shared/settings.ts";
import { expectProperty, finding, read, readList } from "../../../shared/value.ts";
import { customerKeyRule, isCustomerKey, valueRule } from "../forms.ts";
import { isWorld, publicApiFindings } from "../world.ts";

const sql = { types: "gcp:sql/databaseInstance:DatabaseInstance", subject: "a Cloud SQL instance" };
const key = "the name of a customer key";
const tls = "must accept encrypted connections only, so that nobody on the way reads or changes data";

/** Stores of which only the customer key is to be judged: rule, type, subject, property. */
const keyed = [
  ["gcp-sql-instance-customer-key", sql.types, sql.subject, "encryptionKeyName"],
  [
    "gcp-redis-instance-customer-key",
    "gcp:redis/instance:Instance",
    "a Memorystore instance",
    "customerManagedKey",
  ],
  ["gcp-redis-cluster-customer-key", "gcp:redis/cluster:Cluster", "a Memorystore cluster", "kmsKey"],
  [
    "gcp-memorystore-instance-customer-key",
    "gcp:memorystore/instance:Instance",
    "a Valkey instance",
    "kmsKey",
  ],
  [
    "gcp-managedkafka-cluster-customer-key",
    "gcp:managedkafka/cluster:Cluster",
    "a Kafka cluster",
    "gcpConfig.kmsKey",
  ],
  [
    "gcp-storage-bucket-customer-key",
    "gcp:storage/bucket:Bucket",
    "a bucket",
    "encryption.defaultKmsKeyName",
  ],
  ["gcp-pubsub-topic-customer-key", "gcp:pubsub/topic:Topic", "a topic", "kmsKeyName"],
  [
    "gcp-artifactregistry-repository-customer-key",
    "gcp:artifactregistry/repository:Repository",
    "an image repository",
    "kmsKeyName",
  ],
  [
    "gcp-logging-bucket-customer-key",
    "gcp:logging/projectBucketConfig:ProjectBucketConfig",
    "a log bucket",
    "cmekSettings.kmsKeyName",
  ],
  ["gcp-compute-disk-customer-key", "gcp:compute/disk:Disk", "a disk", "diskEncryptionKey.kmsKeySelfLink"],
  [
    "gcp-gke-nodepool-customer-key",
    "gcp:container/nodePool:NodePool",
    "the boot disk of a node",
    "nodeConfig.bootDiskKmsKey",
  ],
] as const;
/** These take a new key in place; all others are replaced. */
const inPlace = new Set([
  "gcp-storage-bucket-customer-key",
  "gcp-pubsub-topic-customer-key",
  "gcp-logging-bucket-customer-key",
]);

const defaultPool = customerKeyRule({
  name: "gcp-gke-cluster-disk-key",
  types: "gcp:container/cluster:Cluster",
  subject: "the boot disk of a node of a GKE cluster's default pool",
  property: "nodeConfig.bootDiskKmsKey",
  key,
  replaces: true,
  // Without its default pool a cluster has no nodes of its own; pools are judged one by one.
  applies: ({ props }) => {
    const removed = read(props, "removeDefaultNodePool");
    return removed.state !== "value" || removed.value !== true;
  },
});

const stores: readonly Rule[] = keyed.map(([name, types, subject, property]) =>
  customerKeyRule({
    name,
    types,
    subject,
    property,
    key,
    replaces: !inPlace.has(name),
    ...(name === "gcp-compute-disk-customer-key" && { frameworks: [cisGcp("4.7")] }),
  }),
);

const transit: readonly Rule[] = [
  valueRule({
    ...sql,
    name: "gcp-sql-instance-tls",
    property: "settings.ipConfiguration.sslMode",
    must: tls,
    allowed: ["ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"],
    frameworks: [cisGcp("6.4"), nist("SC-8(1)")],
  }),
  valueRule({
    name: "gcp-redis-instance-tls",
    types: "gcp:redis/instance:Instance",
    subject: "a Memorystore instance",
    property: "transitEncryptionMode",
    must: tls,
    allowed: ["SERVER_AUTHENTICATION"],
    frameworks: [nist("SC-8(1)")],
    replaces: true,
  }),
  valueRule({
    name: "gcp-redis-cluster-tls",
    types: "gcp:redis/cluster:Cluster",
    subject: "a Memorystore cluster",
    property: "transitEncryptionMode",
    must: tls,
    allowed: ["TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION"],
    frameworks: [nist("SC-8(1)")],
    replaces: true,
  }),
  valueRule({
    name: "gcp-memorystore-instance-tls",
    types: "gcp:memorystore/instance:Instance",
    subject: "a Valkey instance",
    property: "transitEncryptionMode",
    must: tls,
    allowed: ["SERVER_AUTHENTICATION"],
    frameworks: [nist("SC-8(1)")],
    replaces: true,
  }),
];

const reach: readonly Rule[] = [
  valueRule({
    ...sql,
    name: "gcp-sql-instance-private",
    property: "settings.ipConfiguration.ipv4Enabled",
    must: "must have no public address, because a store has no clients on the internet",
    allowed: [false],
    severity: "critical",
    frameworks: [cisGcp("6.6"), nist("SC-7")],
  }),
  {
    name: "gcp-sql-instance-networks",
    kind: "resource",
    types: [sql.types],
    description: "A Cloud SQL instance must not list the whole internet among its authorised networks.",
    severity: "critical",
    frameworks: [cisGcp("6.5"), nist("SC-7")],
    remediation:
      "Remove 0.0.0.0/0 from authorizedNetworks and name the ranges that may connect. The change is made in place.",
    check: (resource) =>
      readList(resource.props, "settings.ipConfiguration.authorizedNetworks").flatMap(({ path }) => {
        const wording = {
          required: "a range smaller than the internet",
          fix: `name the range that may connect at ${path}.value`,
        };
        const found = read(resource.props, `${path}.value`);
        const isOpen = found.state === "unknown" || (found.state === "value" && isWorld(found.value));
        return isOpen ? [finding(resource, `${path}.value`, wording)] : [];
      }),
  },
  valueRule({
    name: "gcp-storage-bucket-private",
    types: "gcp:storage/bucket:Bucket",
    subject: "a bucket",
    property: "publicAccessPrevention",
    must: "must refuse public grants, because one wrong binding would open it to the world",
    allowed: ["enforced"],
    severity: "critical",
    frameworks: [cisGcp("5.1"), nist("SC-7")],
  }),
  valueRule({
    name: "gcp-storage-bucket-uniform-access",
    types: "gcp:storage/bucket:Bucket",
    subject: "a bucket",
    property: "uniformBucketLevelAccess",
    must: "must leave access to IAM alone, because a list on one object is seen by nobody",
    allowed: [true],
    frameworks: [cisGcp("5.2")],
  }),
  {
    name: "gcp-gke-cluster-private-api",
    kind: "resource",
    types: ["gcp:container/cluster:Cluster"],
    description:
      "The API of a GKE cluster must not be open to the world: only from inside the network, or from named ranges.",
    severity: "critical",
    frameworks: [nist("SC-7")],
    remediation:
      "Set privateClusterConfig.enablePrivateEndpoint to true, or name the offices' ranges in masterAuthorizedNetworksConfig. The change is made in place.",
    check: (resource) =>
      publicApiFindings(resource, {
        open: { property: "privateClusterConfig.enablePrivateEndpoint", closedBy: true },
        ranges: "masterAuthorizedNetworksConfig.cidrBlocks",
        range: "cidrBlock",
      }),
  },
];

const keysAndSecrets: readonly Rule[] = [
  {
    name: "gcp-gke-cluster-secrets-key",
    kind: "resource",
    types: ["gcp:container/cluster:Cluster"],
    description:
      "The secrets of a GKE cluster must be encrypted with a customer key, so that the key's owner decides who can read the data and can end that.",
    severity: "high",
    frameworks: [nist("SC-28(1)")],
    remediation:
      "Set databaseEncryption.state to ENCRYPTED and keyName to the customer key. The change is made in place.",
    check: (resource) => {
      const on = expectProperty(resource, "databaseEncryption.state", (value) => value === "ENCRYPTED", {
        required: '"ENCRYPTED"',
        fix: "set databaseEncryption.state to ENCRYPTED and keyName to the name of a customer key",
      });
      return on.length > 0
        ? on
        : expectProperty(resource, "databaseEncryption.keyName", isCustomerKey, {
            required: "a customer key",
            fix: `set databaseEncryption.keyName to ${key}`,
          });
    },
  },
  {
    name: "gcp-secretmanager-secret-customer-key",
    kind: "resource",
    types: ["gcp:secretmanager/secret:Secret"],
    description:
      "A secret must be encrypted with a customer key, so that the key's owner decides who can read the data and can end that.",
    severity: "high",
    frameworks: [nist("SC-28(1)")],
    remediation:
      "Set customerManagedEncryption of the replication to the customer key of each place. Replication cannot be changed: make a new secret beside the old one and copy the versions.",
    check: (resource) => secretFindings(resource),
  },
  propertyRule({
    name: "gcp-kms-key-rotation",
    types: "gcp:kms/cryptoKey:CryptoKey",
    property: "rotationPeriod",
    description:
      "A customer key must be rotated within a stated period, so that no key material protects data for ever.",
    severity: "medium",
    frameworks: [cisGcp("1.10"), nist("SC-12")],
    remediation: "Set rotationPeriod to a number of seconds within the period. The change is made in place.",
    settings: {
      maximumDays: {
        type: "integer",
        minimum: 1,
        maximum: 365,
        default: 90,
        description: "Longest time between two rotations, in days.",
      },
    },
    // Only symmetric keys rotate by themselves.
    applies: ({ props }) => {
      const purpose = read(props, "purpose");
      return purpose.state !== "value" || purpose.value === "ENCRYPT_DECRYPT";
    },
    holds: (value, context) => {
      const seconds = /^(\d+)(?:\.\d+)?s$/.exec(String(value))?.[1];
      return seconds !== undefined && Number(seconds) <= numberOf(context, "maximumDays") * 86_400;
    },
    required: (context) => `at most ${numberOf(context, "maximumDays") * 86_400}s`,
    fix: (context) => `set rotationPeriod to ${numberOf(context, "maximumDays") * 86_400}s or less`,
  }),
];

function secretFindings(resource: GuardedResource): Finding[] {
  const wording = {
    required: "a customer key",
    fix: `set customerManagedEncryption.kmsKeyName of the replication to ${key}`,
  };
  const places = readList(resource.props, "replication.userManaged.replicas");
  const paths = places.length > 0 ? places.map(({ path }) => path) : ["replication.auto"];
  return paths.flatMap((path) =>
    expectProperty(resource, `${path}.customerManagedEncryption.kmsKeyName`, isCustomerKey, wording),
  );
}

/** Google Cloud: the counterparts of the AWS rules. Managed Kafka has no plain listener, so it has no rule of that. */
export const gcpRules: readonly Rule[] = [...stores, defaultPool, ...transit, ...reach, ...keysAndSecrets];
