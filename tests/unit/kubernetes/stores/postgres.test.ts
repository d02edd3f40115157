// Covers PostgreSQL through CloudNativePG: size, safety of commits, access, archiving, policies, order of creation.
import { expect } from "chai";
import type { IdentitySpec, StoreOutputs } from "../../../../components/clouds/contract.ts";
import { instanceMemoryMiB } from "../../../../components/kubernetes/postgres/cluster.ts";
import { createInClusterPostgres } from "../../../../components/kubernetes/postgres.ts";
import { type FixtureOptions, objectOf, recordStore, specOf } from "./fixture.ts";

const databases = [
  { name: "publishing", owner: "publishing", runtime: "publishing_runtime", connectionLimit: 100 },
  { name: "admin_console", owner: "admin", runtime: "admin_runtime", connectionLimit: 20 },
];

async function record(options: FixtureOptions) {
  let outputs: StoreOutputs | undefined;
  let identities: IdentitySpec[] = [];
  const recording = await recordStore(options, (fixture) => {
    identities = fixture.identities;
    outputs = createInClusterPostgres(fixture.parent, "postgres", {
      ...fixture.spec,
      maxConnections: 500,
      databases,
      backup: fixture.backup,
    });
  });
  if (outputs === undefined) throw new Error("nothing was built");
  return { recording, outputs, identities };
}

