import { matches } from "../../../shared/exceptions.ts";
import { cisGcp, nist } from "../../../shared/frameworks.ts";
import { propertyRule } from "../../../shared/property-rule.ts";
import type { GuardedResource, Rule, Setting } from "../../../shared/rule.ts";
import { numberOf, textsOf } from "../../../shared/settings.ts";
import { expectProperty, finding, read, readList } from "../../../shared/value.ts";
import { heldEnvironments, isHeld, onlyIn } from "../environments.ts";
import { atLeastRule, durationDays, retention, valueRule, zoneSettings } from "../forms.ts";
import { gke, postgres } from "../support-tables.ts";
import { supportedRule, versionAt } from "../supported.ts";

const sql = { types: "gcp:sql/databaseInstance:DatabaseInstance", subject: "a Cloud SQL instance" };
const redis = { types: "gcp:redis/instance:Instance", subject: "a Memorystore instance" };
const redisCluster = { types: "gcp:redis/cluster:Cluster", subject: "a Memorystore cluster" };
const valkey = { types: "gcp:memorystore/instance:Instance", subject: "a Valkey instance" };
const cluster = { types: "gcp:container/cluster:Cluster", subject: "a GKE cluster" };
const nodePool = { types: "gcp:container/nodePool:NodePool", subject: "a node pool" };
const failover = [nist("SI-13(5)")];
const spread = [nist("SC-36")];
const backups = [nist("CP-9")];
const kept =
  "must keep its backups as long as the environment asks for, so that damage which is noticed late can be undone";
const undeletable = "must refuse to be deleted, so that one wrong command cannot take the data away";

/** A replica has the zones and backups of its source. */
function isSource({ props }: GuardedResource): boolean {
  return read(props, "masterInstanceName").state === "absent";
}

const failovers: readonly Rule[] = [
  valueRule({
    ...sql,
    name: "gcp-sql-instance-regional",
    must: "must have a standby in another zone, so that the loss of its own costs a minute and no data",
    property: "settings.availabilityType",
    allowed: ["REGIONAL"],
    held: heldEnvironments,
    applies: isSource,
    frameworks: failover,
    effect: "The instance restarts.",
  }),
  valueRule({
    ...redis,
    name: "gcp-redis-instance-failover",
    must: "must have a replica in another zone that takes over by itself",
    property: "tier",
    allowed: ["STANDARD_HA"],
    held: heldEnvironments,
    frameworks: failover,
    effect: "An existing instance is replaced by that.",
  }),
  ...[
    [redisCluster, "gcp-redis-cluster-replica-minimum"] as const,
    [valkey, "gcp-memorystore-instance-replica-minimum"] as const,
  ].map(([form, name]) =>
    atLeastRule({
      ...form,
      name,
      must: "must have a replica of each shard to fail over to, and two in production, so that one is left while the other is replaced",
      property: "replicaCount",
      frameworks: failover,
      setting: "replicas",
      table: { local: 0, dev: 0, staging: 1, production: 2 },
      bounds: { minimum: 0, maximum: 5, description: "Replicas of each shard, by environment; 0 for any." },
    }),
  ),
  ...[
    [redisCluster, "gcp-redis-cluster-zones"] as const,
    [valkey, "gcp-memorystore-instance-zones"] as const,
  ].map(([form, name]) =>
    valueRule({
      ...form,
      name,
      must: "must spread its nodes over zones, so that the loss of one leaves a replica to take over",
      property: "zoneDistributionConfig.mode",
      allowed: ["MULTI_ZONE"],
      held: heldEnvironments,
      frameworks: spread,
      effect: "An existing one is replaced by that.",
    }),
  ),
];

