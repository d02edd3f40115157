// Covers how pools become node groups: on demand and spot, one a zone for zonal pools, templates, labels, autoscaler.
import { expect } from "chai";
import { amiTypeOf, planNodeGroups } from "../../../components/clouds/aws/node-groups.ts";
import type { NodePoolSpec } from "../../../components/clouds/contract.ts";
import { type Recording, recordResources } from "../../support/record.ts";
import { createFoundation, expectedTags, generalPool, inputsOf, zones } from "./fixture.ts";

const memoryPool: NodePoolSpec = {
  name: "memory",
  instanceType: "r5.xlarge",
  onDemand: { minimum: 3, maximum: 7 },
  diskGiB: 80,
  zonal: true,
  taint: { key: "llm-marketplace.io/pool", value: "memory" },
};
const spotPool: NodePoolSpec = {
  ...generalPool,
  spot: { minimum: 2, maximum: 4, alternativeInstanceTypes: ["t3a.xlarge", "m5.xlarge", "t3.xlarge"] },
};

const counts = (pools: readonly NodePoolSpec[]) =>
  planNodeGroups(pools, zones).map(({ name, zone, capacity, count }) => [
    name,
    zone,
    capacity,
    count.minimum,
    count.maximum,
  ]);

describe("planNodeGroups", () => {
  it("makes one group over all zones of a pool without volumes", () => {
    expect(counts([generalPool])).to.deep.equal([["general", undefined, "on-demand", 1, 2]]);
  });

  it("deals a zonal pool's nodes out over its zones, the rest to the first ones", () => {
    expect(counts([memoryPool])).to.deep.equal([
      ["memory-us-east-1a", "us-east-1a", "on-demand", 1, 3],
      ["memory-us-east-1b", "us-east-1b", "on-demand", 1, 2],
      ["memory-us-east-1c", "us-east-1c", "on-demand", 1, 2],
    ]);
  });

  it("makes no group in a zone that gets no node", () => {
    expect(counts([{ ...memoryPool, onDemand: { minimum: 1, maximum: 1 } }])).to.deep.equal([
      ["memory-us-east-1a", "us-east-1a", "on-demand", 1, 1],
    ]);
  });

  it("adds a spot group of several types, the pool's own first and once", () => {
    expect(counts([spotPool])).to.deep.equal([
      ["general", undefined, "on-demand", 1, 2],
      ["general-spot", undefined, "spot", 2, 4],
    ]);
    expect(planNodeGroups([spotPool], zones)[1]?.instanceTypes).to.deep.equal([
      "t3.xlarge",
      "t3a.xlarge",
      "m5.xlarge",
    ]);
  });

  it("makes no on-demand group for a pool that lives on spot alone", () => {
    const pool = { ...spotPool, onDemand: { minimum: 0, maximum: 0 } };
    expect(counts([pool])).to.deep.equal([["general-spot", undefined, "spot", 2, 4]]);
  });
});

describe("amiTypeOf", () => {
  it("takes the arm64 image for Graviton types only", () => {
    const arm = ["m7g.xlarge", "t4g.medium", "r6gd.large", "c7gn.2xlarge", "g5g.xlarge", "im4gn.large"];
    const intel = ["t3.xlarge", "c5.2xlarge", "g4dn.xlarge", "g5.xlarge", "m6i.large", "u-6tb1.metal"];
    expect(arm.map(amiTypeOf)).to.deep.equal(arm.map(() => "AL2023_ARM_64_STANDARD"));
    expect(intel.map(amiTypeOf)).to.deep.equal(intel.map(() => "AL2023_x86_64_STANDARD"));
  });
});

