import type { EncryptionOutputs } from "../contract.ts";

/** No key: what a laptop's disk holds is encrypted by the laptop, or not at all. */
export function createEncryption(): EncryptionOutputs {
  return { key: undefined, recoveryKey: undefined };
}
