/** Waits for what a controller does in its own time. */
import { ControlPlaneError } from "./component.ts";

const pauseMillis = 100;

export class DeadlineError extends Error {}

export interface WaitOptions {
  readonly seconds?: number;
  /** Between two looks. */
  readonly everyMillis?: number;
  /** What was seen last, for the message. */
  readonly seen?: () => string;
}

/** Calls `probe` until it gives something other than undefined or false. A throw counts as "not yet", but a crash ends it. */
export async function waitFor<Value>(
  what: string,
  probe: () => Promise<Value | undefined | false> | Value | undefined | false,
  { seconds = 60, everyMillis = pauseMillis, seen }: WaitOptions = {},
): Promise<Value> {
  const deadline = performance.now() + seconds * 1000;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      if (error instanceof ControlPlaneError) throw error;
      last = error;
    }
    if (performance.now() > deadline) break;
    await new Promise((resume) => setTimeout(resume, everyMillis));
  }
  const why = last instanceof Error ? `; last: ${last.message}` : "";
  const state = seen === undefined ? "" : `; seen: ${seen()}`;
  throw new DeadlineError(`${what}: not within ${seconds} s${why}${state}`);
}
