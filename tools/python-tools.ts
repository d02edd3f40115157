/**
 * Tools that exist as Python packages, each set in a virtual environment that later runs and other checkouts reuse:
 * `$XDG_CACHE_HOME/llm-marketplace/python-tools/<set>-<key>/`. A set is a folder of `tools/python/` with a
 * `requirements.txt` that pins every package by hash; the key is the hash of that file and of Python's version.
 */
import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const setsFolder = resolve(import.meta.dirname, "python");
const cacheFolder = join(
  process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
  "llm-marketplace",
  "python-tools",
);
const execute = promisify(execFile);

/** The folder with the set's programs, made first where it is missing. Throws with what pip said. */
export async function pythonTools(
  name: string,
  say: (line: string) => void = console.error,
): Promise<string> {
  const requirements = join(setsFolder, name, "requirements.txt");
  const version = spawnSync("python3", ["--version"], { encoding: "utf8" });
  if (version.status !== 0) {
    throw new Error(`tools/python/${name}: no python3 answers; install Python 3.11 or later with venv`);
  }
  const key = createHash("sha256").update(version.stdout).update(readFileSync(requirements));
  const folder = join(cacheFolder, `${name}-${key.digest("hex").slice(0, 12)}`);
  const programs = join(folder, "bin");
  // A virtual environment holds its own path, so it cannot be renamed into place: the stamp says that it is whole.
  const stamp = join(folder, ".complete");
  if (existsSync(stamp)) return programs;
  say(`installing tools/python/${name} (pip), about a minute the first time`);
  mkdirSync(cacheFolder, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  try {
    await execute("python3", ["-m", "venv", folder]);
    const install = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", requirements];
    await execute(join(programs, "python"), install, { timeout: 900_000 });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`tools/python/${name} could not be installed: ${(error as Error).message}`);
  }
  writeFileSync(stamp, "");
  return programs;
}
