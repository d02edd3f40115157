// Covers Redis with Sentinels inside the cluster: pods, users and their rights, policies, what clients are told.
import { expect } from "chai";
import type { StoreOutputs } from "../../../../components/clouds/contract.ts";
import { redisAccess, secretTemplate } from "../../../../components/kubernetes/redis/users.ts";
import { createInClusterRedis } from "../../../../components/kubernetes/redis.ts";
import { objectOf, recordStore, specOf } from "./fixture.ts";

const users = [{ name: "discovery", keyPrefix: "discovery:", rights: "read-write" }] as const;

async function record(members: 1 | 3) {
  let outputs: StoreOutputs | undefined;
  const recording = await recordStore({ members }, ({ parent, spec }) => {
    outputs = createInClusterRedis(parent, "redis", { ...spec, users });
  });
  if (outputs === undefined) throw new Error("nothing was built");
  return { recording, outputs };
}

interface StatefulSetSpec {
  replicas: number;
  podManagementPolicy: string;
  template: {
    spec: {
      affinity?: unknown;
      terminationGracePeriodSeconds: number;
      containers: {
        name: string;
        image: string;
        env: { name: string; value?: string }[];
        command?: string[];
      }[];
    };
  };
}

describe("in-cluster Redis", () => {
  it("has three members and three Sentinels, each set kept in three zones", async () => {
    const { recording } = await record(3);
    for (const workload of ["redis", "redis-sentinel"]) {
      const spec = specOf(recording, "StatefulSet", workload) as unknown as StatefulSetSpec;
      expect(spec.replicas).to.equal(3);
      expect(spec.podManagementPolicy).to.equal("Parallel");
      expect(spec.template.spec.affinity).to.deep.equal({
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              labelSelector: { matchLabels: { "app.kubernetes.io/name": workload } },
              topologyKey: "topology.kubernetes.io/zone",
            },
          ],
        },
      });
      expect(objectOf(recording, "StatefulSet", workload).protect).to.equal(true);
      expect(specOf(recording, "PodDisruptionBudget", workload).maxUnavailable).to.equal(1);
    }
  });

  it("runs a single member with a single Sentinel that decides alone and no budget that blocks a drain", async () => {
    const { recording } = await record(1);
    const spec = specOf(recording, "StatefulSet", "redis-sentinel") as unknown as StatefulSetSpec;
    expect(spec.replicas).to.equal(1);
    const env = new Map(spec.template.spec.containers[0]?.env.map(({ name, value }) => [name, value]));
    expect(env.get("QUORUM")).to.equal("1");
    expect(env.get("MEMBERS")).to.equal("redis-0.redis-members.data.svc.cluster.local:6379");
    expect(spec.template.spec.affinity).to.equal(undefined);
    expect(recording.ofType("kubernetes:policy/v1:PodDisruptionBudget")).to.have.length(0);
  });

  it("asks two of three Sentinels to agree", async () => {
    const { recording } = await record(3);
    const spec = specOf(recording, "StatefulSet", "redis-sentinel") as unknown as StatefulSetSpec;
    const env = new Map(spec.template.spec.containers[0]?.env.map(({ name, value }) => [name, value]));
    expect(env.get("QUORUM")).to.equal("2");
    expect(env.get("SELF_HOST")).to.equal("$(POD_NAME).redis-sentinel.data.svc.cluster.local");
  });

  it("stops taking writes on a primary without replicas only where there are replicas", async () => {
    const config = async (members: 1 | 3) => {
      const { recording } = await record(members);
      return (objectOf(recording, "ConfigMap", "redis-config").inputs.data as Record<string, string>)[
        "redis.conf"
      ];
    };
    expect(await config(3)).to.contain("min-replicas-to-write 1");
    expect(await config(1)).not.to.contain("min-replicas-to-write");
  });

  it("tells clients the Sentinels, the name of the primary and where each user's password is", async () => {
    const { outputs } = await record(3);
    expect(outputs.sentinel).to.deep.equal({
      hosts: [0, 1, 2].map((index) => `redis-sentinel-${index}.redis-sentinel.data.svc.cluster.local`),
      port: 26379,
      masterName: "marketplace",
    });
    expect(outputs.tls).to.equal(true);
    expect(outputs.caSecret).to.equal("redis-tls");
    if (outputs.auth.kind !== "password") throw new Error(outputs.auth.kind);
    expect(outputs.auth.secretName("discovery")).to.equal("redis-discovery");
  });

  it("gives a service its own keys and channels only, by the hash of its password", () => {
    const access = redisAccess(users).find(({ name }) => name === "discovery");
    if (access === undefined) throw new Error("no user discovery");
    expect(secretTemplate(access)["redis.acl"]).to.equal(
      "user discovery on #{{ .password | sha256sum }} ~discovery:* resetchannels &discovery:* -@all +@read +@write " +
        "+@connection +@transaction +@scripting +@pubsub -@dangerous +info +time",
    );
  });

  it("gives a reader no right to write", () => {
    const access = redisAccess([{ name: "reader", keyPrefix: "a:", rights: "read" }]).find(
      ({ name }) => name === "reader",
    );
    expect(access?.redis).to.equal("~a:* resetchannels &a:* -@all +@read +@connection -@dangerous +info");
  });

  it("refuses a service whose name is one of the store's own users", () => {
    expect(() => redisAccess([{ name: "sentinel", keyPrefix: "a:", rights: "read" }])).to.throw(
      "services › sentinel › redis: got the name sentinel\n" +
        "  allowed: any but maintenance, replication, sentinel, health, exporter: those are users of the store itself\n" +
        "  fix: give the service another name",
    );
  });

  it("keeps every password out of the state: secrets are generated in the cluster", async () => {
    const { recording } = await record(3);
    expect(recording.ofType("kubernetes:core/v1:Secret")).to.have.length(0);
    const generated = recording.ofType("kubernetes:external-secrets.io/v1:ExternalSecret");
    expect(generated.map(({ inputs }) => (inputs.metadata as { name: string }).name).sort()).to.deep.equal([
      "redis-discovery",
      "redis-exporter",
      "redis-health",
      "redis-maintenance",
      "redis-replication",
      "redis-sentinel",
    ]);
  });

  it("lets in the services that use it, its own pods, and Prometheus at the exporter's port", async () => {
    const { recording } = await record(3);
    const client = {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "llm-marketplace" } },
      podSelector: { matchLabels: { "app.kubernetes.io/name": "discovery" } },
    };
    const own = ["redis", "redis-sentinel"].map((workload) => ({
      podSelector: { matchLabels: { "app.kubernetes.io/name": workload } },
    }));
    expect(specOf(recording, "NetworkPolicy", "redis").ingress).to.deep.equal([
      { from: [client, ...own], ports: [{ protocol: "TCP", port: 6379 }] },
      {
        from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
        ports: [{ protocol: "TCP", port: 9121 }],
      },
    ]);
    expect(specOf(recording, "NetworkPolicy", "redis-sentinel").ingress).to.deep.equal([
      { from: [client, ...own], ports: [{ protocol: "TCP", port: 26379 }] },
    ]);
  });

  it("restarts its pods when a user is added, because access lists are read at the start", async () => {
    const annotation = async (names: readonly string[]) => {
      const recording = await recordStore({ members: 1 }, ({ parent, spec }) =>
        createInClusterRedis(parent, "redis", {
          ...spec,
          users: names.map((name) => ({ name, keyPrefix: `${name}:`, rights: "read" as const })),
        }),
      );
      const spec = specOf(recording, "StatefulSet", "redis") as unknown as {
        template: { metadata: { annotations: Record<string, string> } };
      };
      return spec.template.metadata.annotations["llm-marketplace.io/config"];
    };
    expect(await annotation(["a"])).to.equal(await annotation(["a"]));
    expect(await annotation(["a"])).not.to.equal(await annotation(["a", "b"]));
  });
});
