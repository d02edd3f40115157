import type { Problem } from "../../components/core/errors.ts";
import type { PlatformConfig } from "../schema/platform.ts";
import type { Check, CheckContext } from "./check.ts";
import { clusterChecks } from "./cluster.ts";
import { gatewayChecks } from "./gateway.ts";
import { governanceChecks } from "./governance.ts";
import { identityChecks } from "./identity.ts";
import { nameChecks } from "./names.ts";
import { networkChecks } from "./network.ts";
import { serviceChecks } from "./services.ts";
import { storeChecks } from "./stores.ts";

const checks: readonly Check[] = [
  ...nameChecks,
  ...identityChecks,
  ...gatewayChecks,
  ...networkChecks,
  ...clusterChecks,
  ...storeChecks,
  ...serviceChecks,
  ...governanceChecks,
];

/**
 * What is impossible or contradictory between settings that are each right. Rules that a team may want otherwise
 * (three zones in production, a NAT gateway a zone) are guardrails and not asked here.
 */
export function crossFieldProblems(
  config: PlatformConfig,
  context: CheckContext & { readonly file: string; readonly wrong: ReadonlySet<string> },
): Problem[] {
  return checks
    .filter((check) => !check.reads.some((section) => context.wrong.has(section)))
    .flatMap((check) => check.findings(config, context))
    .map(({ path, file, got, allowed, fix }) => ({
      path: `${file ?? context.file} › ${path}`,
      got,
      allowed,
      fix,
    }));
}
