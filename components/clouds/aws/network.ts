import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { planSubnets, type SubnetPlan } from "../../core/cidr.ts";
import { UserError } from "../../core/errors.ts";
import { tags } from "../../core/labels.ts";
import type { NetworkOutputs, NetworkSpec } from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";
import { createFlowLogs } from "./flow-logs.ts";
import { createInterfaceEndpoints } from "./interface-endpoints.ts";

const component = "network";

/** By these tags the load balancer controller finds subnets for public and for internal load balancers. */
const tierTags = {
  public: { "kubernetes.io/role/elb": "1" },
  private: { "kubernetes.io/role/internal-elb": "1" },
  data: {},
} as const;

type Tier = keyof typeof tierTags;

/** A VPC with three tiers of subnets in every zone. */
export function createNetwork(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NetworkSpec,
  environment: AwsEnvironment,
): NetworkOutputs {
  const plan = subnetPlan(spec);
  const vpc = new aws.ec2.Vpc(
    `${name}-vpc`,
    {
      cidrBlock: spec.cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: tags(spec.context, component, `${name}-vpc`),
    },
    { parent },
  );
  // Adopted without rules: what is started without a group of its own reaches nothing.
  new aws.ec2.DefaultSecurityGroup(
    `${name}-default`,
    { vpcId: vpc.id, tags: tags(spec.context, component, `${name}-default`) },
    { parent },
  );
  const subnets = {
    public: buildSubnets(parent, name, spec, vpc, "public", plan),
    private: buildSubnets(parent, name, spec, vpc, "private", plan),
    data: buildSubnets(parent, name, spec, vpc, "data", plan),
  };
  const publicRoutes = buildPublicRoutes(parent, name, spec, vpc, subnets.public);
  const nat = buildNatGateways(parent, name, spec, subnets.public, publicRoutes);
  const privateRoutes = buildPrivateRoutes(parent, name, spec, vpc, subnets.private, nat);
  const dataRoutes = buildDataRoutes(parent, name, spec, vpc, subnets.data);
  const endpoints = [
    buildGatewayEndpoint(parent, name, spec, environment, vpc, [
      ...privateRoutes.tables,
      ...dataRoutes.tables,
    ]),
    ...createInterfaceEndpoints(parent, name, spec, environment, vpc, subnets.private),
  ];
  createFlowLogs(parent, name, spec, environment, vpc);
  return {
    id: vpc.id,
    cidr: spec.cidr,
    zones: spec.zones,
    publicSubnetIds: readyIds(subnets.public, publicRoutes.ready),
    privateSubnetIds: readyIds(subnets.private, [...privateRoutes.ready, ...endpoints]),
    dataSubnetIds: readyIds(subnets.data, dataRoutes.ready),
    egressAddresses: nat.map(({ address }) => address.publicIp),
  };
}

function subnetPlan(spec: NetworkSpec): SubnetPlan {
  try {
    return planSubnets(spec.cidr, spec.zones.length);
  } catch (error) {
    throw new UserError({
      path: "network.cidr",
      got: `${spec.cidr} (${(error as Error).message})`,
      allowed: "an IPv4 range with room for three subnets of 16 addresses in every zone",
      fix: "give the network a prefix of 16 to 20 bits",
    });
  }
}

/** Ids of subnets that are known only once traffic flows, so that nodes come after routes and go before them. */
function readyIds(subnets: readonly aws.ec2.Subnet[], ready: readonly pulumi.CustomResource[]) {
  const routes = pulumi.all(ready.map((resource) => resource.id));
  return subnets.map((subnet) => pulumi.all([subnet.id, routes]).apply(([id]) => id));
}

function buildSubnets(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NetworkSpec,
  vpc: aws.ec2.Vpc,
  tier: Tier,
  plan: SubnetPlan,
): aws.ec2.Subnet[] {
  return spec.zones.map((zone, index) => {
    const subnetName = `${name}-${tier}-${zone}`;
    return new aws.ec2.Subnet(
      subnetName,
      {
        vpcId: vpc.id,
        availabilityZone: zone,
        cidrBlock: plan[tier][index],
        // Nothing gets a public address by being there: load balancers and NAT bring their own.
        mapPublicIpOnLaunch: false,
        tags: { ...tags(spec.context, component, subnetName), Tier: tier, ...tierTags[tier] },
      },
      { parent },
    );
  });
}

interface Routes {
  readonly tables: readonly aws.ec2.RouteTable[];
  /** Associations and routes: what must exist before traffic flows. */
  readonly ready: readonly pulumi.CustomResource[];
}

