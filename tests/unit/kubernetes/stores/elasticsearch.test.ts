// Covers Elasticsearch through ECK: placement, users and roles, TLS, policies.
import { expect } from "chai";
import type { StoreOutputs } from "../../../../components/clouds/contract.ts";
import { rolesFile } from "../../../../components/kubernetes/elasticsearch/cluster.ts";
import { createElasticsearch } from "../../../../components/kubernetes/elasticsearch.ts";
import { type FixtureOptions, objectOf, recordStore, specOf } from "./fixture.ts";

const users = [{ name: "discovery", indexPrefix: "listings", rights: "read-write" }] as const;

async function record(options: FixtureOptions) {
  let outputs: StoreOutputs | undefined;
  const recording = await recordStore(options, ({ parent, spec, backup }) => {
    outputs = createElasticsearch(parent, "elasticsearch", {
      ...spec,
      memoryMiB: 4096,
      cpuMillis: 500,
      users,
      backup,
    });
  });
  if (outputs === undefined) throw new Error("nothing was built");
  return { recording, outputs };
}

interface ClusterSpec {
  auth: { fileRealm: { secretName: string }[]; roles: { secretName: string }[] };
  http: unknown;
  podDisruptionBudget?: unknown;
  nodeSets: {
    count: number;
    config: Record<string, unknown>;
    zoneAwareness?: unknown;
    podTemplate: { spec: Record<string, unknown> & { containers: { resources: unknown }[] } };
  }[];
}

async function cluster(options: FixtureOptions) {
  const { recording } = await record(options);
  const spec = specOf(recording, "Elasticsearch", "elasticsearch") as unknown as ClusterSpec;
  const nodes = spec.nodeSets[0];
  if (nodes === undefined) throw new Error("no node set");
  return { spec, nodes, recording };
}

describe("Elasticsearch", () => {
  it("runs a node a zone on the memory pool and keeps copies of a shard in different zones", async () => {
    const { nodes } = await cluster({ members: 3, memoryPool: true });
    expect(nodes.count).to.equal(3);
    expect(nodes.zoneAwareness).to.deep.equal({ topologyKey: "topology.kubernetes.io/zone" });
    expect(nodes.podTemplate.spec.nodeSelector).to.deep.equal({ "llm-marketplace.io/pool": "memory" });
    expect(nodes.podTemplate.spec.tolerations).to.deep.equal([
      { key: "llm-marketplace.io/pool", value: "memory", operator: "Equal", effect: "NoSchedule" },
    ]);
  });

  it("runs anywhere in a cluster without a memory pool, and asks no zone of a single node", async () => {
    const { spec, nodes } = await cluster({ members: 1 });
    expect(nodes.podTemplate.spec).not.to.have.property("nodeSelector");
    expect(nodes).not.to.have.property("zoneAwareness");
    expect(spec.podDisruptionBudget).to.deep.equal({});
  });

  it("makes no index by itself but those of Jaeger, which comes to write a new one every day", async () => {
    const { nodes } = await cluster({ members: 3 });
    expect(nodes.config["action.auto_create_index"]).to.equal("jaeger-*");
  });

  it("has the memory it asks for as its limit, of which Elasticsearch takes half for its heap", async () => {
    const { nodes } = await cluster({ members: 3 });
    expect(nodes.podTemplate.spec.containers[0]?.resources).to.deep.equal({
      requests: { cpu: "500m", memory: "4Gi" },
      limits: { memory: "4Gi" },
    });
  });

  it("shows the certificate of its own authority, knows users from generated secrets and roles from a file", async () => {
    const { spec, recording } = await cluster({ members: 3 });
    expect(spec.http).to.deep.equal({ tls: { certificate: { secretName: "elasticsearch-tls" } } });
    expect(spec.auth).to.deep.equal({
      fileRealm: [{ secretName: "elasticsearch-exporter" }, { secretName: "elasticsearch-discovery" }],
      roles: [{ secretName: "elasticsearch-roles" }],
    });
    const generated = specOf(recording, "ExternalSecret", "elasticsearch-discovery") as {
      refreshPolicy: string;
      target: { template: { data: unknown } };
    };
    expect(generated.refreshPolicy).to.equal("CreatedOnce");
    expect(generated.target.template.data).to.deep.equal({
      username: "discovery",
      password: "{{ .password }}",
      roles: "discovery",
    });
  });

  it("lets a service see indices of its own prefix only", () => {
    const roles = JSON.parse(
      rolesFile([...users, { name: "reader", indexPrefix: "a", rights: "read" }]),
    ) as Record<string, unknown>;
    expect(roles.discovery).to.deep.equal({
      cluster: ["monitor"],
      indices: [{ names: ["listings*"], privileges: ["read", "write", "create_index", "manage"] }],
    });
    expect(roles.reader).to.deep.equal({
      cluster: ["monitor"],
      indices: [{ names: ["a*"], privileges: ["read", "view_index_metadata"] }],
    });
  });

  it("is protected, waits until it is ready, and comes after its operator and its users", async () => {
    const { recording } = await cluster({ members: 3 });
    const built = objectOf(recording, "Elasticsearch", "elasticsearch");
    expect(built.protect).to.equal(true);
    expect((built.inputs.metadata as { annotations: unknown }).annotations).to.deep.equal({
      "pulumi.com/waitFor": "jsonpath={.status.phase}=Ready",
      "pulumi.com/timeoutSeconds": "1800",
    });
    expect(built.dependencies).to.include(
      recording.get("kubernetes:helm.sh/v3:Release", "elasticsearch-eck-operator").urn,
    );
    expect(built.dependencies).to.include(
      objectOf(recording, "ExternalSecret", "elasticsearch-discovery").urn,
    );
  });

  it("opens its HTTP port to clients, operator and exporter, and its transport port to its nodes only", async () => {
    const { recording } = await record({ members: 3 });
    const { ingress } = specOf(recording, "NetworkPolicy", "elasticsearch") as {
      ingress: { from: unknown[]; ports: { port: number }[] }[];
    };
    expect(ingress.map(({ from, ports }) => [from.length, ports.map(({ port }) => port)])).to.deep.equal([
      [4, [9200]],
      [1, [9300]],
    ]);
  });

  it("tells clients its service, over TLS, with a password secret each", async () => {
    const { outputs } = await record({ members: 3 });
    expect(outputs.tls).to.equal(true);
    if (outputs.auth.kind !== "password") throw new Error(outputs.auth.kind);
    expect(outputs.auth.secretName("discovery")).to.equal("elasticsearch-discovery");
    expect(await new Promise((resolve) => outputs.host.apply(resolve))).to.equal(
      "elasticsearch-es-http.data.svc.cluster.local",
    );
  });
});
