/** A stack as another commit has it: planned by that commit's own code in a temporary worktree. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../../components/core/errors.ts";
import { type UsageAssumptions, usageNames } from "../../cost/assumptions.ts";
import type { CostResource } from "../../cost/types.ts";
import type { PlannedResource } from "../../policies/shared/graph.ts";
import type { Project } from "../project.ts";
import { runChild } from "./child.ts";
import { planResources } from "./graph.ts";
import type { CostSettings } from "./settings.ts";

const run = promisify(execFile);

export interface RefPlan {
  readonly resources: readonly CostResource[];
  /** That commit's assumptions where it states them, else the ones given. */
  readonly settings: CostSettings;
}

/** The commit that a ref names; undefined where it names none. */
export async function commitOf(project: Project, ref: string): Promise<string | undefined> {
  try {
    const { stdout } = await git(
      project.root,
      "rev-parse",
      "--verify",
      "--quiet",
      "--end-of-options",
      `${ref}^{commit}`,
    );
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** Plans `stack` as `commit` has it. Today's prices are used for both, so that only the stack's own changes show. */
export async function planRef(
  project: Project,
  stack: string,
  commit: string,
  current: CostSettings,
): Promise<RefPlan> {
  const folder = mkdtempSync(join(tmpdir(), "marketplace-cost-"));
  const tree = join(folder, "tree");
  try {
    await git(project.root, "worktree", "add", "--detach", "--quiet", tree, commit);
    requireStackFile(tree, stack, commit);
    const packages = join(tree, "node_modules");
    if (!existsSync(packages)) symlinkSync(join(project.root, "node_modules"), packages);
    const args = ["--project", tree, "plan", stack, "--json", "--out", join(folder, "out")];
    const { code, stdout, stderr } = await runChild(join(tree, "cli", "main.ts"), args, tree);
    // A guardrail that is violated there does not keep its resources from being compared.
    if (code !== 0 && code !== 2)
      throw new Error(`planning ${stack} of ${commit} ended with ${code}\n${stderr}`);
    const { resources } = JSON.parse(stdout) as { resources: Planned[] };
    return { resources: planResources(resources.map(planned)), settings: settingsOf(tree, stack, current) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await git(project.root, "worktree", "prune").catch(() => undefined);
  }
}

/** A resource of `plan --json`. */
type Planned = Omit<PlannedResource, "parent" | "provider"> & {
  readonly parent: string | null;
  readonly provider: string | null;
};

const planned = (resource: Planned): PlannedResource => ({
  ...resource,
  parent: resource.parent ?? undefined,
  provider: resource.provider ?? "",
});

function requireStackFile(tree: string, stack: string, commit: string): void {
  if (existsSync(join(tree, `Pulumi.${stack}.yaml`))) return;
  throw new UserError({
    path: "--compare",
    got: `${commit}, which has no stack ${stack}`,
    allowed: "a commit that has the stack",
    fix: `name a commit in which Pulumi.${stack}.yaml exists`,
  });
}

/** The cost section as that commit resolved it, with what it did not know yet from today's. */
function settingsOf(tree: string, stack: string, current: CostSettings): CostSettings {
  const path = join(tree, "config", "resolved", `${stack}.json`);
  if (!existsSync(path)) return current;
  const { cost } = JSON.parse(readFileSync(path, "utf8")) as { cost?: Partial<CostSettings> };
  const stated = (cost?.assumptions ?? {}) as Partial<UsageAssumptions>;
  const assumptions = Object.fromEntries(
    usageNames.map((name) => [name, stated[name] ?? current.assumptions[name]]),
  ) as UsageAssumptions;
  return {
    ...current,
    spotRatio: cost?.spotRatio ?? current.spotRatio,
    typicalNodeShare: cost?.typicalNodeShare ?? current.typicalNodeShare,
    assumptions,
  };
}

function git(cwd: string, ...args: string[]) {
  return run("git", args, { cwd });
}
