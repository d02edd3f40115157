/** Real servers of these tests: loopback only, on ports of their own, ended with the test or the process. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePorts } from "../../../services/dev/engines/ports.ts";
import { goTools } from "../../../tools/go-tools.ts";

export type ToolName = "prometheus" | "promtool" | "amtool" | "alertmanager";

/** Path of a tool at its pinned version; built on first use. */
export async function tool(name: ToolName): Promise<string> {
  return join(await goTools(name === "alertmanager" ? "alertmanager" : "prometheus"), name);
}

export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

export async function runTool(name: ToolName, args: readonly string[], cwd: string): Promise<Outcome> {
  const run = spawnSync(await tool(name), args, { cwd, encoding: "utf8", timeout: 300_000 });
  return { ok: run.status === 0, output: `${run.stdout}${run.stderr}${run.error?.message ?? ""}` };
}

export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a server and waits until `ready` answers 200; what it wrote is in the error when it does not. */
export async function startServer(
  name: ToolName,
  args: (port: number) => readonly string[],
  ready: string,
): Promise<Running> {
  const [port] = (await freePorts(1)) as [number];
  const child = spawn(await tool(name), args(port), { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      output += data.toString();
    });
  }
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    process.off("exit", end);
    await stopProcess(child);
  };
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    if (child.exitCode !== null) break;
    const answer = await fetch(`${url}${ready}`).catch(() => undefined);
    if (answer?.ok) return { url, stop };
    await pause(100);
  }
  await stop();
  throw new Error(`${name} did not become ready\n${output}`);
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 5000);
  await ended;
  clearTimeout(late);
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}
