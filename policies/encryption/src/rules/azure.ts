import { cisAzure, nist } from "../../../shared/frameworks.ts";
import type { FrameworkReference, Rule } from "../../../shared/rule.ts";
import { expectProperty, finding, read, readList } from "../../../shared/value.ts";
import { customerKeyRule, valueRule } from "../forms.ts";
import { publicApiFindings } from "../world.ts";

const server = { types: "azure-native:dbforpostgresql:Server", subject: "a Flexible Server" };
const redis = { types: "azure-native:redisenterprise:RedisEnterprise", subject: "a Managed Redis" };
const hubs = { types: "azure-native:eventhub:Namespace", subject: "an Event Hubs namespace" };
const account = { types: "azure-native:storage:StorageAccount", subject: "a storage account" };
const vault = { types: "azure-native:keyvault:Vault", subject: "a key vault" };
const cluster = { types: "azure-native:containerservice:ManagedCluster", subject: "an AKS cluster" };
const keyUri = "the URI of a customer key";

const keyed: readonly Rule[] = [
  customerKeyRule({
    ...server,
    name: "azure-postgres-server-customer-key",
    property: "dataEncryption.primaryKeyURI",
    key: keyUri,
    replaces: true,
  }),
  customerKeyRule({
    ...redis,
    name: "azure-redis-cluster-customer-key",
    property: "encryption.customerManagedKeyEncryption.keyEncryptionKeyUrl",
    key: keyUri,
  }),
  customerKeyRule({
    ...hubs,
    name: "azure-eventhubs-namespace-customer-key",
    property: "encryption.keyVaultProperties[0].keyName",
    key: "the name of a customer key",
  }),
  customerKeyRule({
    ...cluster,
    name: "azure-aks-cluster-disk-key",
    subject: "the disks of an AKS cluster's nodes",
    property: "diskEncryptionSetID",
    key: "the id of a disk encryption set with a customer key",
    replaces: true,
  }),
  customerKeyRule({
    ...cluster,
    name: "azure-aks-cluster-secrets-key",
    subject: "the secrets of an AKS cluster",
    property: "securityProfile.azureKeyVaultKms.keyId",
    key: keyUri,
  }),
  customerKeyRule({
    ...account,
    name: "azure-storage-account-customer-key",
    property: "encryption.keyVaultProperties.keyName",
    key: "the name of a customer key",
    frameworks: [cisAzure("6.1.1.3")],
  }),
  customerKeyRule({
    name: "azure-compute-disk-customer-key",
    types: "azure-native:compute:Disk",
    subject: "a disk",
    property: "encryption.diskEncryptionSetId",
    key: "the id of a disk encryption set with a customer key",
  }),
  customerKeyRule({
    name: "azure-acr-registry-customer-key",
    types: "azure-native:containerregistry:Registry",
    subject: "an image registry",
    property: "encryption.keyVaultProperties.keyIdentifier",
    key: keyUri,
    severity: "medium",
    replaces: true,
  }),
  customerKeyRule({
    name: "azure-loganalytics-workspace-customer-key",
    types: "azure-native:operationalinsights:Workspace",
    subject: "a log workspace",
    property: "features.clusterResourceId",
    key: "the id of a Log Analytics cluster with a customer key",
    severity: "medium",
  }),
  customerKeyRule({
    name: "azure-recoveryservices-vault-customer-key",
    types: "azure-native:recoveryservices:Vault",
    subject: "a recovery vault",
    property: "properties.encryption.keyVaultProperties.keyUri",
    key: keyUri,
    replaces: true,
  }),
  customerKeyRule({
    name: "azure-dataprotection-vault-customer-key",
    types: "azure-native:dataprotection:BackupVault",
    subject: "a backup vault",
    property: "properties.securitySettings.encryptionSettings.keyVaultProperties.keyUri",
    key: keyUri,
  }),
];

const tls = "must accept encrypted connections only, so that nobody on the way reads or changes data";
const newTls = "must refuse TLS older than 1.2, whose ciphers are broken";

const transit: readonly Rule[] = [
  valueRule({
    name: "azure-postgres-server-tls",
    types: "azure-native:dbforpostgresql:Configuration",
    subject: "the setting require_secure_transport of a Flexible Server",
    property: "value",
    must: "must be on, so that nobody on the way reads or changes data",
    allowed: ["on"],
    ignoreCase: true,
    frameworks: [nist("SC-8(1)")],
    applies: ({ props }) => {
      const name = read(props, "configurationName");
      return name.state === "value" && name.value === "require_secure_transport";
    },
  }),
  valueRule({
    name: "azure-redis-database-tls",
    types: "azure-native:redisenterprise:Database",
    subject: "a database of Managed Redis",
    property: "clientProtocol",
    must: tls,
    allowed: ["Encrypted"],
    frameworks: [nist("SC-8(1)")],
  }),
  valueRule({
    ...redis,
    name: "azure-redis-cluster-tls-version",
    property: "minimumTlsVersion",
    must: newTls,
    allowed: ["1.2", "1.3"],
    frameworks: [nist("SC-8(1)")],
  }),
  valueRule({
    ...hubs,
    name: "azure-eventhubs-namespace-tls-version",
    property: "minimumTlsVersion",
    must: newTls,
    allowed: ["1.2", "1.3"],
    frameworks: [nist("SC-8(1)")],
  }),
  valueRule({
    ...account,
    name: "azure-storage-account-https",
    property: "enableHttpsTrafficOnly",
    must: tls,
    allowed: [true],
    frameworks: [nist("SC-8(1)")],
  }),
  valueRule({
    ...account,
    name: "azure-storage-account-tls-version",
    property: "minimumTlsVersion",
    must: newTls,
    allowed: ["TLS1_2", "TLS1_3"],
    frameworks: [cisAzure("9.3.6"), nist("SC-8(1)")],
  }),
];

