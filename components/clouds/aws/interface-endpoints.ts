import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { tags } from "../../core/labels.ts";
import type { NetworkSpec } from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";

const component = "network";

/**
 * One interface endpoint for each of the services asked for, with an address in every private subnet, reachable
 * over TLS from inside the network only. Each costs per zone and hour: none is made unless the stack lists it.
 */
export function createInterfaceEndpoints(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NetworkSpec,
  environment: AwsEnvironment,
  vpc: aws.ec2.Vpc,
  subnets: readonly aws.ec2.Subnet[],
): aws.ec2.VpcEndpoint[] {
  if (spec.interfaceEndpoints.length === 0) return [];
  const group = buildSecurityGroup(parent, `${name}-endpoints`, spec, vpc);
  return spec.interfaceEndpoints.map((service) => {
    const endpointName = `${name}-endpoint-${service.replaceAll(".", "-")}`;
    return new aws.ec2.VpcEndpoint(
      endpointName,
      {
        vpcId: vpc.id,
        serviceName: `com.amazonaws.${environment.region}.${service}`,
        vpcEndpointType: "Interface",
        privateDnsEnabled: true,
        subnetIds: subnets.map((subnet) => subnet.id),
        securityGroupIds: [group.id],
        tags: tags(spec.context, component, endpointName),
      },
      { parent },
    );
  });
}

function buildSecurityGroup(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NetworkSpec,
  vpc: aws.ec2.Vpc,
): aws.ec2.SecurityGroup {
  const group = new aws.ec2.SecurityGroup(
    name,
    {
      vpcId: vpc.id,
      description: "Interface endpoints: TLS from inside the network",
      tags: tags(spec.context, component, name),
    },
    { parent },
  );
  new aws.vpc.SecurityGroupIngressRule(
    `${name}-tls`,
    {
      securityGroupId: group.id,
      description: "TLS from inside the network",
      cidrIpv4: spec.cidr,
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      tags: tags(spec.context, component, `${name}-tls`),
    },
    { parent },
  );
  return group;
}
