/** EC2's networks: VPC, subnets, gateways, routes, endpoints, security groups, flow logs. */
import type { Simulate, SimulationRequest, SimulationTable } from "../table.ts";
import { arn, hex, integer, publicAddress, text } from "../values.ts";

/** An EC2 id: prefix and seventeen hexadecimal digits. */
function ec2Id(request: SimulationRequest, prefix: string): string {
  return `${prefix}-${hex(request.urn, 17)}`;
}

/** A resource of EC2 whose ARN ends in `<kind>/<id>`. */
function ec2(
  prefix: string,
  kind: string,
  more: (request: SimulationRequest) => Record<string, unknown> = () => ({}),
) {
  const simulate: Simulate = (request) => {
    const id = ec2Id(request, prefix);
    return {
      id,
      outputs: { arn: arn(request, "ec2", `${kind}/${id}`), ownerId: request.accountId, ...more(request) },
    };
  };
  return simulate;
}

const vpc = ec2("vpc", "vpc", (request) => ({
  defaultSecurityGroupId: `sg-${hex(`${request.urn}#default`, 17)}`,
  defaultNetworkAclId: `acl-${hex(`${request.urn}#default`, 17)}`,
  defaultRouteTableId: `rtb-${hex(`${request.urn}#default`, 17)}`,
  mainRouteTableId: `rtb-${hex(`${request.urn}#default`, 17)}`,
}));

const elasticIp: Simulate = (request) => {
  const id = ec2Id(request, "eipalloc");
  return {
    id,
    outputs: {
      allocationId: id,
      arn: arn(request, "ec2", `elastic-ip/${id}`),
      publicIp: publicAddress(request.urn),
    },
  };
};

const natGateway: Simulate = (request) => ({
  id: ec2Id(request, "nat"),
  outputs: {
    publicIp: publicAddress(request.urn),
    privateIp: `10.0.0.${integer(request.urn, 5, 250)}`,
    networkInterfaceId: ec2Id(request, "eni"),
  },
});

const route: Simulate = (request) => ({
  id: `r-${text(request, "routeTableId", "rtb")}${hex(request.urn, 10)}`,
  outputs: { origin: "CreateRoute", state: "active" },
});

const routeTableAssociation: Simulate = (request) => ({ id: ec2Id(request, "rtbassoc"), outputs: {} });

const securityGroup = ec2("sg", "security-group", (request) => ({
  name: text(request, "name", `${request.name}-${hex(request.urn, 7)}`),
  description: text(request, "description", "Managed by Pulumi"),
}));

const securityGroupRule: Simulate = (request) => {
  const id = ec2Id(request, "sgr");
  return {
    id,
    outputs: { securityGroupRuleId: id, arn: arn(request, "ec2", `security-group-rule/${id}`) },
  };
};

const endpoint = ec2("vpce", "vpc-endpoint", (request) => ({
  state: "available",
  prefixListId: `pl-${hex(request.urn, 8)}`,
  networkInterfaceIds: [],
  dnsEntries: [
    {
      dnsName: `vpce-${hex(request.urn, 17)}.${text(request, "serviceName", "service").split(".").at(-1)}.${request.region}.vpce.amazonaws.com`,
      hostedZoneId: `Z${hex(request.urn, 12).toUpperCase()}`,
    },
  ],
}));

export const network: SimulationTable = {
  "aws:ec2/vpc:Vpc": vpc,
  "aws:ec2/subnet:Subnet": ec2("subnet", "subnet"),
  "aws:ec2/internetGateway:InternetGateway": ec2("igw", "internet-gateway"),
  "aws:ec2/eip:Eip": elasticIp,
  "aws:ec2/natGateway:NatGateway": natGateway,
  "aws:ec2/routeTable:RouteTable": ec2("rtb", "route-table"),
  "aws:ec2/route:Route": route,
  "aws:ec2/routeTableAssociation:RouteTableAssociation": routeTableAssociation,
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ec2("sg", "security-group"),
  "aws:ec2/securityGroup:SecurityGroup": securityGroup,
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": securityGroupRule,
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": securityGroupRule,
  "aws:ec2/vpcEndpoint:VpcEndpoint": endpoint,
  "aws:ec2/flowLog:FlowLog": ec2("fl", "vpc-flow-log"),
};
