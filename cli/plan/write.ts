import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ManifestFile } from "./manifests.ts";
import { manifests } from "./manifests.ts";
import { type Plan, planDocument } from "./plan.ts";

/** Files that a plan leaves in its folder, by path relative to it. */
export function planFiles(plan: Plan): ManifestFile[] {
  return [
    { name: "plan.json", content: `${JSON.stringify(planDocument(plan), undefined, 2)}\n` },
    ...manifests(plan.resources).map(({ name, content }) => ({ name: join("manifests", name), content })),
  ];
}

/**
 * Replaces `directory` by these files. They are written beside it first, so that a failure leaves the files of
 * the last complete run or none.
 */
export function replaceDirectory(directory: string, files: readonly ManifestFile[]): void {
  const fresh = `${directory}.new-${process.pid}`;
  const old = `${directory}.old-${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  try {
    mkdirSync(join(fresh, "manifests"), { recursive: true });
    for (const { name, content } of files) {
      const path = join(fresh, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    try {
      renameSync(directory, old);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    renameSync(fresh, directory);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

/** Removes what an earlier run left, so that a failed plan is never taken for a good one. */
export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