describe("AWS node groups", () => {
  let recording: Recording;
  before(async () => {
    recording = await recordResources(() => {
      createFoundation({ cluster: { pools: [spotPool, memoryPool] } });
    });
  });

  const group = (name: string) => recording.get("aws:eks/nodeGroup:NodeGroup", name);
  const subnet = (zone: string) => recording.get("aws:ec2/subnet:Subnet", `network-private-${zone}`).id;
  const template = (name: string) => recording.get("aws:ec2/launchTemplate:LaunchTemplate", name);

  it("run in private subnets from a template of their pool", () => {
    expect(inputsOf(group("cluster-general"))).to.deep.equal({
      clusterName: "llm-marketplace-test-eks",
      nodeRoleArn: recording.get("aws:iam/role:Role", "cluster-node").outputs.arn,
      subnetIds: zones.map(subnet),
      version: "1.36",
      amiType: "AL2023_x86_64_STANDARD",
      capacityType: "ON_DEMAND",
      instanceTypes: ["t3.xlarge"],
      scalingConfig: { minSize: 1, desiredSize: 1, maxSize: 2 },
      updateConfig: { maxUnavailablePercentage: 25 },
      nodeRepairConfig: { enabled: true },
      launchTemplate: { id: template("cluster-general").id, version: "1" },
      labels: { "llm-marketplace.io/pool": "general", "llm-marketplace.io/capacity": "on-demand" },
      taints: [],
      tags: expectedTags("cluster", "cluster-general"),
    });
  });

  it("ask for spot nodes of several types", () => {
    expect(inputsOf(group("cluster-general-spot"))).to.deep.include({
      capacityType: "SPOT",
      instanceTypes: ["t3.xlarge", "t3a.xlarge", "m5.xlarge"],
      labels: { "llm-marketplace.io/pool": "general", "llm-marketplace.io/capacity": "spot" },
    });
  });

  it("are one a zone, in that zone, where the pool is zonal", () => {
    for (const zone of zones) {
      const inputs = inputsOf(group(`cluster-memory-${zone}`));
      expect(inputs.subnetIds).to.deep.equal([subnet(zone)]);
      expect(inputs.taints).to.deep.equal([
        { key: "llm-marketplace.io/pool", value: "memory", effect: "NO_SCHEDULE" },
      ]);
    }
  });

  it("leave the number of nodes to the autoscaler", () => {
    for (const resource of recording.ofType("aws:eks/nodeGroup:NodeGroup")) {
      expect(resource.options.ignoreChanges).to.deep.equal(["scalingConfig.desiredSize"]);
    }
  });

  it("start after network, identity add-ons and the rights of their role", () => {
    const { dependencies } = group("cluster-general");
    const needed = [
      recording.get("aws:eks/addon:Addon", "cluster-pod-identity-agent"),
      recording.get("aws:eks/podIdentityAssociation:PodIdentityAssociation", "cluster-vpc-cni"),
      recording.get("aws:ec2/route:Route", "network-private-nat-us-east-1a"),
      ...recording
        .ofType("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        .filter((attachment) => attachment.name.startsWith("cluster-node-")),
    ];
    expect(needed).to.have.length(5);
    expect(dependencies).to.include.members(needed.map((resource) => resource.urn));
  });

  it("have a role that can join and pull, and nothing more", () => {
    const role = recording.get("aws:iam/role:Role", "cluster-node").id;
    const attached = recording
      .ofType("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
      .map(inputsOf)
      .filter((inputs) => inputs.role === role)
      .map((inputs) => inputs.policyArn);
    expect(attached).to.have.members([
      "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
      "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    ]);
    const inline = recording.ofType("aws:iam/rolePolicy:RolePolicy").map(inputsOf);
    expect(inline.filter((inputs) => inputs.role === role)).to.deep.equal([]);
  });

  it("have templates with encrypted volumes, IMDSv2 at one hop, both security groups and tags on all they start", () => {
    const nodeTags = expectedTags("cluster", "cluster-memory");
    const eksGroup = recording.ofType("eks:index:Cluster")[0]?.outputs.clusterSecurityGroupId;
    expect(inputsOf(template("cluster-memory"))).to.deep.equal({
      description: "Nodes of the pool memory",
      updateDefaultVersion: true,
      blockDeviceMappings: [
        {
          deviceName: "/dev/xvda",
          ebs: {
            volumeType: "gp3",
            volumeSize: 80,
            encrypted: "true",
            kmsKeyId: recording.get("aws:kms/key:Key", "encryption-key").outputs.arn,
            deleteOnTermination: "true",
          },
        },
      ],
      metadataOptions: {
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: "disabled",
      },
      vpcSecurityGroupIds: [
        eksGroup,
        recording.get("aws:ec2/securityGroup:SecurityGroup", "cluster-nodes").id,
      ],
      tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
        resourceType,
        tags: nodeTags,
      })),
      tags: nodeTags,
    });
    expect(recording.ofType("aws:ec2/launchTemplate:LaunchTemplate").map(({ name }) => name)).to.have.members(
      ["cluster-general", "cluster-memory"],
    );
  });

  it("tell the autoscaler what a node of an empty group would look like", () => {
    const scalingGroup = (
      group("cluster-memory-us-east-1a").outputs.resources as [{ autoscalingGroups: [{ name: string }] }]
    )[0].autoscalingGroups[0].name;
    const tags = recording
      .ofType("aws:autoscaling/tag:Tag")
      .map(inputsOf)
      .filter((inputs) => inputs.autoscalingGroupName === scalingGroup)
      .map((inputs) => inputs.tag);
    const prefix = "k8s.io/cluster-autoscaler/node-template";
    expect(tags).to.have.deep.members(
      [
        [`${prefix}/label/llm-marketplace.io/pool`, "memory"],
        [`${prefix}/label/llm-marketplace.io/capacity`, "on-demand"],
        [`${prefix}/label/topology.ebs.csi.aws.com/zone`, "us-east-1a"],
        [`${prefix}/taint/llm-marketplace.io/pool`, "memory:NoSchedule"],
      ].map(([key, value]) => ({ key, value, propagateAtLaunch: false })),
    );
  });
});
