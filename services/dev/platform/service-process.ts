import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { ServiceDefinition } from "../../catalog.ts";
import { eachLine, pause } from "../engines/process.ts";
import { launchPlan } from "./programs.ts";

const keptLines = 2000;
const readySeconds = 60;

/** Hears of what a service does. */
export interface ServiceWatcher {
  readonly line?: (line: string) => void;
  /** It ended without having been stopped; with its exit code, or the signal that ended it. */
  readonly ended?: (how: number | string) => void;
}

/** One service as a process: its lines of log are kept, and given to whoever watches. */
export class ServiceProcess {
  readonly definition: ServiceDefinition;
  readonly port: number;
  readonly lines: string[] = [];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #watcher: ServiceWatcher;
  #child: ChildProcess | undefined;
  #exit: Promise<number> | undefined;
  #stopping = false;
  /** It has said once that it can serve. */
  #serving = false;

  constructor(
    definition: ServiceDefinition,
    environment: Readonly<Record<string, string>>,
    watcher: ServiceWatcher = {},
  ) {
    this.definition = definition;
    this.port = Number(environment.PORT);
    this.#environment = environment;
    this.#watcher = watcher;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts the process and does not wait for it. */
  launch(): void {
    const { folder, command, args } = launchPlan(this.definition.name);
    const [program, ...rest] = [...dieWithParent(), command, ...args];
    const child = spawn(program as string, rest, {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.#environment },
      // Ctrl-C is for who started it, who stops the services before what they need.
      detached: true,
    });
    this.#child = child;
    this.#stopping = false;
    this.#serving = false;
    this.#exit = new Promise((resolve) =>
      child.once("exit", (code, signal) => {
        if (this.#serving && !this.#stopping) this.#watcher.ended?.(code ?? signal ?? "nothing");
        resolve(code ?? (signal ? -1 : 0));
      }),
    );
    for (const stream of [child.stdout, child.stderr]) eachLine(stream, (line) => this.#keep(line));
  }

  /** Starts it; resolves to the seconds until it was ready to serve. Throws with its last lines where it never is. */
  async start(): Promise<number> {
    const started = performance.now();
    this.launch();
    for (;;) {
      const ready = await this.ready();
      // Asked after that: what answered may be another program at the same port.
      if (!this.running) throw this.#error(`ended with ${this.#child?.exitCode ?? this.#child?.signalCode}`);
      if (ready) {
        this.#serving = true;
        return (performance.now() - started) / 1000;
      }
      if (performance.now() - started > readySeconds * 1000)
        throw this.#error(`was not ready in ${readySeconds} s`);
      await pause(50);
    }
  }

  /** Whether it says that it can serve. */
  async ready(): Promise<boolean> {
    const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(
      () => undefined,
    );
    return answer?.ok === true;
  }

  /** Ends it; resolves to its exit code, -1 where the signal ended it. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
    const child = this.#child;
    if (child === undefined || !this.running) return child?.exitCode ?? 0;
    this.#stopping = true;
    child.kill(signal);
    const limit = setTimeout(() => child.kill("SIGKILL"), 60_000);
    const code = await (this.#exit as Promise<number>);
    clearTimeout(limit);
    return code;
  }

  #keep(line: string): void {
    this.lines.push(line);
    if (this.lines.length > keptLines) this.lines.shift();
    this.#watcher.line?.(line);
  }

  #error(what: string): Error {
    return new Error(
      [`${this.definition.name} ${what}; its last lines:`, ...this.lines.slice(-15)].join("\n  "),
    );
  }
}

/** On Linux a service ends with its starter, however that ended. */
function dieWithParent(): string[] {
  return existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL"] : [];
}
