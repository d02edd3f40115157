import type { IdentityOutputs } from "../contract.ts";

/** No cloud, no cloud identity: workloads here prove themselves by passwords and certificates of the cluster. */
export function createIdentity(): IdentityOutputs {
  return { serviceAccountAnnotations: {}, principal: undefined, ready: [] };
}
