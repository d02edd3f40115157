// Covers the DataTier component: which stores it asks the cloud for and which it builds in the cluster, with which
// users, databases and limits, and what it refuses.
import { expect } from "chai";
import { UserError } from "../../../components/core/errors.ts";
import { DataTier, type DataTierArgs } from "../../../components/data-tier.ts";
import { kindsOf, local, objectOf, type Platform, production, recordOn, services } from "./stores-fixture.ts";

const managed: Pick<DataTierArgs, "postgres" | "redis" | "elasticsearch"> = {
  postgres: {
    mode: "managed",
    instanceClass: "db.m6g.large",
    storageGiB: 100,
    maxStorageGiB: 500,
    highlyAvailable: true,
    maxConnections: 500,
  },
  redis: {
    mode: "managed",
    engine: "redis",
    nodeType: "cache.m6g.large",
    replicas: 2,
    snapshotRetentionDays: 30,
  },
  elasticsearch: { nodes: 3, storageGiB: 60, storageClass: "ssd", memoryMiB: 24_576, cpuMillis: 3000 },
};
const inCluster: typeof managed = {
  postgres: { mode: "in-cluster", members: 3, storageGiB: 10, storageClass: "ssd", maxConnections: 500 },
  redis: { mode: "in-cluster", members: 3, storageGiB: 5, storageClass: "ssd" },
  elasticsearch: { nodes: 1, storageGiB: 5, storageClass: "ssd", memoryMiB: 2048, cpuMillis: 500 },
};

function build(platform: Platform, stores: typeof managed, changes: Partial<DataTierArgs> = {}) {
  const data = new DataTier("data", {
    ...platform,
    ...stores,
    backup: { retentionDays: 30, crossRegionCopies: true },
    logRetentionDays: 14,
    services,
    ...changes,
  });
  return {
    postgres: data.postgres.host,
    redis: data.redis.host,
    elasticsearch: data.elasticsearch.host,
    namespaces: [data.postgres, data.redis, data.elasticsearch].map(
      ({ namespace }) => namespace ?? "managed",
    ),
  };
}

const allManaged = () => recordOn(production, (platform) => build(platform, managed));
const allInCluster = () => recordOn(local, (platform) => build(platform, inCluster));

async function refusal(changes: Partial<DataTierArgs>): Promise<unknown> {
  return recordOn(production, (platform) => build(platform, managed, changes)).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("DataTier", () => {
  it("asks the cloud for PostgreSQL of the pinned version with the environment's retention", async () => {
    const { asked } = await allManaged();
    const found = asked.postgres.map(
      ({ context: _c, network: _n, cluster: _k, encryption: _e, ...spec }) => spec,
    );
    expect(found).to.deep.equal([
      {
        version: "15.18",
        instanceClass: "db.m6g.large",
        storageGiB: 100,
        maxStorageGiB: 500,
        highlyAvailable: true,
        maxConnections: 500,
        retentionDays: 30,
        crossRegionCopies: true,
        logRetentionDays: 14,
      },
    ]);
  });

  it("asks the cloud for Redis with a user for each service of the catalogue that uses it", async () => {
    const { asked } = await allManaged();
    const found = asked.redis.map(
      ({ context: _c, network: _n, cluster: _k, encryption: _e, ...spec }) => spec,
    );
    expect(found).to.deep.equal([
      {
        engine: "redis",
        version: "7.1",
        nodeType: "cache.m6g.large",
        replicas: 2,
        snapshotRetentionDays: 30,
        logRetentionDays: 14,
        users: [
          { name: "discovery", keyPrefix: "discovery:", rights: "read-write" },
          { name: "consumption", keyPrefix: "consumption:", rights: "read-write" },
        ],
      },
    ]);
  });

  it("takes Valkey in its own version where the profile wants it", async () => {
    const { asked } = await recordOn(production, (platform) =>
      build(platform, {
        ...managed,
        redis: {
          mode: "managed",
          engine: "valkey",
          nodeType: "cache.m7g.large",
          replicas: 2,
          snapshotRetentionDays: 30,
        },
      }),
    );
    expect(asked.redis.map(({ engine, version }) => [engine, version])).to.deep.equal([["valkey", "8.2"]]);
  });

  it("makes databases and roles in a managed PostgreSQL before anybody is told that it is ready", async () => {
    const recording = await allManaged();
    const [job] = recording.ofType("kubernetes:batch/v1:Job");
    expect(job?.name).to.equal("data-postgres-roles-job");
    const { data } = (recording.resources.find(({ name }) => name === "data-postgres-roles-sql")?.inputs ??
      {}) as { data?: Record<string, string> };
    expect(data?.["roles.sql"]).to.contain(
      'ALTER ROLE "publishing_runtime" LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 313',
    );
    expect(data?.["roles.sql"]).to.contain(
      'ALTER ROLE "admin_runtime" LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 63',
    );
    expect(data?.["ca.crt"]).to.equal("root");
  });

  it("runs only Elasticsearch in the cluster when the cloud manages the others", async () => {
    const recording = await allManaged();
    expect(kindsOf(recording)).to.include("Elasticsearch");
    expect(kindsOf(recording)).not.to.include.oneOf(["Cluster", "StatefulSet"]);
    expect(recording.outputs.namespaces).to.deep.equal(["managed", "managed", "data"]);
    expect(recording.outputs).to.include({ postgres: "postgres.example", redis: "redis.example" });
  });

  it("asks the cloud for no store when all are in the cluster", async () => {
    const recording = await allInCluster();
    expect([...recording.asked.postgres, ...recording.asked.redis]).to.deep.equal([]);
    expect(kindsOf(recording)).to.include.members(["Cluster", "StatefulSet", "Elasticsearch"]);
    expect(recording.outputs.namespaces).to.deep.equal(["data", "data", "data"]);
    expect(recording.ofType("kubernetes:batch/v1:Job").map(({ name }) => name)).not.to.include(
      "data-postgres-roles-job",
    );
  });

  it("has one namespace of the restricted level outside the mesh", async () => {
    const { metadata } = objectOf(await allManaged(), "Namespace", "data").inputs as {
      metadata: { labels: Record<string, string> };
    };
    expect(metadata.labels).to.include({
      "pod-security.kubernetes.io/enforce": "restricted",
      "istio-injection": "disabled",
    });
  });

  it("keeps backups of stores in one bucket in which nothing expires by age", async () => {
    const { asked } = await allInCluster();
    expect(
      asked.objectStores.map(({ purpose, expireDays, replicate }) => ({ purpose, expireDays, replicate })),
    ).to.deep.equal([{ purpose: "store-backups", expireDays: 0, replicate: true }]);
  });

  it("refuses fewer connections than the services may open", async () => {
    const error = await refusal({ postgres: { ...managed.postgres, maxConnections: 395 } });
    expect(error).to.be.instanceOf(UserError);
    expect((error as UserError).message).to.equal(
      [
        "data.postgres.maxConnections: got 395",
        "  allowed: at least 396: publishing 313, admin 63, 20 for administration",
        "  fix: raise maxConnections (and the instance), or lower maxReplicas of the services",
      ].join("\n"),
    );
    expect(await refusal({ postgres: { ...managed.postgres, maxConnections: 396 } })).to.equal(undefined);
  });
});
