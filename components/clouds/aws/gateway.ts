import * as pulumi from "@pulumi/pulumi";
import { tags } from "../../core/labels.ts";
import { physicalName } from "../../core/naming.ts";
import type { GatewayExposure, GatewaySpec } from "../contract.ts";

const prefix = "service.beta.kubernetes.io/aws-load-balancer";

/**
 * A public network load balancer in front of the gateway's pods. It passes TCP through, so that TLS ends in the mesh,
 * and tells the caller's address by the PROXY protocol, since it hides it otherwise.
 */
export function gatewayExposure({ context, network }: GatewaySpec): GatewayExposure {
  const { Name: _, ...balancerTags } = tags(context, "mesh", "gateway");
  return {
    serviceType: "LoadBalancer",
    loadBalancerClass: "service.k8s.aws/nlb",
    annotations: {
      [`${prefix}-name`]: physicalName(context, "gateway", 32),
      [`${prefix}-scheme`]: "internet-facing",
      [`${prefix}-nlb-target-type`]: "ip",
      [`${prefix}-backend-protocol`]: "tcp",
      [`${prefix}-subnets`]: pulumi.all([...network.publicSubnetIds]).apply((ids) => ids.join(",")),
      [`${prefix}-attributes`]: "load_balancing.cross_zone.enabled=true",
      [`${prefix}-target-group-attributes`]: [
        "proxy_protocol_v2.enabled=true",
        "preserve_client_ip.enabled=false",
        "deregistration_delay.timeout_seconds=60",
        "deregistration_delay.connection_termination.enabled=true",
      ].join(","),
      [`${prefix}-additional-resource-tags`]: Object.entries(balancerTags)
        .map(([key, value]) => `${key}=${value}`)
        .join(","),
    },
    proxyProtocol: true,
  };
}
