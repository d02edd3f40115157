import type { PricingContext } from "../pricing.ts";
import {
  at,
  constant,
  hoursPerMonth,
  listAt,
  numberAt,
  requiredNumber,
  requiredText,
  textAt,
} from "../quantities.ts";
import type { CostResource, PricedItem } from "../types.ts";
import { free, items, type Pricer } from "./rule.ts";

const rdsType = "aws:rds/instance:Instance";
const replicationGroupType = "aws:elasticache/replicationGroup:ReplicationGroup";
const bucketType = "aws:s3/bucket:Bucket";
const bucketReplicationType = "aws:s3/bucketReplicationConfig:BucketReplicationConfig";
const backupReplicationType =
  "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication";
const vaultType = "aws:backup/vault:Vault";

/** Storage is bought at its size and grows by itself up to `maxAllocatedStorage`: that is the maximum. */
const database: Pricer = (resource, context) => {
  const instanceClass = requiredText(resource, "instanceClass");
  const engine = requiredText(resource, "engine");
  const name = engine === "postgres" ? "PostgreSQL" : engine;
  const family = engine === "postgres" ? "postgresql" : engine;
  const multiAz = at(resource.props, "multiAz") === true;
  const zones = multiAz ? "multiAz" : "singleAz";
  const storage = textAt(resource, "storageType") ?? "gp3";
  const size = requiredNumber(resource, "allocatedStorage");
  const largest = Math.max(size, numberAt(resource, "maxAllocatedStorage") ?? 0);
  const standby = multiAz ? " with standby" : "";
  return items(
    {
      item: `${name} ${instanceClass}${standby}`,
      price: `aws.rds.${family}.${instanceClass}.${zones}.hour`,
      quantity: constant(hoursPerMonth),
      machines: { kind: "postgres", instanceType: instanceClass, count: 1, spot: false },
    },
    {
      item: `${name} storage, ${size} GiB ${storage}${standby}`,
      price: `aws.rds.${storage}.${zones}.storage.gbMonth`,
      quantity: { minimum: size, typical: size, maximum: largest },
    },
    {
      item: `${name} backups beyond the free allowance`,
      price: "aws.rds.backup.storage.gbMonth",
      quantity: context.share("backupGiB", context.ofType(rdsType)),
    },
    ...insights(resource, context, instanceClass),
    ...(at(resource.props, "manageMasterUserPassword") === true
      ? [
          {
            item: `${name} administrator's secret`,
            price: "aws.secretsManager.secret.month",
            quantity: constant(1),
          },
        ]
      : []),
  );
};

/** The standard level keeps seven days for nothing; the advanced one is paid by vCPU. */
function insights(resource: CostResource, { table }: PricingContext, instanceClass: string): PricedItem[] {
  if (textAt(resource, "databaseInsightsMode") !== "advanced") return [];
  const vcpu = table.instanceTypes[instanceClass.replace(/^db\./, "")]?.vcpu ?? 2;
  return [
    {
      item: "Database Insights, advanced",
      price: "aws.rds.databaseInsights.advanced.vcpuHour",
      quantity: constant(hoursPerMonth * vcpu),
    },
  ];
}

const cache: Pricer = (resource, context) => {
  const nodeType = requiredText(resource, "nodeType");
  const engine = textAt(resource, "engine") ?? "redis";
  const nodes =
    numberAt(resource, "numCacheClusters") ??
    (numberAt(resource, "numNodeGroups") ?? 1) * ((numberAt(resource, "replicasPerNodeGroup") ?? 0) + 1);
  return items(
    {
      item: `${nodes} × ${nodeType} ${engine}`,
      price: `aws.elasticache.${engine}.${nodeType}.hour`,
      quantity: constant(hoursPerMonth * nodes),
      machines: { kind: "redis", instanceType: nodeType, count: nodes, spot: false },
    },
    {
      item: "cache snapshots beyond the newest",
      price: "aws.elasticache.backup.gbMonth",
      quantity: context.share("cacheBackupGiB", context.ofType(replicationGroupType)),
    },
  );
};

