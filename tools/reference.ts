/** Writes the reference of the components' args into docs/reference, or with `--check` fails where it is stale. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const committed = join(root, "docs", "reference");

/** Runs TypeDoc; its settings are in typedoc.json. */
function write(folder: string): void {
  const typedoc = join(root, "node_modules", "typedoc", "bin", "typedoc");
  const run = spawnSync(process.execPath, [typedoc, "--out", folder], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (run.status !== 0) throw new Error("TypeDoc failed");
}

/** Every file below a folder, by its path inside it. */
function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
    }),
  );
}

if (!process.argv.includes("--check")) {
  write(committed);
} else {
  const fresh = mkdtempSync(join(tmpdir(), "marketplace-reference-"));
  try {
    write(fresh);
    const [expected, actual] = [contents(fresh), contents(committed)];
    const stale = [...new Set([...expected.keys(), ...actual.keys()])].filter(
      (path) => expected.get(path) !== actual.get(path),
    );
    for (const path of stale.sort())
      console.error(`stale: docs/reference/${path} (renew it with make goldens)`);
    if (stale.length > 0) process.exitCode = 1;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
