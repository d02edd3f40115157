/**
 * What a plan is compared with: the goldens of the pull request's base branch where GitHub names one, else those of
 * the last commit, else the files as they lie there.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CostFigures } from "./cost-change.ts";

const run = promisify(execFile);

export interface Baseline {
  /** In words: `main`, `the last commit`. */
  readonly from: string;
  readonly resources: string | undefined;
  readonly cost: CostFigures | undefined;
}

/** Reads the goldens of a stack; undefined where there are none. */
export async function readBaseline(
  root: string,
  stack: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Baseline | undefined> {
  const branch = environment.GITHUB_BASE_REF;
  const sources: (readonly [from: string, read: (path: string) => Promise<string | undefined>])[] = [
    ...(branch ? [[branch, (path: string) => atRef(root, `origin/${branch}`, path)] as const] : []),
    ["the last commit", (path) => atRef(root, "HEAD", path)],
    ["the committed golden", (path) => readFile(join(root, path), "utf8").catch(() => undefined)],
  ];
  for (const [from, read] of sources) {
    const [resources, cost] = await Promise.all([
      read(`tests/goldens/${stack}.txt`),
      read(`tests/goldens/${stack}.cost.json`),
    ]);
    if (resources !== undefined || cost !== undefined) {
      return { from, resources, cost: cost === undefined ? undefined : (JSON.parse(cost) as CostFigures) };
    }
  }
  return undefined;
}

/** A file of a commit; undefined where git, the repository, the commit or the file is missing. */
async function atRef(root: string, ref: string, path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run("git", ["show", "--no-textconv", `${ref}:./${path}`], {
      cwd: root,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch {
    return undefined;
  }
}
