// Covers the neutral components under everything else: that each hands its arguments to the cloud unchanged, gives
// the cloud's answer out again, registers it, and adds only what is the same on every cloud.
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { Cloud, ClusterOutputs } from "../../../components/clouds/contract.ts";
import { createCloud } from "../../../components/clouds/select.ts";
import { Cluster } from "../../../components/cluster.ts";
import type { PlatformContext } from "../../../components/core/context.ts";
import { Encryption } from "../../../components/encryption.ts";
import { Network } from "../../../components/network.ts";
import { Registry } from "../../../components/registry.ts";
import type { PlatformSettings } from "../../../config/settings-types.ts";
import { recordResources } from "../../support/record.ts";

const context: PlatformContext = {
  project: "llm-marketplace",
  stack: "test",
  environment: "dev",
  owner: "platform",
  costCentre: "marketplace",
  domain: "test.market.example.com",
  protectData: false,
};
const encryption = { key: pulumi.output("key"), recoveryKey: undefined };
const network = {
  id: pulumi.output("network"),
  cidr: "10.0.0.0/16",
  zones: ["a"],
  publicSubnetIds: [pulumi.output("public")],
  privateSubnetIds: [pulumi.output("private")],
  dataSubnetIds: [pulumi.output("data")],
  egressAddresses: [pulumi.output("203.0.113.1")],
};

interface Call {
  readonly name: string;
  readonly spec: unknown;
}

/** A cloud of which only the functions given exist; each call is kept. */
function fakeCloud(functions: Partial<Cloud>) {
  const calls: Call[] = [];
  const kept = Object.fromEntries(
    Object.entries(functions).map(([key, answer]) => [
      key,
      typeof answer === "function"
        ? (parent: pulumi.ComponentResource, name: string, spec: never) => {
            calls.push({ name, spec });
            return (answer as (...args: unknown[]) => unknown)(parent, name, spec);
          }
        : answer,
    ]),
  );
  return { cloud: { name: "aws", providers: [], ...kept } as unknown as Cloud, calls };
}

describe("Encryption", () => {
  it("gives out the cloud's keys", async () => {
    const { cloud, calls } = fakeCloud({ encryption: () => encryption });
    const { resources } = await recordResources(() => {
      expect(new Encryption("encryption", { context, cloud, recovery: true }).key).to.equal(encryption.key);
    });
    expect(calls).to.deep.equal([{ name: "encryption", spec: { context, recovery: true } }]);
    const component = resources.find(({ type }) => type === "llm-marketplace:encryption:Encryption");
    expect(component?.outputs).to.deep.equal({ key: "key" });
  });
});

describe("Network", () => {
  it("gives out the cloud's network", async () => {
    const { cloud, calls } = fakeCloud({ network: () => network });
    const spec = {
      context,
      encryption,
      cidr: "10.0.0.0/16",
      zones: ["a"],
      nat: "single" as const,
      flowLogRetentionDays: 7,
      interfaceEndpoints: ["sts"],
    };
    const { resources } = await recordResources(() => {
      const component = new Network("network", { cloud, ...spec });
      expect(component).to.include(network);
    });
    expect(calls).to.deep.equal([{ name: "network", spec }]);
    const component = resources.find(({ type }) => type === "llm-marketplace:network:Network");
    expect(component?.outputs).to.deep.include({ id: "network", egressAddresses: ["203.0.113.1"] });
  });
});

describe("Registry", () => {
  it("keeps fifty images a repository unless told otherwise", async () => {
    const { cloud, calls } = fakeCloud({ registry: () => ({ repositoryUrls: {} }) });
    await recordResources(() => {
      const args = { context, cloud, encryption, repositories: ["publishing"] };
      new Registry("registry", args);
      new Registry("small", { ...args, keepImages: 5 });
    });
    const spec = { context, encryption, repositories: ["publishing"] };
    expect(calls).to.deep.equal([
      { name: "registry", spec: { ...spec, keepImages: 50 } },
      { name: "small", spec: { ...spec, keepImages: 5 } },
    ]);
  });
});

describe("Cluster", () => {
  it("adds the Prometheus definitions and priority classes, after all that the cloud made", async () => {
    let component: Cluster | undefined;
    const { cloud } = fakeCloud({ cluster: (parent): ClusterOutputs => fakeCluster(parent) });
    const recording = await recordResources(() => {
      component = new Cluster("cluster", {
        context,
        cloud,
        encryption,
        network,
        kubernetesVersion: "1.36",
        pools: [],
        apiAccess: { mode: "private" },
        auditLogRetentionDays: 90,
        administrators: [],
      });
    });
    const nodes = recording.get("kubernetes:core/v1:Namespace", "nodes");
    const definitions = recording.get("kubernetes:helm.sh/v3:Release", "cluster-prometheus-definitions");
    expect(definitions.inputs).to.include({ chart: "prometheus-operator-crds", namespace: "kube-system" });
    const priorities = recording.ofType("kubernetes:scheduling.k8s.io/v1:PriorityClass");
    expect(priorities).not.to.deep.equal([]);
    for (const added of [definitions, ...priorities]) {
      expect(added.dependencies).to.include(nodes.urn);
      expect(added.provider).to.match(/::fake::/);
    }
    expect(component?.ready).to.have.length(2 + priorities.length);
  });
});

function fakeCluster(parent: pulumi.ComponentResource): ClusterOutputs {
  const provider = new kubernetes.Provider("fake", { kubeconfig: "{}" }, { parent });
  return {
    name: pulumi.output("name"),
    kubeconfig: pulumi.secret("{}"),
    provider,
    workloadFirewallId: undefined,
    identityIssuer: pulumi.output("issuer.example"),
    pools: [],
    ready: [new kubernetes.core.v1.Namespace("nodes", { metadata: { name: "nodes" } }, { parent, provider })],
  };
}

describe("createCloud", () => {
  const targets: readonly PlatformSettings["target"][] = [
    { cloud: "aws", region: "eu-central-1", drRegion: "eu-west-1" },
    {
      cloud: "local",
      kubeContext: "kind-test",
      storageProvisioner: "rancher.io/local-path",
      registry: "localhost:5000",
    },
  ];
  const regions = { aws: "eu-central-1", local: undefined };
  for (const target of targets) {
    it(`gives the cloud ${target.cloud} with its region and providers`, async () => {
      await recordResources(async () => {
        const cloud = await createCloud({ context, target } as PlatformSettings);
        expect(cloud.name).to.equal(target.cloud);
        expect(cloud.region).to.equal(regions[target.cloud]);
        expect(cloud.providers).not.to.deep.equal([]);
      });
    });
  }
});
