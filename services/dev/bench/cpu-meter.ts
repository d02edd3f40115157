/** What a load costs each process of the platform, in CPU seconds, beyond what the process takes at rest. */
import { pause } from "../engines/process.ts";
import { cpuSeconds } from "./process-figures.ts";

/** CPU seconds by process. */
export type CpuTimes = Readonly<Record<string, number>>;

/** A process is at rest again when it takes at most this much more than at rest, in CPU seconds a second. */
const quiet = 0.1;
/** Consumers and indexers work on after the last request; more than this they may not need. */
const settleSeconds = 120;

export class CpuMeter {
  readonly #processes: Readonly<Record<string, () => number>>;
  #rest: CpuTimes = {};

  /** `processes` gives the id that each process has at present. */
  constructor(processes: Readonly<Record<string, () => number>>) {
    this.#processes = processes;
  }

  /** Watches the platform at rest for so many seconds; what it takes then is subtracted from every load. */
  async watchRest(seconds: number): Promise<void> {
    this.#rest = rates(this.#read(), await this.#after(seconds), seconds);
  }

  /** CPU seconds that `load`, and the work that it leaves behind, cost each process. */
  async during<Result>(load: () => Promise<Result>): Promise<{ result: Result; cpu: CpuTimes }> {
    const before = this.#read();
    const started = performance.now();
    const result = await load();
    await this.#settle();
    const elapsed = (performance.now() - started) / 1000;
    const after = this.#read();
    const cpu = mapValues(after, (value, name) =>
      Math.max(0, value - (before[name] ?? 0) - (this.#rest[name] ?? 0) * elapsed),
    );
    return { result, cpu };
  }

  async #settle(): Promise<void> {
    for (let second = 0; second < settleSeconds; second += 1) {
      const now = rates(this.#read(), await this.#after(1), 1);
      if (Object.entries(now).every(([name, rate]) => rate <= (this.#rest[name] ?? 0) + quiet)) return;
    }
    throw new Error(`the platform still works ${settleSeconds} s after the last request of a load`);
  }

  #read(): CpuTimes {
    return mapValues(this.#processes, (pid) => cpuSeconds(pid()));
  }

  async #after(seconds: number): Promise<CpuTimes> {
    await pause(seconds * 1000);
    return this.#read();
  }
}

function rates(before: CpuTimes, after: CpuTimes, seconds: number): CpuTimes {
  return mapValues(after, (value, name) => (value - (before[name] ?? 0)) / seconds);
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}
