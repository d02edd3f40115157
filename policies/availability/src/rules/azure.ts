import { nist } from "../../../shared/frameworks.ts";
import type { Finding, GuardedResource, Rule } from "../../../shared/rule.ts";
import { numberOf } from "../../../shared/settings.ts";
import { finding, read, readList } from "../../../shared/value.ts";
import { heldEnvironments } from "../environments.ts";
import { atLeastRule, retention, valueRule, zoneSettings } from "../forms.ts";
import { aks, postgres } from "../support-tables.ts";
import { supportedRule, versionAt } from "../supported.ts";

const server = { types: "azure-native:dbforpostgresql:Server", subject: "a Flexible Server" };
const redis = { types: "azure-native:redisenterprise:RedisEnterprise", subject: "a Managed Redis" };
const hubs = { types: "azure-native:eventhub:Namespace", subject: "an Event Hubs namespace" };
const account = { types: "azure-native:storage:StorageAccount", subject: "a storage account" };
const cluster = { types: "azure-native:containerservice:ManagedCluster", subject: "an AKS cluster" };
const agentPool = "azure-native:containerservice:AgentPool";
const failover = [nist("SI-13(5)")];
const spread = [nist("SC-36")];

/** A replica has the standby and backups of its source. */
function isSource({ props }: GuardedResource): boolean {
  return read(props, "sourceServerResourceId").state === "absent";
}

const stores: readonly Rule[] = [
  valueRule({
    ...server,
    name: "azure-postgres-server-high-availability",
    must: "must have a standby in another zone, so that the loss of its own costs a minute and no data",
    property: "highAvailability.mode",
    allowed: ["ZoneRedundant"],
    held: heldEnvironments,
    applies: isSource,
    frameworks: failover,
  }),
  atLeastRule({
    ...server,
    name: "azure-postgres-server-backup-retention",
    must: "must keep its backups as long as the environment asks for, so that damage which is noticed late can be undone and any moment between be restored",
    property: "backup.backupRetentionDays",
    applies: isSource,
    frameworks: [nist("CP-9")],
    unit: " days",
    ...retention,
  }),
  valueRule({
    ...server,
    name: "azure-postgres-server-cross-region-backup",
    must: "must keep its backups in the paired region too in production, so that the loss of a region does not take them",
    property: "backup.geoRedundantBackup",
    allowed: ["Enabled"],
    held: ["production"],
    applies: isSource,
    frameworks: [nist("CP-6(1)")],
    effect:
      "It can only be set when the server is made: make a new one beside it and restore a backup into it.",
  }),
  valueRule({
    ...redis,
    name: "azure-redis-cluster-high-availability",
    must: "must have a replica that takes over by itself",
    property: "highAvailability",
    allowed: ["Enabled"],
    held: heldEnvironments,
    frameworks: failover,
  }),
  valueRule({
    ...hubs,
    name: "azure-eventhubs-namespace-zones",
    must: "must be kept in several zones, so that the loss of one does not take messages with it",
    property: "zoneRedundant",
    allowed: [true],
    held: heldEnvironments,
    frameworks: spread,
    effect: "An existing namespace is replaced by that.",
  }),
  valueRule({
    ...account,
    name: "azure-storage-account-zones",
    must: "must be kept in several zones, so that the loss of one does not take the data with it",
    property: "sku.name",
    allowed: [
      "Standard_ZRS",
      "Standard_GZRS",
      "Standard_RAGZRS",
      "StandardV2_ZRS",
      "StandardV2_GZRS",
      "Premium_ZRS",
      "PremiumV2_ZRS",
    ],
    held: heldEnvironments,
    frameworks: spread,
    effect: "Azure converts an existing account on request.",
  }),
  valueRule({
    ...account,
    name: "azure-storage-account-cross-region",
    must: "must be copied to the paired region in production, so that the loss of a region does not take the data with it",
    property: "sku.name",
    allowed: [
      "Standard_GRS",
      "Standard_RAGRS",
      "Standard_GZRS",
      "Standard_RAGZRS",
      "StandardV2_GRS",
      "StandardV2_GZRS",
    ],
    held: ["production"],
    frameworks: [nist("CP-6(1)")],
  }),
];

/** A cluster whose pools, or a pool which itself, must name three zones. */
function poolRule(
  name: string,
  types: string,
  paths: (resource: GuardedResource) => readonly string[],
): Rule {
  return {
    name,
    kind: "resource",
    types: [types],
    description:
      "A pool of AKS nodes must name three zones, so that two are left when one is lost; without a list its nodes are in none.",
    severity: "high",
    frameworks: spread,
    remediation:
      "Set availabilityZones to 1, 2 and 3. An existing pool is replaced by that: new nodes must come before the old ones go.",
    settings: zoneSettings,
    check: (resource, context) =>
      paths(resource).flatMap((path): Finding[] => {
        const least = numberOf(context, "zones");
        const wording = { required: `at least ${least} zones`, fix: `name ${least} zones in ${path}` };
        const zones = readList(resource.props, path);
        const open = zones.find(({ found }) => found.state === "unknown");
        if (zones.length >= least) return [];
        return [finding(resource, open?.path ?? path, wording)];
      }),
  };
}

const pools: readonly Rule[] = [
  poolRule("azure-aks-cluster-zones", cluster.types, (resource) =>
    readList(resource.props, "agentPoolProfiles").map(({ path, found }) =>
      found.state === "unknown" ? path : `${path}.availabilityZones`,
    ),
  ),
  poolRule("azure-aks-agentpool-zones", agentPool, () => ["availabilityZones"]),
  valueRule({
    ...cluster,
    name: "azure-aks-cluster-uptime",
    must: "must have a control plane with an uptime agreement, because the free one has one zone and no promise",
    property: "sku.tier",
    allowed: ["Standard", "Premium"],
    held: heldEnvironments,
    frameworks: spread,
  }),
];

const versions: readonly Rule[] = [
  supportedRule({
    name: "azure-aks-cluster-supported-version",
    ...cluster,
    table: aks,
    frameworks: [nist("SA-22")],
    sites: () => [versionAt("kubernetesVersion")],
    effect: "Upgrade one minor at a time, the control plane first; there is no way back.",
  }),
  supportedRule({
    name: "azure-aks-agentpool-supported-version",
    types: agentPool,
    subject: "a pool of nodes that names its version",
    table: aks,
    frameworks: [nist("SA-22")],
    // Without a version the nodes get the cluster's.
    sites: ({ props }) =>
      read(props, "orchestratorVersion").state === "absent" ? [] : [versionAt("orchestratorVersion")],
    effect: "Nodes are replaced one after the other, after the control plane.",
  }),
  supportedRule({
    name: "azure-postgres-server-supported-version",
    ...server,
    table: postgres,
    frameworks: [nist("SA-22")],
    sites: (resource) => (isSource(resource) ? [versionAt("version")] : []),
    effect:
      "A major version takes the server down for some minutes and wants a rehearsal on a restored copy.",
  }),
];

/** Azure: failover, zones, backups, deletion, versions. */
export const azureRules: readonly Rule[] = [...stores, ...pools, ...versions];
