/** One server process on loopback: started, awaited, stopped, frozen; its last words are kept for whoever asks why. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import type { Readable } from "node:stream";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

export interface ServerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Gets every line that it prints, and one where it ends by itself. */
  readonly log?: (line: string) => void;
  /** User that the process runs as when root starts it; the same user by default. */
  readonly user?: string;
  /** True as soon as it serves; asked every 100 ms. */
  readonly ready: () => Promise<boolean>;
  readonly readySeconds?: number;
}

/** A server that could not be started or that ended by itself; the message holds the end of its log. */
export class ServerError extends Error {}

const keptLines = 200;
const stopSeconds = 15;

export class ServerProcess {
  readonly #spec: ServerCommand;
  readonly #lines: string[] = [];
  #child: ChildProcess | undefined;
  #stopping = false;

  constructor(spec: ServerCommand) {
    this.#spec = spec;
  }

  get name(): string {
    return this.#spec.name;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async start(): Promise<void> {
    if (this.running) return;
    const { command, args, environment } = this.#spec;
    const [program, ...rest] = [...this.#wrapper(), command, ...args];
    const child = spawn(program as string, rest, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
      // Ctrl-C is for who started it: a server that ends before its clients makes them complain.
      detached: true,
    });
    this.#child = child;
    this.#stopping = false;
    child.once("exit", (code, signal) => {
      if (!this.#stopping) this.#spec.log?.(`ended by itself (${code ?? signal})`);
    });
    let failed: Error | undefined;
    child.once("error", (error) => {
      failed = error;
    });
    for (const stream of [child.stdout, child.stderr]) eachLine(stream, (line) => this.#keep(line));
    const { ready, readySeconds = 60 } = this.#spec;
    const deadline = Date.now() + readySeconds * 1000;
    while (!(await ready().catch(() => false))) {
      if (failed !== undefined) throw this.#error(`could not be started: ${failed.message}`);
      if (!this.running) throw this.#error(`ended by itself (${child.exitCode ?? child.signalCode})`);
      if (Date.now() > deadline) throw this.#error(`did not serve within ${readySeconds} s`);
      await pause(100);
    }
  }

  /** Ends the process, with SIGKILL where it does not end by itself. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.running) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    this.#stopping = true;
    child.kill("SIGCONT");
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), stopSeconds * 1000);
    await ended;
    clearTimeout(timer);
  }

  /** Freezes the process, so that connections stay open and nothing answers. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** On Linux the server ends with its starter however that ended, and gives up root where it must. */
  #wrapper(): string[] {
    if (!existsSync("/usr/bin/setpriv")) return [];
    const { user } = this.#spec;
    const asRoot = process.getuid?.() === 0;
    return [
      "/usr/bin/setpriv",
      ...(asRoot && user !== undefined ? ["--reuid", user, "--regid", user, "--clear-groups"] : []),
      "--pdeathsig",
      "KILL",
    ];
  }

  #keep(line: string): void {
    if (line === "") return;
    this.#spec.log?.(line);
    this.#lines.push(line);
    if (this.#lines.length > keptLines) this.#lines.shift();
  }

  #error(what: string): ServerError {
    return new ServerError([`${this.name} ${what}; its last lines:`, ...this.#lines.slice(-20)].join("\n  "));
  }
}

/** Gives every whole line that a process prints to `take`, and what is left where it ends. */
export function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
  stream.once("end", () => rest !== "" && take(rest));
}

export function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

export interface Question {
  readonly send?: string;
  readonly expect?: RegExp;
  /** Over TLS, to a certificate for `host`. */
  readonly tls?: ConnectionOptions;
}

/** Whether something accepts connections at the port and, where `send` is given, answers with `expect`. */
export function answers(port: number, { send, expect, tls }: Question = {}): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = tls === undefined ? connect(port, "127.0.0.1") : connectTls({ ...tls, port });
    const end = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(1000, () => end(false));
    socket.once("error", () => end(false));
    socket.once(tls === undefined ? "connect" : "secureConnect", () => {
      if (send === undefined) return end(true);
      socket.write(send);
    });
    socket.once("data", (data) => end(expect?.test(data.toString()) ?? true));
  });
}
