// Components of other plugins: what they stand for where their children are not in the graph.
import { expect } from "chai";
import { graphOf } from "../../../../policies/shared/graph.ts";
import { onlyStandIns } from "../../../../policies/shared/remote.ts";
import * as aws from "../fixtures/compliant/aws.ts";
import { absent, alter, type Fixture, planned, unknown } from "../fixtures/types.ts";

const judged = (list: readonly Fixture[]) => graphOf(planned(list)).inputs;
const kinds = (list: readonly Fixture[]) => judged(list).map(({ type, name }) => `${type} ${name}`);
const cluster = "aws:eks/cluster:Cluster market";
const template = "aws:ec2/launchTemplate:LaunchTemplate market";

describe("a component of another plugin", () => {
  it("is judged as the cluster that it makes, with that cluster's properties", () => {
    const [one, ...rest] = judged([aws.clusterComponent]);
    expect(rest).to.deep.equal([]);
    expect(one?.type).to.equal("aws:eks/cluster:Cluster");
    expect(one?.urn).to.equal("urn:pulumi:test::test::eks:index:Cluster::market");
    expect(one?.props).to.deep.equal({
      name: "market",
      version: "1.35",
      upgradePolicy: { supportType: "STANDARD" },
      enabledClusterLogTypes: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
      deletionProtection: true,
      vpcConfig: {
        endpointPrivateAccess: true,
        endpointPublicAccess: false,
        subnetIds: ["subnet-1", "subnet-2", "subnet-3"],
        vpcId: "vpc-1",
      },
      encryptionConfig: { provider: { keyArn: aws.keyArn }, resources: ["secrets"] },
    });
  });

  it("makes nodes of its own unless told not to", () => {
    expect(kinds([alter(aws.clusterComponent, { skipDefaultNodeGroup: absent })])).to.deep.equal([
      cluster,
      template,
      "aws:autoscaling/group:Group market",
    ]);
    expect(
      kinds([alter(aws.clusterComponent, { skipDefaultNodeGroup: absent, fargate: true })]),
    ).to.deep.equal([cluster]);
  });

  it("gives its default nodes the sizes that it is told", () => {
    const sized = alter(aws.clusterComponent, {
      skipDefaultNodeGroup: absent,
      instanceType: "m5.large",
      minSize: 3,
      nodeRootVolumeEncrypted: true,
    });
    const [, nodes, group] = judged([sized]);
    expect(nodes?.props).to.deep.equal({
      instanceType: "m5.large",
      blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { encrypted: "true" } }],
    });
    expect([group?.props.minSize, group?.props.desiredCapacity, group?.props.maxSize]).to.deep.equal([
      3, 2, 2,
    ]);
  });

  it("gives its default nodes the image's own disk where nothing is said of it", () => {
    const [, nodes] = judged([alter(aws.clusterComponent, { skipDefaultNodeGroup: absent })]);
    expect(nodes?.props).to.deep.equal({ instanceType: "t3.medium" });
  });

  it("is a node group with the template that it is given, or with none", () => {
    expect(kinds([aws.nodeGroupComponent])).to.deep.equal(["aws:eks/nodeGroup:NodeGroup general"]);
    const [bare, ...rest] = judged([
      alter(aws.nodeGroupComponent, { launchTemplate: absent, scalingConfig: absent }),
    ]);
    expect(rest).to.deep.equal([]);
    expect(bare?.props.launchTemplate).to.equal(undefined);
    expect(bare?.props.scalingConfig).to.deep.equal({ desiredSize: 2, minSize: 1, maxSize: 2 });
  });

  it("is a node group with a template of its own where an argument asks for one, which encrypts nothing", () => {
    const asking = alter(aws.nodeGroupComponent, {
      launchTemplate: absent,
      diskSize: 50,
      enableIMDSv2: true,
    });
    const [group, own] = judged([asking]);
    expect(group?.props.launchTemplate).to.deep.equal({ id: "general-launchTemplate", version: "1" });
    expect(own?.props).to.deep.equal({
      blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { volumeSize: 50 } }],
      metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 2 },
    });
  });

  it("counts for nothing beside its real children", () => {
    const child = { ...aws.cluster, name: "market-eksCluster", parent: "market" };
    expect(kinds([aws.clusterComponent, child])).to.deep.equal([
      "eks:index:Cluster market",
      "aws:eks/cluster:Cluster market-eksCluster",
    ]);
  });

  it("is unknown in every part where it shows no argument yet", () => {
    const [one, ...rest] = judged([{ ...aws.clusterComponent, props: {} }]);
    expect(rest).to.deep.equal([]);
    expect(one?.props.encryptionConfig).to.deep.equal({
      provider: { keyArn: unknown },
      resources: ["secrets"],
    });
  });

  it("is all that is left when the others have been judged already", () => {
    const { inputs } = graphOf(planned([aws.topic]));
    expect(onlyStandIns(inputs)).to.deep.equal([]);
    const component = { ...inputs[0], type: "eks:index:Addon" } as (typeof inputs)[number];
    expect(onlyStandIns([...inputs, component]).map(({ type }) => type)).to.deep.equal([
      "aws:eks/addon:Addon",
    ]);
  });
});
