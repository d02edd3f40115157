import { spawn } from "node:child_process";

export interface RunResult {
  /** Exit code; undefined when the command could not start or took too long. */
  readonly code: number | undefined;
  readonly output: string;
  readonly timedOut: boolean;
}

export interface RunOptions {
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly timeoutSeconds: number;
}

/** Runs a command quietly to its end, or to the end of its time, and gives what it printed. */
export function runQuietly(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
      child.stdout.destroy();
      child.stderr.destroy();
    }, options.timeoutSeconds * 1000);
    const collect = (text: string) => {
      output += text;
    };
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    const end = (code: number | null) => {
      clearTimeout(timer);
      resolve({ code: timedOut ? undefined : (code ?? undefined), output, timedOut });
    };
    child.on("error", () => end(null));
    child.on("close", end);
  });
}

/** Runs a command in the foreground: it has the terminal, and its exit code is the result. */
export function runForeground(
  command: string,
  args: readonly string[],
  options: Omit<RunOptions, "timeoutSeconds">,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.environment, stdio: "inherit" });
    child.on("error", () => resolve(127));
    child.on("close", (code) => resolve(code ?? 1));
  });
}
