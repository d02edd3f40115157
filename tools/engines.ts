/**
 * Real engines on loopback for the services' tests and for development.
 *
 *     node tools/engines.ts run [--only postgres,kafka] -- COMMAND…   starts them, runs COMMAND, stops them
 *     node tools/engines.ts up [--only …]                              starts them, stops them on Ctrl-C
 *
 * COMMAND finds the file with their addresses in MARKETPLACE_ENGINES. The exit code is COMMAND's; 1 where an engine
 * could not be started.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { type EngineName, engineNames } from "../services/dev/engines/engine.ts";
import { ServerError } from "../services/dev/engines/process.ts";
import { type EngineSet, startEngines } from "../services/dev/engines/set.ts";

export class UsageError extends Error {}

interface Call {
  readonly verb: "run" | "up";
  readonly names: readonly EngineName[];
  readonly command: readonly string[];
}

/** What the arguments ask for. Throws `UsageError`. */
export function parse(args: readonly string[]): Call {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  const command = end < 0 ? [] : args.slice(end + 1);
  const [verb, ...options] = own;
  if (verb !== "run" && verb !== "up") {
    throw new UsageError(`${verb ?? "nothing"} is no verb; use run [--only NAMES] -- COMMAND, or up`);
  }
  if (verb === "run" && command.length === 0) throw new UsageError("run needs a command after --");
  let names: readonly string[] = engineNames;
  if (options.length > 0) {
    if (options[0] !== "--only" || options[1] === undefined || options.length > 2) {
      throw new UsageError(`${options.join(" ")}: the only option is --only with names separated by commas`);
    }
    names = options[1].split(",");
  }
  const unknown = names.filter((name) => !engineNames.includes(name as EngineName));
  if (unknown.length > 0) {
    throw new UsageError(`${unknown.join(", ")}: no such engine; there are ${engineNames.join(", ")}`);
  }
  return { verb, names: names as readonly EngineName[], command };
}

/** Runs the command with the engines' addresses; a signal to us is one to it. */
function runCommand([program, ...args]: readonly string[], engines: EngineSet): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program as string, args, {
      stdio: "inherit",
      env: { ...process.env, MARKETPLACE_ENGINES: engines.file },
    });
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
    child.once("error", (error) => {
      console.error(`error: ${program}: ${error.message}`);
      resolve(127);
    });
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

function untilStopped(engines: EngineSet): Promise<number> {
  console.log(readFileSync(engines.file, "utf8"));
  console.log(`export MARKETPLACE_ENGINES=${engines.file}\nCtrl-C stops them`);
  const alive = setInterval(() => {}, 60_000);
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        clearInterval(alive);
        resolve(0);
      });
    }
  });
}

if (import.meta.main) {
  try {
    const { verb, names, command } = parse(process.argv.slice(2));
    const engines = await startEngines(names, { say: (line) => console.error(line) });
    try {
      process.exitCode = verb === "run" ? await runCommand(command, engines) : await untilStopped(engines);
    } finally {
      await engines.stop();
    }
    // Handlers of signals keep the process alive otherwise.
    process.exit();
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ServerError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}
