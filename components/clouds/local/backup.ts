import type { BackupOutputs } from "../contract.ts";

/** No vault: there are no managed stores, and what runs in the cluster backs itself up to the object store. */
export function createBackup(): BackupOutputs {
  return { vault: undefined };
}
