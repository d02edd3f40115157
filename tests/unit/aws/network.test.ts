// Covers the AWS network: subnets by tier and zone, ways out by NAT mode, the closed data tier, endpoints, flow logs.
import { expect } from "chai";
import type { NetworkArgs } from "../../../components/network.ts";
import { type Recording, recordResources } from "../../support/record.ts";
import { createEncryptionAndNetwork, expectedTags, inputsOf, statementsOf, zones } from "./fixture.ts";

const record = (network: Partial<NetworkArgs> = {}) =>
  recordResources(() => createEncryptionAndNetwork({ network }).network);

const idOf = (recording: Recording, type: string, name: string) => recording.get(type, name).id;
const names = (recording: Recording, type: string) => recording.ofType(type).map((resource) => resource.name);

/** Route table of a subnet, by the association of its name. */
function tableOf(recording: Recording, subnet: string): unknown {
  const association = recording.get("aws:ec2/routeTableAssociation:RouteTableAssociation", subnet);
  expect(inputsOf(association).subnetId).to.equal(idOf(recording, "aws:ec2/subnet:Subnet", subnet));
  return inputsOf(association).routeTableId;
}

/** Targets of the default routes by route table. */
function defaultRoutes(recording: Recording): Record<string, unknown> {
  return Object.fromEntries(
    recording.ofType("aws:ec2/route:Route").map((route) => {
      const inputs = inputsOf(route);
      expect(inputs.destinationCidrBlock).to.equal("0.0.0.0/0");
      return [String(inputs.routeTableId), inputs.natGatewayId ?? inputs.gatewayId];
    }),
  );
}

