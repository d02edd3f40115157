// Covers the Backup component: what it asks the cloud for, and Velero's bucket, identity, schedule, traffic and
// volumes, on a cloud and on local.
import { expect } from "chai";
import { Backup } from "../../../components/backup.ts";
import type { DataTier } from "../../../components/data-tier.ts";
import type { Messaging } from "../../../components/messaging.ts";
import { local, objectOf, type Platform, production, recordOn, store } from "./stores-fixture.ts";

function build(platform: Platform, retentionDays: number, crossRegionCopies: boolean) {
  const backup = new Backup("backup", {
    ...platform,
    data: { postgres: store("postgres"), redis: store("redis") } as unknown as DataTier,
    messaging: {} as unknown as Messaging,
    retentionDays,
    hourlyRetentionHours: 48,
    crossRegionCopies,
  });
  return { bucket: backup.bucket, ...(backup.vault === undefined ? {} : { vault: backup.vault }) };
}

const inProduction = () => recordOn(production, (platform) => build(platform, 30, true));
const onLocal = () => recordOn(local, (platform) => build(platform, 7, false));
const releaseType = "kubernetes:helm.sh/v3:Release";
interface Values {
  readonly initContainers: readonly object[];
  readonly configuration: { readonly backupStorageLocation: readonly { readonly config: object }[] };
  readonly schedules: { readonly daily: { readonly template: object } };
  readonly [other: string]: unknown;
}

describe("Backup", () => {
  it("asks the cloud to back up the managed database, and says where", async () => {
    const { asked, outputs, resources } = await inProduction();
    expect(
      asked.backups.map(({ postgres, retentionDays, hourlyRetentionHours, crossRegionCopies }) => ({
        store: postgres.kind,
        retentionDays,
        hourlyRetentionHours,
        crossRegionCopies,
      })),
    ).to.deep.equal([
      { store: "postgres", retentionDays: 30, hourlyRetentionHours: 48, crossRegionCopies: true },
    ]);
    expect(outputs).to.deep.equal({ bucket: "bucket-cluster-backups", vault: "vault" });
    const component = resources.find(({ type }) => type === "llm-marketplace:backup:Backup");
    expect(component?.outputs).to.deep.equal({ vault: "vault", bucket: "bucket-cluster-backups" });
  });

  it("copies the cluster's backups to the recovery region, and lets them expire a week after Velero's own", async () => {
    const { asked } = await inProduction();
    expect(
      asked.objectStores.map(({ purpose, expireDays, replicate }) => ({ purpose, expireDays, replicate })),
    ).to.deep.equal([{ purpose: "cluster-backups", expireDays: 37, replicate: true }]);
  });

  it("gives Velero's own ServiceAccount the bucket and the volumes' snapshots, nothing else", async () => {
    const [identity] = (await inProduction()).asked.identities;
    expect([identity?.namespace, identity?.serviceAccount]).to.deep.equal(["velero", "velero"]);
    expect(identity?.grants.map(({ to }) => to)).to.deep.equal(["object-store", "volume-snapshots"]);
  });

  it("backs everything up daily for the retention, volumes included", async () => {
    const release = (await inProduction()).get(releaseType, "backup-velero-release");
    const values = release.inputs.values as Values;
    expect(values.schedules.daily).to.deep.equal({
      disabled: false,
      schedule: "15 1 * * *",
      useOwnerReferencesInBackup: false,
      template: {
        ttl: "720h0m0s",
        storageLocation: "default",
        includedNamespaces: ["*"],
        includeClusterResources: true,
        snapshotVolumes: true,
        volumeSnapshotLocations: ["default"],
      },
    });
    expect(values.configuration).to.deep.equal({
      backupStorageLocation: [
        {
          name: "default",
          provider: "aws",
          default: true,
          bucket: "bucket-cluster-backups",
          prefix: "velero",
          config: { region: "us-east-1" },
        },
      ],
      volumeSnapshotLocation: [{ name: "default", provider: "aws", config: { region: "us-east-1" } }],
      defaultBackupTTL: "720h0m0s",
      extraEnvVars: [],
    });
    expect(values.credentials).to.deep.equal({ useSecret: false });
    expect(release.inputs.namespace).to.equal("velero");
  });

  it("runs Velero and its plugin as the restricted level wants it, with requests and a memory limit", async () => {
    const values = (await inProduction()).get(releaseType, "backup-velero-release").inputs.values as Values;
    const restricted = {
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    };
    const resources = { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } };
    expect(values.containerSecurityContext).to.deep.equal(restricted);
    expect(values.podSecurityContext).to.include({ runAsNonRoot: true, runAsUser: 10001 });
    expect(values.resources).to.deep.equal(resources);
    expect(values.upgradeJobResources).to.deep.equal(resources);
    const [plugin] = values.initContainers;
    expect(plugin).to.deep.include({ securityContext: restricted, resources });
    expect((plugin as { image: string }).image).to.match(/velero-plugin-for-aws:v\d+\.\d+\.\d+/);
  });

  it("lets Velero out to HTTPS and to the identity agent only, beside DNS and the Kubernetes API", async () => {
    const policy = objectOf(await inProduction(), "NetworkPolicy", "velero-to-object-store");
    expect(
      (policy.inputs.spec as { egress: { ports: object[] }[] }).egress.map(({ ports }) => ports),
    ).to.deep.equal([[{ protocol: "TCP", port: 443 }], [{ protocol: "TCP", port: 80 }]]);
  });

  it("keeps objects without volumes on local, in the object store of the cluster, with its keys", async () => {
    const { asked, outputs, get } = await onLocal();
    const values = get(releaseType, "backup-velero-release").inputs.values as Values;
    expect(outputs).to.deep.equal({ bucket: "bucket-cluster-backups" });
    expect(asked.identities[0]?.grants.map(({ to }) => to)).to.deep.equal(["object-store"]);
    expect(values.snapshotsEnabled).to.equal(false);
    expect(values.configuration).to.deep.include({
      volumeSnapshotLocation: [],
      defaultBackupTTL: "168h0m0s",
      extraEnvVars: [
        {
          name: "AWS_ACCESS_KEY_ID",
          valueFrom: { secretKeyRef: { name: "object-store-credentials", key: "access-key" } },
        },
        {
          name: "AWS_SECRET_ACCESS_KEY",
          valueFrom: { secretKeyRef: { name: "object-store-credentials", key: "secret-key" } },
        },
      ],
    });
    const [location] = values.configuration.backupStorageLocation;
    expect(location?.config).to.deep.equal({
      region: "us-east-1",
      s3Url: "http://object-store.object-store.svc.cluster.local:7070",
      s3ForcePathStyle: "true",
      checksumAlgorithm: "",
    });
    expect(values.schedules.daily.template).to.deep.equal({
      ttl: "168h0m0s",
      storageLocation: "default",
      includedNamespaces: ["*"],
      includeClusterResources: true,
      snapshotVolumes: false,
    });
  });

  it("installs Velero when nodes, bucket and its way out are there", async () => {
    const recording = await inProduction();
    const release = recording.get(releaseType, "backup-velero-release");
    expect(release.dependencies).to.include.members([
      objectOf(recording, "ConfigMap", "cluster").urn,
      objectOf(recording, "NetworkPolicy", "velero-to-object-store").urn,
      objectOf(recording, "Namespace", "velero").urn,
    ]);
  });
});