const retentions: readonly Rule[] = [
  valueRule({
    ...sql,
    name: "gcp-sql-instance-backup",
    must: "must be backed up every day",
    property: "settings.backupConfiguration.enabled",
    allowed: [true],
    applies: isSource,
    frameworks: [cisGcp("6.7"), ...backups],
  }),
  atLeastRule({
    ...sql,
    name: "gcp-sql-instance-backup-retention",
    must: kept,
    property: "settings.backupConfiguration.backupRetentionSettings.retainedBackups",
    applies: isSource,
    frameworks: backups,
    unit: " daily backups",
    ...retention,
  }),
  valueRule({
    ...sql,
    name: "gcp-sql-instance-point-in-time",
    must: "must archive its log all the time, so that it can be restored to any moment and not only to the last backup",
    property: "settings.backupConfiguration.pointInTimeRecoveryEnabled",
    allowed: [true],
    applies: isSource,
    frameworks: [nist("CP-10")],
    effect: "The instance restarts.",
  }),
  propertyRule({
    ...sql,
    name: "gcp-sql-instance-cross-region-backup",
    description:
      "A Cloud SQL instance must keep its backups outside its own region in production, so that the loss of the region does not take them.",
    severity: "high",
    frameworks: [nist("CP-6(1)")],
    remediation:
      "Set settings.backupConfiguration.location to a multi-region such as us, or to another region. The change is made in place and holds for new backups.",
    settings: onlyIn(["production"]),
    applies: (resource, context) => isHeld(context) && isSource(resource),
    property: "settings.backupConfiguration.location",
    holds: (location) =>
      typeof location === "string" && location !== "" && !/^[a-z]+-[a-z]+\d+$/.test(location),
    required: "a multi-region such as us or eu",
    fix: "set settings.backupConfiguration.location to a multi-region",
  }),
  ...[
    [redisCluster, "gcp-redis-cluster-backup-retention"] as const,
    [valkey, "gcp-memorystore-instance-backup-retention"] as const,
  ].map(([form, name]) =>
    atLeastRule({
      ...form,
      name,
      must: kept,
      property: "automatedBackupConfig.retention",
      frameworks: backups,
      unit: " days",
      number: durationDays,
      written: (days) => `${days * 86_400}s`,
      ...retention,
    }),
  ),
];

const deletion: readonly Rule[] = [
  ...[
    [sql, "gcp-sql-instance-deletion-protection", "settings.deletionProtectionEnabled"] as const,
    [redis, "gcp-redis-instance-deletion-protection", "deletionProtection"] as const,
    [redisCluster, "gcp-redis-cluster-deletion-protection", "deletionProtectionEnabled"] as const,
    [valkey, "gcp-memorystore-instance-deletion-protection", "deletionProtectionEnabled"] as const,
    [cluster, "gcp-gke-cluster-deletion-protection", "deletionProtection"] as const,
  ].map(([form, name, property]) =>
    valueRule({
      ...form,
      name,
      must: undeletable,
      property,
      allowed: [true],
      held: heldEnvironments,
      frameworks: [nist("CP-10")],
    }),
  ),
  valueRule({
    name: "gcp-artifactregistry-repository-immutable-tags",
    types: "gcp:artifactregistry/repository:Repository",
    subject: "an image repository",
    must: "must not let a tag be moved, because a pod that starts tomorrow would run something else than today otherwise",
    property: "dockerConfig.immutableTags",
    allowed: [true],
    applies: ({ props }) => props.format === "DOCKER",
    frameworks: [nist("CM-2")],
    severity: "medium",
  }),
];

/** A region such as `us-central1`; a zone has a letter behind it. */
const isRegion = (location: unknown) => /^[a-z]+-[a-z]+\d+$/.test(String(location));

const regional: readonly Rule[] = [
  propertyRule({
    ...cluster,
    name: "gcp-gke-cluster-regional",
    description:
      "A GKE cluster must be in a region and not in one zone, so that its control plane outlives the loss of a zone.",
    severity: "high",
    frameworks: spread,
    remediation:
      "Set location to a region. An existing cluster is replaced by that: make a new one beside it and move the workloads.",
    property: "location",
    holds: isRegion,
    required: "a region such as us-central1",
    fix: "set location to the region",
  }),
  ...[
    [cluster, "gcp-gke-cluster-zones", "The nodes of a GKE cluster"] as const,
    [nodePool, "gcp-gke-nodepool-zones", "A node pool"] as const,
  ].map(
    ([{ types }, name, subject]): Rule => ({
      name,
      kind: "resource",
      types: [types],
      description: `${subject} must reach over three zones, so that two are left when one is lost; without a list GKE takes three of the region.`,
      severity: "high",
      frameworks: spread,
      remediation:
        "Name three zones in nodeLocations, or leave it out in a regional cluster. The change is made in place.",
      settings: zoneSettings,
      check: (resource, context) => {
        const least = numberOf(context, "zones");
        const list = read(resource.props, "nodeLocations");
        const isNamed = list.state !== "absent";
        if (!isNamed && isRegion(resource.props.location)) return [];
        const wording = { required: `at least ${least} zones`, fix: `name ${least} zones in nodeLocations` };
        if (!isNamed)
          return [
            finding(
              resource,
              read(resource.props, "location").state === "unknown" ? "location" : "nodeLocations",
              wording,
            ),
          ];
        const zones = readList(resource.props, "nodeLocations");
        const open = zones.find(({ found }) => found.state === "unknown");
        if (zones.length >= least) return [];
        return [finding(resource, open?.path ?? "nodeLocations", wording)];
      },
    }),
  ),
];

