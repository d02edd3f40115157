// Covers what only the recorder's rarer ways use: remote components that return resources, provider functions, and
// resources that are read instead of created.
import * as aws from "@pulumi/aws";
import * as eks from "@pulumi/eks";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { runProgram } from "../../../simulator/program.ts";
import type { SimulationTable } from "../../../simulator/table.ts";
import { childUrn, reference } from "../../../simulator/values.ts";

const provider = () => ({ id: "provider", outputs: {} });

const table: SimulationTable = {
  "pulumi:providers:aws": provider,
  "pulumi:providers:eks": provider,
  "aws:ec2/vpc:Vpc": ({ readId, region }) => ({
    id: readId ?? "vpc-1",
    outputs: { arn: `arn in ${region}` },
  }),
  "aws:iam/role:Role": () => ({ id: "role-1", outputs: { arn: "arn:aws:iam::123456789012:role/role-1" } }),
  "aws:index/getCallerIdentity:getCallerIdentity": ({ accountId }) => ({ id: "", outputs: { accountId } }),
  "eks:index:Cluster": (request) => {
    const urn = childUrn(request.urn, "aws:eks/cluster:Cluster", "control-plane");
    return {
      id: "",
      outputs: { eksCluster: reference(urn, "control-plane-1") },
      children: [
        { urn, id: "control-plane-1", outputs: { name: "control-plane-1", version: request.inputs.version } },
      ],
    };
  },
};

const run = (program: () => unknown) => runProgram(program, { project: "p", stack: "s", table });
const providers = () => {
  const cloud = new aws.Provider("aws", { region: "eu-west-1" });
  return { cloud, remote: new eks.Provider("eks") };
};

describe("the recorder", () => {
  it("answers remote components with references that resolve to the resources behind them", async () => {
    const { resources, outputs } = await run(() => {
      const { cloud, remote } = providers();
      const cluster = new eks.Cluster("cluster", { version: "1.36" }, { providers: [cloud, remote] });
      return { version: cluster.eksCluster.version };
    });
    expect(outputs).to.deep.equal({ version: "1.36" });
    expect(resources.map(({ name }) => name)).to.have.members(["p-s", "aws", "eks", "cluster"]);
    expect(resources.at(-1)?.remote).to.equal(true);
  });

  it("counts a resource that is handed whole to a remote component as a dependency", async () => {
    const { resources } = await run(() => {
      const { cloud, remote } = providers();
      const assumeRolePolicy = pulumi.jsonStringify({ Version: "2012-10-17" });
      const role = new aws.iam.Role("role", { assumeRolePolicy }, { provider: cloud });
      new eks.Cluster("cluster", { serviceRole: role }, { providers: [cloud, remote] });
    });
    const role = resources.find(({ name }) => name === "role");
    const cluster = resources.find(({ name }) => name === "cluster");
    expect(cluster?.dependencies).to.deep.equal([role?.urn]);
    expect(cluster?.inputs.serviceRole).to.deep.equal(reference(role?.urn as string, "role-1"));
  });

  it("answers functions, and gives a reading its id and its provider's region", async () => {
    const { resources, outputs } = await run(() => {
      const { cloud } = providers();
      const vpc = aws.ec2.Vpc.get("existing", "vpc-9", undefined, { provider: cloud });
      const { accountId } = aws.getCallerIdentityOutput({}, { provider: cloud });
      return { accountId, id: vpc.id, arn: vpc.arn };
    });
    expect(outputs).to.deep.equal({ accountId: "123456789012", id: "vpc-9", arn: "arn in eu-west-1" });
    expect(resources.map(({ name }) => name)).not.to.include("existing");
  });

  it("refuses a function that it does not know, and one without a provider", async () => {
    const failure = (program: () => unknown) =>
      run(program).then(
        () => "",
        (error: Error) => error.message,
      );
    const unknown = await failure(() => aws.getRegionOutput({}, { provider: providers().cloud }));
    expect(unknown).to.contain("got function aws:index/getRegion:getRegion, unknown to the simulator");
    expect(unknown).to.contain("to simulator/aws/ and register it in simulator/index.ts");
    expect(await failure(() => aws.getCallerIdentityOutput())).to.contain("got no provider");
  });
});
