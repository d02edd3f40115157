/**
 * `make audit`: the locked dependencies of the program and the four services against the known vulnerabilities
 * (osv.dev). Without a network, with a folder of databases: `OSV_DATABASES=<folder>`, which holds
 * `osv-scalibr/<ecosystem>/all.zip` for npm, Go, crates.io and PyPI as osv.dev publishes them. Ends with 1 where
 * something is vulnerable and with 2 where it could not be told.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { goTools } from "./go-tools.ts";

const root = resolve(import.meta.dirname, "..");
const lockFiles = [
  "package-lock.json",
  "services/publishing/package-lock.json",
  "services/discovery/go.mod",
  "services/consumption/Cargo.lock",
  "services/admin/uv.lock",
] as const;

const folder = process.env.OSV_DATABASES;
if (folder !== undefined && !existsSync(join(folder, "osv-scalibr"))) {
  console.error(`error: OSV_DATABASES=${folder}: there is no folder osv-scalibr in it; see tools/audit.ts`);
  process.exit(2);
}
const offline = folder === undefined ? [] : ["--offline", "--local-db-path", resolve(folder)];
const scanner = join(await goTools("osv-scanner"), "osv-scanner");
/** One file a run, so that a database that is missing for one language hides nothing of the others. */
const outcomes = lockFiles.map((file) => {
  const run = spawnSync(
    scanner,
    ["scan", "source", ...offline, "--verbosity", "warn", "-L", join(root, file)],
    { cwd: root, encoding: "utf8", timeout: 600_000 },
  );
  const text = `${run.stdout}${run.stderr}`.trim();
  if (run.status === 0) return { file, said: "nothing known", code: 0 };
  console.log(text);
  return run.status === 1
    ? { file, said: "VULNERABLE, see above", code: 1 }
    : { file, said: `could not be compared (osv-scanner ended with ${run.status})`, code: 2 };
});
for (const { file, said } of outcomes) console.log(`${file}: ${said}`);
process.exitCode = Math.max(...outcomes.map(({ code }) => code));
