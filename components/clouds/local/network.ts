import * as pulumi from "@pulumi/pulumi";
import type { NetworkOutputs, NetworkSpec } from "../contract.ts";

/** No network of its own: the cluster has one already, without subnets and without known outgoing addresses. */
export function createNetwork(spec: NetworkSpec): NetworkOutputs {
  return {
    id: pulumi.output("local"),
    cidr: spec.cidr,
    zones: spec.zones,
    publicSubnetIds: [],
    privateSubnetIds: [],
    dataSubnetIds: [],
    egressAddresses: [],
  };
}
