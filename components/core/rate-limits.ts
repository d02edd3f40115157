import type { Environment } from "./context.ts";
import { workloads } from "./footprint.ts";

/** How many requests a second the public gateway lets through. */
export interface RateLimits {
  /** In total, with the gateway at its most copies. */
  readonly requestsPerSecond: number;
  /** From one client address, at each copy. */
  readonly requestsPerSecondPerClient: number;
}

/** The most copies that the gateway's autoscaler makes. */
export function gatewayMaximum(environment: Environment, minimum: number): number {
  return Math.max(minimum, workloads["istio-gateway"].maximumReplicas?.[environment] ?? minimum);
}

/** What one copy of the gateway lets through in a second: the total is reached when all of them run. */
export function shareOfOne({ requestsPerSecond }: RateLimits, maximumReplicas: number): number {
  return Math.ceil(requestsPerSecond / maximumReplicas);
}
