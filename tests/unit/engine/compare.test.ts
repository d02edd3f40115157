// Covers the comparison of a plan with the engine's graph, and the reading of the engine's log, without the engine:
// what differs is described, what cannot be equal is not, and secrets are found and never printed.
import { expect } from "chai";
import type { RecordedResource } from "../../../simulator/recorder.ts";
import { secret } from "../../../simulator/values.ts";
import { describeDifferences, differences } from "../../support/engine/compare.ts";
import { readGraph } from "../../support/engine/request-log.ts";
import { secretTexts } from "../../support/engine/secrets.ts";

const prefix = "urn:pulumi:dev::p";
const component = `${prefix}::eks:index:Cluster::cluster`;
const child = `${prefix}::eks:index:Cluster$aws:eks/cluster:Cluster::cluster-eksCluster`;
const network = `${prefix}::aws:ec2/vpc:Vpc::network`;
const provider = `${prefix}::pulumi:providers:aws::aws`;

const planned: readonly RecordedResource[] = [
  {
    ...resource(component, "eks:index:Cluster", "cluster"),
    remote: true,
    outputs: { endpoint: "https://a" },
  },
  {
    ...resource(network, "aws:ec2/vpc:Vpc", "network"),
    custom: true,
    provider: `${provider}::1`,
    inputs: { cidrBlock: "10.0.0.0/16", key: secret("hunter2-hunter2") },
    outputs: { cidrBlock: "10.0.0.0/16" },
    id: "vpc-1",
    dependencies: [component],
    protect: true,
  },
];

describe("the comparison with the engine", () => {
  it("finds a plan equal to the engine's log of the same program", () => {
    expect(differences(planned, readGraph(log()))).to.deep.equal([]);
  });

  it("says where arguments, options and dependencies differ, and shows no secret", () => {
    const graph = readGraph(
      log({ protect: false, object: { cidrBlock: "10.1.0.0/16", key: secret("other-secret") } }),
    );
    const lines = differences(planned, graph);
    expect(lines).to.deep.equal([
      `${network} › inputs › cidrBlock: plan "10.0.0.0/16", engine "10.1.0.0/16"`,
      `${network} › inputs › key: different secrets`,
      `${network} › protect: plan true, engine false`,
    ]);
    expect(describeDifferences(lines, 1).split("\n")).to.deep.equal([
      "the engine's graph differs from the plan's in 3 places:",
      `  ${network} › inputs › cidrBlock: plan "10.0.0.0/16", engine "10.1.0.0/16"`,
      "  … and 2 more",
    ]);
  });

  it("names resources that only one side has", () => {
    const graph = readGraph(log({ type: "aws:ec2/vpc:Vpc" }, `${network}-2`));
    expect(differences(planned, graph)).to.deep.equal([
      `${network}-2: only on the engine`,
      `${network}: only in the plan`,
    ]);
  });

  it("finds the texts inside secrets", () => {
    expect(secretTexts(planned)).to.deep.equal(["hunter2-hunter2"]);
  });
});

function resource(urn: string, type: string, name: string): RecordedResource {
  return {
    urn,
    type,
    name,
    custom: false,
    remote: false,
    parent: undefined,
    provider: "",
    providers: {},
    inputs: {},
    id: "",
    outputs: {},
    dependencies: [],
    propertyDependencies: {},
    protect: false,
    options: {},
  };
}

/** The engine's log of the plan above: the component twice, its child, a resource that depends on the child. */
function log(changes: object = {}, urn = network): string {
  const lines = [
    {
      request: { type: "eks:index:Cluster", name: "cluster" },
      response: { urn: component },
    },
    {
      request: {
        type: "aws:eks/cluster:Cluster",
        name: "cluster-eksCluster",
        parent: component,
        custom: true,
      },
      response: { urn: child, id: "c" },
    },
    {
      request: { type: "eks:index:Cluster", name: "cluster", remote: true },
      response: { urn: component, object: { endpoint: "https://a" } },
    },
    {
      request: {
        type: "aws:ec2/vpc:Vpc",
        name: "network",
        custom: true,
        provider: `${provider}::2`,
        object: { cidrBlock: "10.0.0.0/16", key: secret("hunter2-hunter2") },
        dependencies: [child],
        protect: true,
        customTimeouts: {},
        ...changes,
      },
      response: { urn, id: "vpc-1", object: { cidrBlock: "10.0.0.0/16" } },
    },
  ];
  return lines
    .map((line) => ({
      method: "/pulumirpc.ResourceMonitor/RegisterResource",
      ...line,
      progress: "response_completed",
    }))
    .map((line) => JSON.stringify(line))
    .join("\n");
}
