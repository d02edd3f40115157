/** Runs the command as a user does, in a process of its own. */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "..", "..");

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly environment?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Runs `bin/marketplace` with arguments. */
export function marketplace(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = spawn(join(root, "bin", "marketplace"), args, {
    cwd: options.cwd ?? root,
    env: options.environment ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Promise((done, fail) => {
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.on("error", fail);
    child.on("close", (code) => done({ code, stdout, stderr }));
  });
}

/** Folder of a fixture project under tests/fixtures. */
export function fixture(name: string): string {
  return join(root, "tests", "fixtures", name);
}
