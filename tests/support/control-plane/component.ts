/** One process of the control plane: its log, its end, and what is said when it ends without being asked to. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loopback } from "../../../services/dev/engines/ports.ts";
import type { Guard } from "../../../tools/guard.ts";

/** What keeps a control plane from starting or running; the message names the component and ends with its log. */
export class ControlPlaneError extends Error {
  readonly component: string;

  constructor(component: string, what: string, log: string) {
    super(`${component}: ${what}${log === "" ? "" : `\nlast lines of its log:\n${log}`}`);
    this.component = component;
  }
}

/** A port that another process holds. Where the port was taken at random, another may be tried. */
export class PortTakenError extends ControlPlaneError {}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Ports that it listens on, for whoever reads that one is taken. */
  readonly ports: readonly number[];
}

const shownLines = 15;

export class Component {
  readonly name: string;
  readonly #command: Command;
  readonly #logFile: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #stopping = false;
  /** Why it ended without being asked to; undefined while all is well. */
  failure: ControlPlaneError | undefined;

  constructor(name: string, command: Command, guard: Guard) {
    this.name = name;
    this.#command = command;
    this.#logFile = join(guard.folder, `${name}.log`);
    const log = openSync(this.#logFile, "a");
    // A process group of its own: Ctrl-C ends the test, which ends this, so that no end is taken for a crash.
    this.#child = spawn(command.file, command.args, {
      cwd: guard.folder,
      detached: true,
      stdio: ["ignore", log, log],
      env: { PATH: process.env.PATH, HOME: guard.folder },
    });
    closeSync(log);
    this.#child.unref();
    const pid = this.#child.pid;
    if (pid !== undefined) guard.watch(pid);
    this.#ended = new Promise((done) => {
      this.#child.once("error", (error) => {
        this.failure = new ControlPlaneError(name, `could not be started (${error.message})`, "");
        done();
      });
      this.#child.once("exit", (code, signal) => {
        if (pid !== undefined) guard.forget(pid);
        if (!this.#stopping) this.failure = this.#crash(code, signal);
        done();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The end of what it wrote. */
  lastLines(count = shownLines): string {
    try {
      return readFileSync(this.#logFile, "utf8").trimEnd().split("\n").slice(-count).join("\n");
    } catch {
      return "";
    }
  }

  /** Ends it at once; nothing of a test's control plane is worth a slow end. */
  async stop(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.ref();
      this.#child.kill(signal);
    }
    await this.#ended;
  }

  #crash(code: number | null, signal: NodeJS.Signals | null): ControlPlaneError {
    const log = this.lastLines();
    if (/address already in use/.test(log)) {
      const ports = this.#command.ports.filter((port) => log.includes(`:${port}`));
      const named = (ports.length > 0 ? ports : this.#command.ports).join(", ");
      return new PortTakenError(
        this.name,
        `port ${named} on ${loopback} is taken by another process; leave the port out and a free one is found`,
        log,
      );
    }
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    return new ControlPlaneError(this.name, `ended ${how} without being asked to`, log);
  }
}