describe("in-cluster PostgreSQL", () => {
  it("acknowledges a commit only when one of two standbys has it, and keeps three instances in three zones", async () => {
    const { recording } = await record({ members: 3 });
    const spec = specOf(recording, "Cluster", "postgres") as Record<string, Record<string, unknown>>;
    expect(spec.instances).to.equal(3);
    expect(spec.postgresql?.synchronous).to.deep.equal({
      method: "any",
      number: 1,
      dataDurability: "preferred",
      failoverQuorum: true,
    });
    expect(spec.affinity).to.deep.equal({
      enablePodAntiAffinity: true,
      podAntiAffinityType: "required",
      topologyKey: "topology.kubernetes.io/zone",
    });
    expect(spec.enablePDB).to.equal(true);
    expect(spec.enableSuperuserAccess).to.equal(false);
    expect(objectOf(recording, "Cluster", "postgres").protect).to.equal(true);
  });

  it("lets a single instance be drained and waits for no standby", async () => {
    const { recording } = await record({ members: 1 });
    const spec = specOf(recording, "Cluster", "postgres") as Record<string, Record<string, unknown>>;
    expect(spec.enablePDB).to.equal(false);
    expect(spec.postgresql).not.to.have.property("synchronous");
    expect(spec.affinity).to.deep.equal({ enablePodAntiAffinity: false });
  });

  it("gives each role its own database only, over TLS, and no right beyond", async () => {
    const { recording } = await record({ members: 1 });
    const spec = specOf(recording, "Cluster", "postgres") as {
      postgresql: { pg_hba: string[] };
      managed: { roles: Record<string, unknown>[] };
    };
    expect(spec.postgresql.pg_hba).to.deep.equal([
      'hostssl "publishing" "publishing" all scram-sha-256',
      'hostssl "publishing" "publishing_runtime" all scram-sha-256',
      'hostssl "admin_console" "admin" all scram-sha-256',
      'hostssl "admin_console" "admin_runtime" all scram-sha-256',
      "host all all all reject",
    ]);
    const rights = {
      ensure: "present",
      login: true,
      superuser: false,
      createdb: false,
      createrole: false,
      replication: false,
      inherit: true,
    };
    expect(spec.managed.roles.slice(0, 2)).to.deep.equal([
      {
        ...rights,
        name: "publishing",
        comment: "owner of publishing's tables",
        connectionLimit: 3,
        passwordSecret: { name: "postgres-publishing" },
      },
      {
        ...rights,
        name: "publishing_runtime",
        comment: "service publishing",
        connectionLimit: 100,
        passwordSecret: { name: "postgres-publishing-runtime" },
      },
    ]);
  });

  it("names the object of a database so that Kubernetes takes it, and keeps the data when it is removed", async () => {
    const { recording } = await record({ members: 1 });
    expect(specOf(recording, "Database", "postgres-admin-console")).to.deep.equal({
      cluster: { name: "postgres" },
      name: "admin_console",
      owner: "admin",
      ensure: "present",
      databaseReclaimPolicy: "retain",
    });
  });

  it("sizes an instance for the connections it may hold", () => {
    expect(instanceMemoryMiB(500)).to.equal(2560);
    expect(instanceMemoryMiB(100)).to.equal(1024);
  });

  it("archives with the cloud identity of its own ServiceAccount", async () => {
    const { recording, identities } = await record({ members: 3 });
    expect(identities.map(({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`)).to.deep.equal(
      ["data/postgres"],
    );
    expect(identities[0]?.grants.map(({ to }) => to)).to.deep.equal(["object-store"]);
    const store = specOf(recording, "ObjectStore", "postgres-backups") as {
      retentionPolicy: string;
      configuration: Record<string, unknown>;
    };
    expect(store.retentionPolicy).to.equal("30d");
    expect(store.configuration.destinationPath).to.equal("s3://backups/postgres");
    expect(store.configuration.s3Credentials).to.deep.equal({ inheritFromIAMRole: true });
    expect(specOf(recording, "ScheduledBackup", "postgres-hourly").schedule).to.equal("0 0 * * * *");
  });

  it("archives with keys to an object store of the cluster, and asks for no identity", async () => {
    const { recording, identities } = await record({ members: 1, localObjectStore: true });
    expect(identities).to.have.length(0);
    const { configuration } = specOf(recording, "ObjectStore", "postgres-backups") as {
      configuration: Record<string, unknown>;
    };
    expect(configuration.endpointURL).to.equal("http://object-store.storage.svc.cluster.local:9000");
    expect(configuration.s3Credentials).to.deep.equal({
      accessKeyId: { name: "object-store-credentials", key: "access-key" },
      secretAccessKey: { name: "object-store-credentials", key: "secret-key" },
    });
    const { egress } = specOf(recording, "NetworkPolicy", "postgres") as { egress: unknown[] };
    expect(egress.at(-1)).to.deep.equal({
      to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "storage" } } }],
    });
  });

  it("creates the cluster after its operator, plugin, passwords, certificate, archive and policy", async () => {
    const { recording } = await record({ members: 3 });
    const { dependencies } = objectOf(recording, "Cluster", "postgres");
    const needed = [
      objectOf(recording, "ObjectStore", "postgres-backups"),
      objectOf(recording, "Certificate", "postgres-tls"),
      objectOf(recording, "ExternalSecret", "postgres-publishing"),
      objectOf(recording, "ExternalSecret", "postgres-publishing-runtime"),
      objectOf(recording, "NetworkPolicy", "postgres"),
      recording.get("kubernetes:helm.sh/v3:Release", "postgres-cloudnative-pg"),
      recording.get("kubernetes:helm.sh/v3:Release", "postgres-plugin-barman-cloud"),
    ];
    for (const { urn } of needed) expect(dependencies).to.include(urn);
  });

  it("lets clients in at the database's port and the operator at the state's port only", async () => {
    const { recording } = await record({ members: 3 });
    const { ingress } = specOf(recording, "NetworkPolicy", "postgres") as {
      ingress: { from: unknown[]; ports: unknown }[];
    };
    expect(ingress[0]?.ports).to.deep.equal([{ protocol: "TCP", port: 5432 }]);
    expect(ingress[2]).to.deep.equal({
      from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "cnpg-system" } } }],
      ports: [{ protocol: "TCP", port: 8000 }],
    });
  });

  it("tells clients the service of the primary and where the authority's certificate is", async () => {
    const { outputs } = await record({ members: 3 });
    expect(outputs.port).to.equal(5432);
    expect(outputs.caSecret).to.equal("postgres-tls");
    expect(outputs.namespace).to.equal("data");
    expect(await new Promise((resolve) => outputs.host.apply(resolve))).to.equal(
      "postgres-rw.data.svc.cluster.local",
    );
  });

  it("refuses a service whose name is a role of PostgreSQL", async () => {
    let message = "";
    await recordStore({ members: 1 }, ({ parent, spec, backup }) => {
      try {
        createInClusterPostgres(parent, "postgres", {
          ...spec,
          maxConnections: 100,
          databases: [{ name: "a", owner: "postgres", runtime: "b", connectionLimit: 1 }],
          backup,
        });
      } catch (error) {
        message = String((error as Error).message);
      }
    });
    expect(message).to.equal(
      "services › postgres › postgres: got the name postgres\n" +
        "  allowed: any but postgres, streaming_replica, platform: those are users of the store itself\n" +
        "  fix: give the service another name",
    );
  });
});
