import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { tags } from "../../core/labels.ts";
import type { ClusterOutputs, NetworkOutputs } from "../contract.ts";

export interface StoreFirewallSpec {
  readonly context: PlatformContext;
  readonly component: string;
  readonly network: NetworkOutputs;
  readonly cluster: ClusterOutputs;
  /** TCP port by what it serves; each becomes one rule. */
  readonly ports: Readonly<Record<string, number>>;
}

/**
 * A security group that lets the cluster's workloads in on the ports given and nothing out. Rules are resources of
 * their own, so that one can be added without touching the others.
 */
export function createStoreFirewall(
  parent: pulumi.ComponentResource,
  name: string,
  spec: StoreFirewallSpec,
): aws.ec2.SecurityGroup {
  const { workloadFirewallId } = spec.cluster;
  if (workloadFirewallId === undefined)
    throw new Error(`${name}: the cluster has no security group to let in`);
  const group = new aws.ec2.SecurityGroup(
    `${name}-firewall`,
    {
      vpcId: spec.network.id,
      description: `${name}: from the workloads of the cluster only`,
      tags: tags(spec.context, spec.component, `${name}-firewall`),
    },
    { parent },
  );
  for (const [purpose, port] of Object.entries(spec.ports)) {
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-firewall-${purpose}`,
      {
        securityGroupId: group.id,
        referencedSecurityGroupId: workloadFirewallId,
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
        description: `${purpose} from the workloads of the cluster`,
        tags: tags(spec.context, spec.component, `${name}-firewall-${purpose}`),
      },
      { parent },
    );
  }
  return group;
}
