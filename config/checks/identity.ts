import type { PlatformConfig } from "../schema/platform.ts";
import type { Check, Finding } from "./check.ts";

export const identityChecks: readonly Check[] = [{ reads: ["identity", "domain"], findings: issuerFindings }];

/** The gateway's own host has no keys to give: the services behind it would wait for themselves. */
function issuerFindings({ identity, domain }: PlatformConfig): Finding[] {
  const own = `api.${domain}`;
  return (["issuer", "jwksUrl"] as const).flatMap((key): Finding[] => {
    const url = identity[key];
    if (url === undefined || new URL(url).hostname !== own) return [];
    return [
      {
        path: `identity.${key}`,
        got: JSON.stringify(url),
        allowed: `a host other than ${own}, the platform's own gateway`,
        fix: `set identity.${key} to the identity provider's address, which answers before the platform does`,
      },
    ];
  });
}
