/**
 * Builds tools that exist only as Go modules or that need one, once, into a folder that later runs and other checkouts reuse:
 * `$XDG_CACHE_HOME/llm-marketplace/go-tools/<set>-<key>/` (default `~/.cache`). A set is a folder of `tools/go/` with
 * a pinned `go.mod`, `go.sum` and `tools.json`, and sources of its own where it has some; the key is the hash of these,
 * of Go's version and of the flags.
 *
 *     node tools/go-tools.ts control-plane …    builds what is missing, prints the folders
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { Guard } from "./guard.ts";

export const setsFolder = resolve(import.meta.dirname, "go");
export const toolCache = join(
  process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
  "llm-marketplace",
  "go-tools",
);

interface ToolSet {
  readonly about: string;
  /** Minutes that a first build takes on two cores, for whoever waits. */
  readonly minutes: number;
  /** Linker values, `package.name=value`. */
  readonly stamp?: readonly string[];
  /** Tags of `go build`. */
  readonly tags?: readonly string[];
  /** Name of the binary → package. */
  readonly binaries: Readonly<Record<string, string>>;
}

/** Builds have their own limit: a hung download must not hold a whole test run. */
const limitMinutes = 30;

/** What keeps a set from being built; `message` says what to do. */
export class ToolBuildError extends Error {}

/** Names of the sets there are. */
export function toolSets(): string[] {
  return readdirSync(setsFolder).sort();
}

/** The folder with the binaries of a set, built first where they are missing. Throws `ToolBuildError`. */
export async function goTools(name: string, say: (line: string) => void = console.error): Promise<string> {
  const { set, folder, flags } = plan(name);
  if (isComplete(folder, set)) return folder;
  mkdirSync(toolCache, { recursive: true });
  const release = await lock(`${folder}.lock`, name, say);
  try {
    if (!isComplete(folder, set)) await build(name, set, folder, flags, say);
  } finally {
    release();
  }
  return folder;
}

/** The folder of a set's binaries where it has been built, for who only wants to know; undefined where it has not. */
export function builtGoTools(name: string): string | undefined {
  const { set, folder } = plan(name);
  return isComplete(folder, set) ? folder : undefined;
}

function plan(name: string): { set: ToolSet; folder: string; flags: string[] } {
  const source = join(setsFolder, name);
  if (!existsSync(join(source, "tools.json"))) {
    throw new ToolBuildError(
      `tools/go/${name}: there is no such set of tools; there are ${toolSets().join(", ")}`,
    );
  }
  const version = spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8", env: goEnvironment() });
  if (version.status !== 0) {
    throw new ToolBuildError(
      `tools/go/${name}: no Go compiler answers (${version.error?.message ?? version.stderr.trim()}); install Go 1.26 or later and put it on PATH`,
    );
  }
  const set = JSON.parse(readFileSync(join(source, "tools.json"), "utf8")) as ToolSet;
  const linker = ["-s", "-w", ...(set.stamp ?? []).flatMap((value) => ["-X", value])].join(" ");
  const tags = set.tags === undefined ? [] : ["-tags", set.tags.join(",")];
  const flags = ["-trimpath", "-mod=readonly", ...tags, "-ldflags", linker];
  const key = createHash("sha256").update(version.stdout).update(flags.join(" "));
  const sources = readdirSync(source).filter((file) => file.endsWith(".go"));
  for (const file of ["go.mod", "go.sum", "tools.json", ...sources.sort()]) {
    key.update(readFileSync(join(source, file)));
  }
  return { set, folder: join(toolCache, `${name}-${key.digest("hex").slice(0, 12)}`), flags };
}

export function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, GOTOOLCHAIN: "local", CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
}

/** A folder is renamed into place when it is whole; a file that is missing all the same was taken away by somebody. */
function isComplete(folder: string, { binaries }: ToolSet): boolean {
  return Object.keys(binaries).every((binary) => {
    const file = join(folder, binary);
    return existsSync(file) && statSync(file).size > 0;
  });
}

async function build(
  name: string,
  set: ToolSet,
  folder: string,
  flags: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  const started = performance.now();
  const names = Object.keys(set.binaries);
  say(`building ${set.about} (tools/go/${name}), about ${set.minutes} minutes the first time`);
  const guard = new Guard(mkdtempSync(`${folder}.unfinished-`));
  const unfinished = guard.folder;
  try {
    for (const [index, binary] of names.entries()) {
      const packageName = set.binaries[binary] as string;
      const arguments_ = ["build", ...flags, "-o", join(unfinished, binary), packageName];
      const seconds = await run(arguments_, join(setsFolder, name), binary, guard, say);
      say(`  ${index + 1} of ${names.length}: ${binary}, ${seconds} s`);
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
    say(`built ${name} in ${Math.round((performance.now() - started) / 1000)} s`);
  } finally {
    await guard.release();
  }
}

/** Runs `go` and shows that it lives; resolves to the seconds it took. */
function run(
  arguments_: readonly string[],
  cwd: string,
  binary: string,
  guard: Guard,
  say: (line: string) => void,
): Promise<number> {
  return new Promise((done, fail) => {
    const started = performance.now();
    const seconds = () => Math.round((performance.now() - started) / 1000);
    // A group of its own, so that an end takes the compilers that `go` started with it.
    const child = spawn("go", arguments_, {
      cwd,
      env: goEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const { pid } = child;
    if (pid !== undefined) guard.watch(pid);
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data: Buffer) => lines.push(...data.toString().split("\n").filter(Boolean)));
    }
    const pulse = setInterval(
      () => say(`  ${binary}: still building after ${seconds()} s${downloads(lines)}`),
      30_000,
    );
    const limit = setTimeout(() => pid !== undefined && process.kill(-pid, "SIGKILL"), limitMinutes * 60_000);
    child.once("error", (error) => fail(new ToolBuildError(`${binary}: ${error.message}`)));
    child.once("close", (code, signal) => {
      clearInterval(pulse);
      clearTimeout(limit);
      if (pid !== undefined) guard.forget(pid);
      if (code === 0) return done(seconds());
      const why =
        signal === "SIGKILL"
          ? `it took more than ${limitMinutes} minutes`
          : `go ended with ${code ?? signal}`;
      const errors = lines.filter((line) => !line.startsWith("go: downloading")).slice(-15);
      fail(new ToolBuildError(`${binary} could not be built: ${why}\n${errors.join("\n")}`));
    });
  });
}

function downloads(lines: readonly string[]): string {
  const count = lines.filter((line) => line.startsWith("go: downloading")).length;
  return count === 0 ? "" : `, ${count} modules downloaded`;
}

/** Waits until no other process builds the same set; the lock of a process that is gone is taken over. */
async function lock(file: string, name: string, say: (line: string) => void): Promise<() => void> {
  for (let waited = 0; ; waited += 1) {
    try {
      writeFileSync(file, `${process.pid}`, { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (!ownerLives(file)) {
      rmSync(file, { force: true });
      continue;
    }
    if (waited === 0) say(`waiting for another process that builds ${name} (${file})`);
    await new Promise((resume) => setTimeout(resume, 1000));
  }
}

function ownerLives(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

if (import.meta.main) {
  try {
    const names = process.argv.slice(2);
    if (names.length === 0) throw new ToolBuildError(`name a set of tools: ${toolSets().join(", ")}`);
    for (const name of names) console.log(await goTools(name));
  } catch (error) {
    if (!(error instanceof ToolBuildError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}
