/** How each service is built and started where there are no images: its Makefile builds it, this says what it built. */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { eachLine } from "../engines/process.ts";

const services = resolve(import.meta.dirname, "..", "..");

interface Program {
  /** What `make build` leaves, relative to the service's folder; missing means not built. */
  readonly artefact: string;
  readonly command: readonly string[];
  /** Brings the schema of its database up to date and ends; undefined where it has none. */
  readonly migration?: readonly string[];
}

const programs: Readonly<Record<string, Program>> = {
  publishing: {
    artefact: "dist/main.mjs",
    command: [process.execPath, "dist/main.mjs"],
    migration: [process.execPath, "dist/migrate.mjs"],
  },
  discovery: { artefact: "bin/discovery", command: ["bin/discovery"] },
  consumption: { artefact: "target/release/consumption", command: ["target/release/consumption"] },
  admin: {
    artefact: ".venv/.built",
    command: [".venv/bin/python", "-m", "admin", "serve"],
    migration: [".venv/bin/python", "-m", "admin", "migrate"],
  },
};

export interface LaunchPlan {
  readonly folder: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** Where and how a service is started. Throws where the service has no code here. */
export function launchPlan(service: string): LaunchPlan {
  const { folder, program } = built(service);
  return plan(folder, program.command);
}

/** Runs a service's migration, where it has one, with these variables. Throws with what it said where it fails. */
export async function runMigration(
  service: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const { folder, program } = built(service);
  if (program.migration === undefined) return;
  const { command, args } = plan(folder, program.migration);
  await new Promise<void>((done, fail) => {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
    execFile(command, args, { cwd: folder, env, timeout: 60_000 }, (error, stdout, stderr) =>
      error === null ? done() : fail(new Error(`${service}: its migration failed: ${stdout}${stderr}`)),
    );
  });
}

function built(service: string): { folder: string; program: Program } {
  const program = programs[service];
  if (program === undefined) {
    throw new Error(
      `${service}: no program is known; add it to services/dev/platform/programs.ts (there are ${Object.keys(programs).join(", ")})`,
    );
  }
  const folder = join(services, service);
  if (!existsSync(join(folder, program.artefact))) {
    throw new Error(
      `${service}: services/${service}/${program.artefact} is missing; run make build-services`,
    );
  }
  return { folder, program };
}

function plan(folder: string, line: readonly string[]): LaunchPlan {
  const [command, ...args] = line as [string, ...string[]];
  return { folder, command: command.includes("/") ? resolve(folder, command) : command, args };
}

/** Runs `make build` in a service's folder; what it prints goes on with the service's name before each line, until `signal` ends it. */
export function buildService(
  service: string,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn("make", ["--no-print-directory", "build"], {
      cwd: join(services, service),
      stdio: ["ignore", "pipe", "pipe"],
      signal,
    });
    for (const stream of [child.stdout, child.stderr]) {
      eachLine(stream, (line) => line.trim() !== "" && say(`${service}: ${line}`));
    }
    child.once("error", fail);
    child.once("exit", (code) =>
      code === 0 ? done() : fail(new Error(`${service}: make build ended with ${code}`)),
    );
  });
}

/** Names of the services that have code here. */
export const builtServices: readonly string[] = Object.keys(programs);
