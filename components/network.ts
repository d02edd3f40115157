import * as pulumi from "@pulumi/pulumi";
import type { Cloud, EncryptionOutputs, NatMode, NetworkOutputs } from "./clouds/contract.ts";
import { withProviders } from "./core/component-options.ts";
import type { PlatformContext } from "./core/context.ts";

export interface NetworkArgs {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  /** Key of the flow logs. */
  readonly encryption: EncryptionOutputs;
  /** IPv4 range, a prefix of 16 to 20 bits. Changing it replaces the network. */
  readonly cidr: string;
  /** Zones, two to six, in order; adding one at the end moves nothing up to the next power of two. */
  readonly zones: readonly string[];
  /** One NAT gateway a zone, one for all, or none; a change moves routes and egress addresses only. */
  readonly nat: NatMode;
  /** Days that flow logs are kept, 0 to 400; 0 turns them off. */
  readonly flowLogRetentionDays: number;
  /** Managed services reached without NAT, by the cloud's short name (`ecr.api`); each costs per zone and hour. */
  readonly interfaceEndpoints: readonly string[];
}

/**
 * The network: three tiers of subnets in every zone.
 *
 * **Creates**: the network, public subnets (load balancers, NAT), private subnets (nodes and pods), data subnets
 * (stores; without a way to the internet), NAT by mode, routes, a private way to object storage, flow logs, interface
 * endpoints by list; the network's default security group without rules.
 * **Does not create**: peering, VPN. On local it is the network that the kube context has.
 * **Cost**: $33 a month and $0.045/GB a NAT gateway, $7.30 a month an endpoint and zone (us-east-1, 2026-11).
 * **Replaces**: `cidr` and `zones` replace subnets and all that is in them.
 * **Throws**: `UserError` when the range is too small for its zones.
 *
 * **Example**:
 * `new Network("network", { context, cloud, encryption, cidr: "10.20.0.0/16", zones: ["us-east-1a", "us-east-1b"],
 * nat: "single", flowLogRetentionDays: 30, interfaceEndpoints: [] })`
 */
export class Network extends pulumi.ComponentResource implements NetworkOutputs {
  // `id` is what the contract calls it; a component has no id of its own.
  readonly id: pulumi.Output<string>;
  readonly cidr: string;
  readonly zones: readonly string[];
  readonly publicSubnetIds: readonly pulumi.Output<string>[];
  readonly privateSubnetIds: readonly pulumi.Output<string>[];
  readonly dataSubnetIds: readonly pulumi.Output<string>[];
  readonly egressAddresses: readonly pulumi.Output<string>[];

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:network:Network", name, {}, withProviders(args, opts));
    const { cloud, ...spec } = args;
    const network = cloud.network(this, name, spec);

    this.id = network.id;
    this.cidr = network.cidr;
    this.zones = network.zones;
    this.publicSubnetIds = network.publicSubnetIds;
    this.privateSubnetIds = network.privateSubnetIds;
    this.dataSubnetIds = network.dataSubnetIds;
    this.egressAddresses = network.egressAddresses;
    this.registerOutputs({ ...network });
  }
}