const kafka: Pricer = (resource) => {
  const brokerType = requiredText(resource, "brokerNodeGroupInfo.instanceType");
  const brokers = requiredNumber(resource, "numberOfBrokerNodes");
  const size = requiredNumber(resource, "brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize");
  return items(
    {
      item: `${brokers} × ${brokerType} brokers`,
      price: `aws.msk.${brokerType}.hour`,
      quantity: constant(hoursPerMonth * brokers),
    },
    {
      item: `broker storage, ${size} GiB each`,
      price: "aws.msk.storage.gbMonth",
      quantity: constant(size * brokers),
    },
  );
};

/** All buckets of the home region are taken to be of the same size; a copy is as large as what it copies. */
const bucket: Pricer = (resource, context) => {
  const home = context.ofType(bucketType);
  const storage = context.share("objectStorageGiB", home);
  const writes = context.share("objectWritesMillions", home);
  if (!context.isAbroad(resource)) {
    return items(
      { item: "object storage", price: "aws.s3.standard.storage.gbMonth", quantity: storage },
      { item: "writes of objects", price: "aws.s3.requests.put.million", quantity: writes },
      {
        item: "reads of objects",
        price: "aws.s3.requests.get.million",
        quantity: context.share("objectReadsMillions", home),
      },
    );
  }
  const infrequent = copyClass(resource, context) === "STANDARD_IA";
  return items(
    {
      item: `object storage, recovery copy${infrequent ? " (infrequent access)" : ""}`,
      price: `aws.s3.${infrequent ? "standardIa" : "standard"}.storage.gbMonth`,
      quantity: storage,
    },
    {
      item: "writes of the recovery copy",
      price: `aws.s3.requests.${infrequent ? "standardIa.put" : "put"}.million`,
      quantity: writes,
    },
  );
};

/** Storage class in which the replication that writes to `copy` stores objects; undefined for the class of the source. */
function copyClass(copy: CostResource, context: PricingContext): unknown {
  const rules = context
    .ofType(bucketReplicationType)
    .flatMap((one) =>
      listAt(one.props, "rules").map((rule) => ({ rule, from: one.propertyDependencies.rules ?? [] })),
    );
  const own = rules.find(
    ({ rule, from }) => from.includes(copy.urn) || at(rule, "destination.bucket") === at(copy.props, "arn"),
  );
  return at(own?.rule, "destination.storageClass");
}

/** Everything that sends data to the recovery region shares the amount evenly. */
function senders(context: PricingContext): CostResource[] {
  return [
    ...context.ofType(bucketReplicationType, backupReplicationType),
    ...context.abroad(backupReplicationType, vaultType),
  ];
}

function transfer(context: PricingContext, item: string): PricedItem {
  return {
    item,
    price: `aws.dataTransfer.crossRegion.${pair(context)}.gb`,
    quantity: context.share("crossRegionGiB", senders(context)),
  };
}

/** `useast1ToUswest2`: from the home region to the one of the copies. */
function pair(context: PricingContext): string {
  const short = (region: string) => region.replaceAll("-", "");
  const target = senders(context).find((one) => context.isAbroad(one))?.region;
  const to = short(target ?? context.abroad(bucketType)[0]?.region ?? "another");
  return `${short(context.region)}To${to.charAt(0).toUpperCase()}${to.slice(1)}`;
}

const bucketReplication: Pricer = (_resource, context) =>
  items(transfer(context, "objects sent to the recovery region"));

/** The copy in the other region has no instance there, so it is billed from its first GiB, and so is the way there. */
const backupReplication: Pricer = (_resource, context) => items(...recoveryCopies(context));

/** A vault is free; the snapshots that are copied into one of another region are not. */
const vault: Pricer = (resource, context) =>
  context.isAbroad(resource)
    ? items(...recoveryCopies(context))
    : free("a vault is free; its snapshots of RDS count as backup storage of the database");

function recoveryCopies(context: PricingContext): PricedItem[] {
  const peers = [
    ...context.abroad(backupReplicationType, vaultType),
    ...context.ofType(backupReplicationType),
  ];
  return [
    {
      item: "database backups in the recovery region",
      price: "aws.rds.backup.storage.gbMonth",
      quantity: context.share("recoveryBackupGiB", peers),
    },
    transfer(context, "database backups sent there"),
  ];
}

export const awsStores: Readonly<Record<string, Pricer>> = {
  [rdsType]: database,
  [backupReplicationType]: backupReplication,
  [replicationGroupType]: cache,
  "aws:msk/cluster:Cluster": kafka,
  [bucketType]: bucket,
  [bucketReplicationType]: bucketReplication,
  [vaultType]: vault,
};
