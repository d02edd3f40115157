import type { GatewayExposure } from "../contract.ts";

/** A port on the nodes: every local cluster has it, a load balancer only some. */
export function gatewayExposure(): GatewayExposure {
  return { serviceType: "NodePort", annotations: {}, proxyProtocol: false };
}