function buildTable(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NetworkSpec,
  vpc: aws.ec2.Vpc,
): aws.ec2.RouteTable {
  return new aws.ec2.RouteTable(
    name,
    { vpcId: vpc.id, tags: tags(spec.context, component, name) },
    { parent },
  );
}

function associate(
  parent: pulumi.ComponentResource,
  name: string,
  subnet: aws.ec2.Subnet,
  table: aws.ec2.RouteTable,
): aws.ec2.RouteTableAssociation {
  return new aws.ec2.RouteTableAssociation(name, { subnetId: subnet.id, routeTableId: table.id }, { parent });
}

function buildPublicRoutes(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NetworkSpec,
  vpc: aws.ec2.Vpc,
  subnets: readonly aws.ec2.Subnet[],
): Routes {
  const gateway = new aws.ec2.InternetGateway(
    `${name}-internet`,
    { vpcId: vpc.id, tags: tags(spec.context, component, `${name}-internet`) },
    { parent },
  );
  const table = buildTable(parent, `${name}-public`, spec, vpc);
  const route = new aws.ec2.Route(
    `${name}-public-internet`,
    { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.id },
    { parent },
  );
  const associations = subnets.map((subnet, index) =>
    associate(parent, `${name}-public-${spec.zones[index]}`, subnet, table),
  );
  return { tables: [table], ready: [route, ...associations] };
}

interface NatGateway {
  readonly address: aws.ec2.Eip;
  readonly gateway: aws.ec2.NatGateway;
}

function buildNatGateways(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NetworkSpec,
  publicSubnets: readonly aws.ec2.Subnet[],
  publicRoutes: Routes,
): NatGateway[] {
  const zones = { "per-zone": spec.zones, single: spec.zones.slice(0, 1), none: [] }[spec.nat];
  return zones.map((zone, index) => {
    const natName = `${name}-nat-${zone}`;
    const natTags = tags(spec.context, component, natName);
    const address = new aws.ec2.Eip(natName, { domain: "vpc", tags: natTags }, { parent });
    const gateway = new aws.ec2.NatGateway(
      natName,
      {
        allocationId: address.allocationId,
        subnetId: (publicSubnets[index] as aws.ec2.Subnet).id,
        tags: natTags,
      },
      { parent, dependsOn: [...publicRoutes.ready] },
    );
    return { address, gateway };
  });
}

/** One table a zone in every NAT mode, so that a change of mode moves routes and never subnets. */
function buildPrivateRoutes(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NetworkSpec,
  vpc: aws.ec2.Vpc,
  subnets: readonly aws.ec2.Subnet[],
  nat: readonly NatGateway[],
): Routes {
  const tables = spec.zones.map((zone) => buildTable(parent, `${name}-private-${zone}`, spec, vpc));
  const associations = subnets.map((subnet, index) =>
    associate(parent, `${name}-private-${spec.zones[index]}`, subnet, tables[index] as aws.ec2.RouteTable),
  );
  const routes = tables.flatMap((table, index) => {
    const way = nat[index] ?? nat[0];
    if (!way) return [];
    return new aws.ec2.Route(
      `${name}-private-nat-${spec.zones[index]}`,
      { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0", natGatewayId: way.gateway.id },
      { parent },
    );
  });
  return { tables, ready: [...associations, ...routes] };
}

/** The data tier's table has no way out but S3's gateway endpoint. */
function buildDataRoutes(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NetworkSpec,
  vpc: aws.ec2.Vpc,
  subnets: readonly aws.ec2.Subnet[],
): Routes {
  const table = buildTable(parent, `${name}-data`, spec, vpc);
  const ready = subnets.map((subnet, index) =>
    associate(parent, `${name}-data-${spec.zones[index]}`, subnet, table),
  );
  return { tables: [table], ready };
}

/** S3 without NAT and without charge: images of ECR, logs and backups go this way. */
function buildGatewayEndpoint(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NetworkSpec,
  environment: AwsEnvironment,
  vpc: aws.ec2.Vpc,
  tables: readonly aws.ec2.RouteTable[],
): aws.ec2.VpcEndpoint {
  return new aws.ec2.VpcEndpoint(
    `${name}-s3`,
    {
      vpcId: vpc.id,
      serviceName: `com.amazonaws.${environment.region}.s3`,
      vpcEndpointType: "Gateway",
      routeTableIds: tables.map((table) => table.id),
      tags: tags(spec.context, component, `${name}-s3`),
    },
    { parent },
  );
}