const noClients = "must not be reachable from the internet, because a store has no clients there";

function privateRule(
  name: string,
  { types, subject }: { readonly types: string; readonly subject: string },
  property: string,
  frameworks: readonly FrameworkReference[] = [],
  allowed: readonly string[] = ["Disabled"],
): Rule {
  return valueRule({
    name,
    types,
    subject,
    property,
    must: noClients,
    allowed,
    ignoreCase: true,
    severity: "critical",
    frameworks: [...frameworks, nist("SC-7")],
  });
}

/** Services that know network security perimeters. */
const perimeter = ["Disabled", "SecuredByPerimeter"];

const reach: readonly Rule[] = [
  privateRule("azure-postgres-server-private", server, "network.publicNetworkAccess"),
  privateRule("azure-redis-cluster-private", redis, "publicNetworkAccess"),
  privateRule("azure-eventhubs-namespace-private", hubs, "publicNetworkAccess", [], perimeter),
  privateRule(
    "azure-storage-account-private",
    account,
    "publicNetworkAccess",
    [cisAzure("9.3.2.2")],
    perimeter,
  ),
  privateRule("azure-keyvault-vault-private", vault, "properties.publicNetworkAccess", [cisAzure("8.3.7")]),
  valueRule({
    ...account,
    name: "azure-storage-account-anonymous",
    property: "allowBlobPublicAccess",
    must: "must refuse anonymous readers, because one container's setting would open it to the world",
    allowed: [false],
    severity: "critical",
    frameworks: [nist("SC-7")],
  }),
  {
    name: "azure-aks-cluster-private-api",
    kind: "resource",
    types: [cluster.types],
    description:
      "The API of an AKS cluster must not be open to the world: only from inside the network, or from named ranges.",
    severity: "critical",
    frameworks: [nist("SC-7")],
    remediation:
      "Set apiServerAccessProfile.enablePrivateCluster to true, or name the offices' ranges in authorizedIPRanges. A private cluster is a new cluster; ranges are changed in place.",
    check: (resource) =>
      publicApiFindings(resource, {
        open: { property: "apiServerAccessProfile.enablePrivateCluster", closedBy: true },
        ranges: "apiServerAccessProfile.authorizedIPRanges",
      }),
  },
];

const keys: readonly Rule[] = [
  valueRule({
    ...vault,
    name: "azure-keyvault-vault-purge-protection",
    property: "properties.enablePurgeProtection",
    must: "must keep deleted keys for a while, because what a lost key encrypts is lost too",
    allowed: [true],
    frameworks: [nist("SC-12")],
  }),
  valueRule({
    ...vault,
    name: "azure-keyvault-vault-soft-delete",
    property: "properties.enableSoftDelete",
    must: "must keep deleted keys for a while, because what a lost key encrypts is lost too",
    allowed: [true],
    frameworks: [nist("SC-12")],
  }),
  {
    name: "azure-keyvault-key-rotation",
    kind: "resource",
    types: ["azure-native:keyvault:Key"],
    description: "A customer key must rotate by itself, so that no key material protects data for ever.",
    severity: "medium",
    frameworks: [cisAzure("8.3.9"), nist("SC-12")],
    remediation:
      "Add a lifetime action of the type rotate to properties.rotationPolicy. The change is made in place.",
    check: (resource) => {
      const actions = "properties.rotationPolicy.lifetimeActions";
      const wording = {
        required: "an action of the type rotate",
        fix: `add a lifetime action of the type rotate to ${actions}`,
      };
      const list = readList(resource.props, actions);
      if (list.length === 0) return [finding(resource, actions, wording)];
      const types = list.map(({ path }) => read(resource.props, `${path}.action.type`));
      const isRotate = (value: unknown) => String(value).toLowerCase() === "rotate";
      if (types.some((type) => type.state === "value" && isRotate(type.value))) return [];
      const [first] = list;
      return first === undefined
        ? []
        : expectProperty(resource, `${first.path}.action.type`, isRotate, wording);
    },
  },
];

/** Azure: the counterparts of the AWS rules, for the native provider. */
export const azureRules: readonly Rule[] = [...keyed, ...transit, ...reach, ...keys];
