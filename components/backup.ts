import * as pulumi from "@pulumi/pulumi";
import type { Cloud, ClusterOutputs, EncryptionOutputs, ObjectStoreOutputs } from "./clouds/contract.ts";
import { withProviders } from "./core/component-options.ts";
import type { PlatformContext } from "./core/context.ts";
import type { DataTier } from "./data-tier.ts";
import { createVelero } from "./kubernetes/velero.ts";
import type { Messaging } from "./messaging.ts";

export interface BackupArgs {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly encryption: EncryptionOutputs;
  readonly cluster: ClusterOutputs;
  readonly data: DataTier;
  readonly messaging: Messaging;
  /** Days that daily backups are kept, 1 to 35. */
  readonly retentionDays: number;
  /** Hours that hourly snapshots of a managed PostgreSQL are kept, 0 to 168; 0 takes none. */
  readonly hourlyRetentionHours: number;
  /** Whether copies are kept in the recovery region under its own key. */
  readonly crossRegionCopies: boolean;
}

export interface BackupOutputs {
  /** Vault of the cloud's backup service; undefined where it has nothing to keep. */
  readonly vault: pulumi.Output<string> | undefined;
  /** Bucket of the cluster's daily backups. */
  readonly bucket: pulumi.Output<string>;
}

/**
 * Backups on a schedule: of the managed PostgreSQL by the cloud's own service, of every object and volume of the
 * cluster by Velero.
 *
 * Creates: the vault, its copy in the recovery region, the plan (hourly and daily); Velero with its bucket, identity
 * and daily schedule. Kafka's declared topics and rights, and the stores' custom resources, are objects of the
 * cluster and come with it.
 *
 * Does not create: point-in-time recovery and Redis's daily snapshots, which belong to the stores (DataTier).
 * Cost: snapshot and object storage, copies. Replaces: nothing on a change of the retention.
 * Throws: nothing of its own.
 *
 * Example: `new Backup("backup", { context, cloud, encryption, cluster, data, messaging, retentionDays: 30,
 * hourlyRetentionHours: 48, crossRegionCopies: true })`
 */
export class Backup extends pulumi.ComponentResource implements BackupOutputs {
  readonly vault: pulumi.Output<string> | undefined;
  readonly bucket: pulumi.Output<string>;

  constructor(name: string, args: BackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:backup:Backup", name, {}, withProviders(args, opts));
    const { cloud, data } = args;

    const stores = cloud.backup(this, `${name}-stores`, {
      ...args,
      postgres: data.postgres,
      redis: data.redis,
    });
    const objectStore = buildBucket(this, name, args);
    createVelero(this, `${name}-velero`, { ...args, objectStore, volumeRegion: cloud.region });

    this.vault = stores.vault;
    this.bucket = objectStore.bucket;
    this.registerOutputs({ vault: this.vault, bucket: this.bucket });
  }
}

/** Velero deletes what has expired; the bucket's own expiry, a week later, takes what an interrupted run left. */
function buildBucket(
  parent: Backup,
  name: string,
  { context, cloud, encryption, retentionDays, crossRegionCopies }: BackupArgs,
): ObjectStoreOutputs {
  return cloud.objectStore(parent, name, {
    context,
    encryption,
    purpose: "cluster-backups",
    expireDays: retentionDays + 7,
    replicate: crossRegionCopies,
  });
}
