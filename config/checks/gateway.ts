import { gatewayMaximum, shareOfOne } from "../../components/core/rate-limits.ts";
import type { PlatformConfig } from "../schema/platform.ts";
import type { Check, Finding } from "./check.ts";

export const gatewayChecks: readonly Check[] = [
  { reads: ["rateLimits", "environment"], findings: clientFindings },
];

/** A client's limit over what a copy passes for everybody never comes to bear. */
function clientFindings({ rateLimits, environment }: PlatformConfig): Finding[] {
  const replicas = gatewayMaximum(environment, 1);
  const share = shareOfOne(rateLimits, replicas);
  if (rateLimits.requestsPerSecondPerClient <= share) return [];
  return [
    {
      path: "rateLimits.requestsPerSecondPerClient",
      got: String(rateLimits.requestsPerSecondPerClient),
      allowed: `at most ${share}, what one of ${replicas} copies of the gateway lets through in total`,
      fix: "lower rateLimits.requestsPerSecondPerClient, or raise rateLimits.requestsPerSecond",
    },
  ];
}
