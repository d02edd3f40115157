import { setTimeout as sleep } from "node:timers/promises";

const firstPauseMillis = 500;
const longestPauseMillis = 10_000;

/** Repeats `work` with growing pauses until it succeeds or the signal ends it; never throws. */
export async function untilDone(
  work: () => Promise<void>,
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<void> {
  for (let pause = firstPauseMillis; !signal.aborted; pause = Math.min(pause * 2, longestPauseMillis)) {
    try {
      return await work();
    } catch (error) {
      onFailure(error);
    }
    // Spread, so that replicas do not all come at once to a server that has just started.
    await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
  }
}
