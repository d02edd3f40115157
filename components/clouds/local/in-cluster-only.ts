import { UserError } from "../../core/errors.ts";

/** The answer to a managed store on local. `path` is where the stack file says how the store is run. */
export function inClusterOnly(path: string): UserError {
  return new UserError({
    path: `${path}.mode`,
    got: "managed",
    allowed: "in-cluster: the local cloud has no managed stores",
    fix: `set ${path}.mode to in-cluster, or choose a cloud that manages it (cloud: aws)`,
  });
}
