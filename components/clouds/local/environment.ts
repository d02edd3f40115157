import type * as kubernetes from "@pulumi/kubernetes";
import type { LocalTarget } from "../../../config/settings-types.ts";
import type { PlatformContext } from "../../core/context.ts";

/** What the functions of the local cloud need to know beside their specs. */
export interface LocalEnvironment {
  readonly context: PlatformContext;
  readonly target: LocalTarget;
  /** Provider of the cluster that stands already. */
  readonly provider: kubernetes.Provider;
}
