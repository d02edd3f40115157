/** Jars from Maven's central repository, once a version, in a folder that later runs reuse. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ServerError } from "./process.ts";

const cacheFolder = join(
  process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
  "llm-marketplace",
  "engines",
);

const execute = promisify(execFile);

/** The folder with every jar that the `pom.xml` in `source` names, downloaded first where it is missing. */
export async function jars(name: string, source: string): Promise<string> {
  const pom = join(source, "pom.xml");
  const key = createHash("sha256").update(readFileSync(pom)).digest("hex").slice(0, 12);
  const folder = join(cacheFolder, `${name}-${key}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder, { recursive: true });
  console.error(`downloading the jars of ${name} (Maven), about half a minute the first time`);
  const unfinished = mkdtempSync(`${folder}.unfinished-`);
  try {
    const args = ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${unfinished}`];
    await execute("mvn", args, { timeout: 600_000 }).catch((error: Error & { stdout?: string }) => {
      const said = `${error.message}\n${error.stdout ?? ""}`.trim().split("\n").slice(-8);
      throw new ServerError(`${name}: Maven could not bring the jars of ${pom}:\n${said.join("\n")}`);
    });
    // Two at once may both arrive here; the jars are the same, and the first stays.
    if (!existsSync(folder)) renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}