const copies: readonly Rule[] = [
  propertyRule({
    name: "gcp-managedkafka-topic-replication",
    types: "gcp:managedkafka/topic:Topic",
    description: "A topic must have three copies, so that one broker can be lost while another is updated.",
    severity: "high",
    frameworks: spread,
    remediation:
      "Set replicationFactor to 3. An existing topic is replaced by that: make a new one and copy the messages.",
    property: "replicationFactor",
    holds: (value) => Number(value) >= 3,
    required: "at least 3",
    fix: "set replicationFactor to 3",
  }),
  propertyRule({
    name: "gcp-managedkafka-topic-insync",
    types: "gcp:managedkafka/topic:Topic",
    description: "A topic must acknowledge a message in two copies, so that none is lost with one broker.",
    severity: "high",
    frameworks: spread,
    remediation: "Set min.insync.replicas in configs to 2. The change is made in place.",
    property: 'configs["min.insync.replicas"]',
    holds: (value) => Number(value) >= 2,
    required: "at least 2",
    fix: "set min.insync.replicas to 2 in configs",
  }),
  {
    name: "gcp-storage-bucket-cross-region",
    kind: "resource",
    types: ["gcp:storage/bucket:Bucket"],
    description:
      "A bucket that holds backups must be in two regions or more in production, so that the loss of a region does not take the backups too.",
    severity: "high",
    frameworks: [nist("CP-6(1)")],
    remediation:
      "Set location to a multi-region (US, EU, ASIA) or a dual region (NAM4, EUR4, ASIA1, or customPlacementConfig). An existing bucket is replaced by that: copy the objects with the Storage Transfer Service.",
    settings: { ...onlyIn(["production"]), buckets: bucketSetting() },
    check: (resource, context) => {
      const isBackup = textsOf(context, "buckets").some((one) => matches(one, resource.name));
      if (!isHeld(context) || !isBackup) return [];
      return expectProperty(resource, "location", (value) => !isRegion(String(value).toLowerCase()), {
        required: "a multi-region or dual region",
        fix: "set location to a multi-region such as US",
      });
    },
  },
  valueRule({
    name: "gcp-storage-bucket-versioning",
    types: "gcp:storage/bucket:Bucket",
    subject: "a bucket",
    must: "must keep old versions of its objects, so that one that is overwritten or deleted can be brought back",
    property: "versioning.enabled",
    allowed: [true],
    frameworks: [nist("CP-10")],
    severity: "medium",
  }),
];

function bucketSetting(): Setting {
  return {
    type: "strings",
    default: ["*backup*"],
    description: "Logical names of the buckets that hold backups, * for any characters.",
  };
}

/** A release channel keeps a cluster in support by itself. */
function isInChannel({ props }: GuardedResource): boolean {
  const channel = read(props, "releaseChannel.channel");
  const isNamed = channel.state === "value" && ["RAPID", "REGULAR", "STABLE"].includes(String(channel.value));
  return isNamed && read(props, "minMasterVersion").state === "absent";
}

const versions: readonly Rule[] = [
  supportedRule({
    name: "gcp-gke-cluster-supported-version",
    ...cluster,
    table: gke,
    frameworks: [nist("SA-22")],
    sites: (resource) => (isInChannel(resource) ? [] : [versionAt("minMasterVersion")]),
    effect: "Upgrade one minor at a time, the control plane first; there is no way back.",
  }),
  supportedRule({
    name: "gcp-gke-nodepool-supported-version",
    ...nodePool,
    subject: "a node pool that names its version",
    table: gke,
    frameworks: [nist("SA-22")],
    // Without a version the nodes get the cluster's.
    sites: ({ props }) => (read(props, "version").state === "absent" ? [] : [versionAt("version")]),
    effect: "Nodes are replaced one after the other, after the control plane.",
  }),
  supportedRule({
    name: "gcp-sql-instance-supported-version",
    ...sql,
    table: postgres,
    frameworks: [nist("SA-22")],
    sites: ({ props }) => {
      const version = read(props, "databaseVersion");
      const isOther = version.state === "value" && !String(version.value).startsWith("POSTGRES_");
      return isOther
        ? []
        : [
            {
              path: "databaseVersion",
              version: (text) => text.replace(/^POSTGRES_/, "").replaceAll("_", "."),
            },
          ];
    },
    effect: "A major version takes the instance down for some minutes and wants a rehearsal on a clone.",
  }),
];

/** Google Cloud: failover, zones, backups, deletion, versions. */
export const gcpRules: readonly Rule[] = [
  ...failovers,
  ...retentions,
  ...deletion,
  ...regional,
  ...copies,
  ...versions,
];
