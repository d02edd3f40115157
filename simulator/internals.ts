/** Three functions of @pulumi/pulumi that its declarations leave out; the SDK is pinned exactly because of them. */
import * as debuggable from "@pulumi/pulumi/runtime/debuggable.js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import * as state from "@pulumi/pulumi/runtime/state.js";

/** A registration that has not reached the engine yet, and what it waits for. */
export interface PendingRegistration {
  readonly type: string;
  readonly name: string;
  readonly phase: string;
  readonly inputProperty?: string;
}

interface Internals {
  waitForRPCs(): Promise<void>;
  getPendingResourceRegistrations(): Map<unknown, PendingRegistration>;
  /** Returns and forgets the promises still open; what it forgets the SDK does not complain about at exit. */
  leakedPromises(): unknown;
}

export const { waitForRPCs, getPendingResourceRegistrations, leakedPromises } = {
  ...debuggable,
  ...settings,
  ...state,
} as unknown as Internals;