describe("AWS network", () => {
  let recording: Recording;
  before(async () => {
    recording = await record();
  });

  it("is a VPC with DNS under the range asked for", () => {
    const vpc = recording.get("aws:ec2/vpc:Vpc", "network-vpc");
    expect(inputsOf(vpc)).to.deep.equal({
      cidrBlock: "10.20.0.0/16",
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: expectedTags("network", "network-vpc"),
    });
  });

  it("has a subnet of each tier in every zone, and no subnet gives public addresses", () => {
    const subnets = recording.ofType("aws:ec2/subnet:Subnet").map((subnet) => {
      const { availabilityZone, cidrBlock, mapPublicIpOnLaunch } = inputsOf(subnet);
      expect(mapPublicIpOnLaunch).to.equal(false);
      return [subnet.name, availabilityZone, cidrBlock];
    });
    expect(subnets).to.have.deep.members([
      ["network-private-us-east-1a", "us-east-1a", "10.20.0.0/19"],
      ["network-private-us-east-1b", "us-east-1b", "10.20.32.0/19"],
      ["network-private-us-east-1c", "us-east-1c", "10.20.64.0/19"],
      ["network-public-us-east-1a", "us-east-1a", "10.20.128.0/20"],
      ["network-public-us-east-1b", "us-east-1b", "10.20.144.0/20"],
      ["network-public-us-east-1c", "us-east-1c", "10.20.160.0/20"],
      ["network-data-us-east-1a", "us-east-1a", "10.20.192.0/20"],
      ["network-data-us-east-1b", "us-east-1b", "10.20.208.0/20"],
      ["network-data-us-east-1c", "us-east-1c", "10.20.224.0/20"],
    ]);
  });

  it("marks subnets for public and internal load balancers", () => {
    const tagsOf = (name: string) => inputsOf(recording.get("aws:ec2/subnet:Subnet", name)).tags;
    expect(tagsOf("network-public-us-east-1a")).to.include({ "kubernetes.io/role/elb": "1", Tier: "public" });
    expect(tagsOf("network-private-us-east-1a")).to.include({ "kubernetes.io/role/internal-elb": "1" });
    expect(tagsOf("network-data-us-east-1a")).to.deep.equal({
      ...expectedTags("network", "network-data-us-east-1a"),
      Tier: "data",
    });
  });

  it("takes every rule from the default security group", () => {
    const group = recording.get("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "network-default");
    expect(inputsOf(group)).to.have.all.keys("vpcId", "tags");
  });

  it("leads public subnets to the internet gateway", () => {
    const gateway = idOf(recording, "aws:ec2/internetGateway:InternetGateway", "network-internet");
    for (const zone of zones) {
      const table = tableOf(recording, `network-public-${zone}`);
      expect(defaultRoutes(recording)[String(table)]).to.equal(gateway);
    }
  });

  it("leads each private subnet to the NAT gateway of its own zone", () => {
    for (const zone of zones) {
      const table = tableOf(recording, `network-private-${zone}`);
      const nat = recording.get("aws:ec2/natGateway:NatGateway", `network-nat-${zone}`);
      expect(inputsOf(nat).subnetId).to.equal(
        idOf(recording, "aws:ec2/subnet:Subnet", `network-public-${zone}`),
      );
      expect(defaultRoutes(recording)[String(table)]).to.equal(nat.id);
    }
  });

  it("gives data subnets no way to the internet", () => {
    const tables = new Set(zones.map((zone) => tableOf(recording, `network-data-${zone}`)));
    expect([...tables]).to.deep.equal([idOf(recording, "aws:ec2/routeTable:RouteTable", "network-data")]);
    expect(defaultRoutes(recording)).not.to.have.any.keys(...([...tables] as string[]));
  });

  it("reaches S3 from private and data subnets through a gateway endpoint", () => {
    const endpoint = inputsOf(recording.get("aws:ec2/vpcEndpoint:VpcEndpoint", "network-s3"));
    const tables = ["private-us-east-1a", "private-us-east-1b", "private-us-east-1c", "data"];
    expect(endpoint).to.include({ serviceName: "com.amazonaws.us-east-1.s3", vpcEndpointType: "Gateway" });
    expect(endpoint.routeTableIds).to.deep.equal(
      tables.map((table) => idOf(recording, "aws:ec2/routeTable:RouteTable", `network-${table}`)),
    );
  });

  it("makes NAT gateways after the internet can be reached", () => {
    const nat = recording.get("aws:ec2/natGateway:NatGateway", "network-nat-us-east-1a");
    expect(nat.dependencies).to.include(recording.get("aws:ec2/route:Route", "network-public-internet").urn);
  });

  it("shares one NAT gateway in mode single", async () => {
    const single = await record({ nat: "single" });
    expect(names(single, "aws:ec2/natGateway:NatGateway")).to.deep.equal(["network-nat-us-east-1a"]);
    const gateway = idOf(single, "aws:ec2/natGateway:NatGateway", "network-nat-us-east-1a");
    const ways = zones.map(
      (zone) => defaultRoutes(single)[String(tableOf(single, `network-private-${zone}`))],
    );
    expect(ways).to.deep.equal([gateway, gateway, gateway]);
  });

  it("has no NAT gateway, address or private route in mode none", async () => {
    const none = await record({ nat: "none" });
    expect(names(none, "aws:ec2/natGateway:NatGateway")).to.deep.equal([]);
    expect(names(none, "aws:ec2/eip:Eip")).to.deep.equal([]);
    expect(names(none, "aws:ec2/route:Route")).to.deep.equal(["network-public-internet"]);
  });

  it("keeps subnets and route tables when the NAT mode changes", async () => {
    const none = await record({ nat: "none" });
    for (const type of ["aws:ec2/subnet:Subnet", "aws:ec2/routeTable:RouteTable"]) {
      expect(names(none, type)).to.have.members(names(recording, type));
    }
  });

  it("hands out the addresses from which traffic leaves", async () => {
    const { resources, outputs } = await recordResources(() => {
      const { network } = createEncryptionAndNetwork();
      return { addresses: network.egressAddresses };
    });
    const addresses = resources
      .filter((resource) => resource.type === "aws:ec2/eip:Eip")
      .map((resource) => resource.outputs.publicIp);
    expect(outputs.addresses).to.have.members(addresses).and.have.length(3);
  });

  it("writes flow logs of all traffic to an encrypted log group that forgets", () => {
    const key = recording.get("aws:kms/key:Key", "encryption-key").outputs.arn;
    const group = recording.get("aws:cloudwatch/logGroup:LogGroup", "network-flow-logs");
    expect(inputsOf(group)).to.deep.include({
      name: "/llm-marketplace/test/network/flow",
      retentionInDays: 30,
      logGroupClass: "INFREQUENT_ACCESS",
      kmsKeyId: key,
    });
    const flow = inputsOf(recording.get("aws:ec2/flowLog:FlowLog", "network-flow-logs"));
    expect(flow).to.include({
      trafficType: "ALL",
      logDestinationType: "cloud-watch-logs",
      logDestination: group.outputs.arn,
      maxAggregationInterval: 600,
    });
  });

  it("lets the flow log service write to its own log group only", () => {
    const group = recording.get("aws:cloudwatch/logGroup:LogGroup", "network-flow-logs").outputs.arn;
    const policy = recording.get("aws:iam/rolePolicy:RolePolicy", "network-flow-logs");
    const writes = statementsOf(policy).filter((statement) => statement.Sid === "WriteToTheFlowLogGroup");
    expect(writes.map((statement) => statement.Resource)).to.deep.equal([[group, `${group}:*`]]);
  });

  it("writes no flow logs when they are kept for 0 days", async () => {
    const off = await record({ flowLogRetentionDays: 0 });
    expect(names(off, "aws:ec2/flowLog:FlowLog")).to.deep.equal([]);
    expect(names(off, "aws:cloudwatch/logGroup:LogGroup")).to.deep.equal([]);
  });

  it("makes no interface endpoint unless the stack lists it", () => {
    expect(names(recording, "aws:ec2/vpcEndpoint:VpcEndpoint")).to.deep.equal(["network-s3"]);
    expect(names(recording, "aws:ec2/securityGroup:SecurityGroup")).to.deep.equal([]);
  });

  it("puts listed interface endpoints into every private subnet, open to TLS from inside only", async () => {
    const listed = await record({ interfaceEndpoints: ["ecr.api", "sts"] });
    const group = idOf(listed, "aws:ec2/securityGroup:SecurityGroup", "network-endpoints");
    const endpoint = inputsOf(listed.get("aws:ec2/vpcEndpoint:VpcEndpoint", "network-endpoint-ecr-api"));
    expect(endpoint).to.deep.include({
      serviceName: "com.amazonaws.us-east-1.ecr.api",
      vpcEndpointType: "Interface",
      privateDnsEnabled: true,
      securityGroupIds: [group],
      subnetIds: zones.map((zone) => idOf(listed, "aws:ec2/subnet:Subnet", `network-private-${zone}`)),
    });
    const rules = listed.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").map(inputsOf);
    expect(rules).to.have.length(1);
    expect(rules[0]).to.include({
      securityGroupId: group,
      cidrIpv4: "10.20.0.0/16",
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
    });
    expect(names(listed, "aws:ec2/vpcEndpoint:VpcEndpoint")).to.include("network-endpoint-sts");
  });

  it("tells what is wrong with a range that is too small", async () => {
    const error = await record({ cidr: "10.20.0.0/26" }).catch((failure: Error) => failure);
    expect((error as Error).message).to.equal(
      [
        "network.cidr: got 10.20.0.0/26 (10.20.0.0/26: too small for three subnets in each of 3 zones)",
        "  allowed: an IPv4 range with room for three subnets of 16 addresses in every zone",
        "  fix: give the network a prefix of 16 to 20 bits",
      ].join("\n"),
    );
  });
});
