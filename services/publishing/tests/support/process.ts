import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { eventually } from "./client.ts";
import { freePort, type Place } from "./place.ts";

export interface ServiceProcess {
  readonly url: string;
  readonly child: ChildProcess;
  readonly log: () => string;
  /** Code and signal of its end. */
  readonly exited: Promise<[number | null, NodeJS.Signals | null]>;
}

const running = new Set<ChildProcess>();

/** Ends what a failed test has left behind. */
export function killProcesses(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** The service as the image runs it: the built files, in a process of their own; awaited until it is ready. */
export async function startProcess(place: Place, more: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = await launchProcess(place, more);
  await eventually("the service is ready", 30, async () => {
    if (service.child.exitCode !== null) throw new Error(service.log());
    return (await fetch(`${service.url}/readyz`)).ok || undefined;
  });
  return service;
}

/** As `startProcess`, without waiting for anything. */
export async function launchProcess(
  place: Place,
  more: Record<string, string> = {},
): Promise<ServiceProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../dist/main.mjs")], {
    env: { PATH: process.env.PATH, ...place.environment, PORT: `${port}`, ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once("exit", (code, signal) => resolve([code, signal]));
  });
  const url = `http://127.0.0.1:${port}`;
  return { url, child, log: () => output, exited };
}
