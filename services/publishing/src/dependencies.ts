import type { Readiness } from "./http/routes/operations.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { reasonOf } from "./reason.ts";

export interface Dependency {
  readonly name: string;
  readonly check: () => Promise<unknown>;
  /** Whether nothing can be served without it. */
  readonly essential: boolean;
}

const intervalMillis = 2_000;
const timeoutMillis = 3_000;

/** Looks after the stores in the background: `/readyz` and `/metrics` answer from what was last seen, at once. */
export class Dependencies {
  readonly #dependencies: readonly Dependency[];
  readonly #metrics: Pick<Metrics, "dependencyUp">;
  readonly #log: Log;
  readonly #up = new Map<string, boolean>();
  #draining = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(dependencies: readonly Dependency[], metrics: Pick<Metrics, "dependencyUp">, log: Log) {
    this.#dependencies = dependencies;
    this.#metrics = metrics;
    this.#log = log;
  }

  /** Checks at once, then again and again. */
  async start(): Promise<void> {
    await this.check();
    const next = () => {
      if (this.#stopped) return;
      this.#timer = setTimeout(() => this.check().finally(next), intervalMillis);
    };
    next();
  }

  async check(): Promise<void> {
    await Promise.all(this.#dependencies.map((dependency) => this.#checkOne(dependency)));
  }

  async #checkOne({ name, check }: Dependency): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`no answer in ${timeoutMillis} ms`)), timeoutMillis);
    try {
      await Promise.race([check(), late.promise]);
      this.#set(name, true);
    } catch (error) {
      this.#set(name, false, error);
    } finally {
      clearTimeout(timer);
    }
  }

  #set(name: string, up: boolean, error?: unknown): void {
    const before = this.#up.get(name);
    this.#up.set(name, up);
    this.#metrics.dependencyUp.set({ dependency: name }, up ? 1 : 0);
    if (up && before === false) this.#log.info(`${name} is up again`);
    if (!up && before !== false) this.#log.warn({ error: reasonOf(error) }, `${name} is down`);
  }

  /** Not ready from now on, whatever the stores do. */
  drain(): void {
    this.#draining = true;
  }

  readonly readiness = (): Readiness => {
    const state = ({ name }: Dependency) => (this.#up.get(name) ? "up" : "down");
    const essential = this.#dependencies.filter((dependency) => dependency.essential);
    return {
      draining: this.#draining,
      ready: !this.#draining && essential.every((dependency) => state(dependency) === "up"),
      dependencies: Object.fromEntries(this.#dependencies.map((one) => [one.name, state(one)])),
    };
  };

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
