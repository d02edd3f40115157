import { UserError } from "../components/core/errors.ts";
import { staleFiles, writeGenerated } from "./generate.ts";
import type { Project } from "./project.ts";

/** `marketplace config generate`: writes what is stale, or with `check` refuses it. */
export function generateConfig(project: Project, check: boolean): void {
  if (!check) {
    for (const path of writeGenerated(project)) process.stdout.write(`renewed ${path}\n`);
    return;
  }
  const stale = staleFiles(project);
  if (stale.length === 0) return;
  throw new UserError(
    stale.map((path) => ({
      path,
      got: "a generated file that is stale",
      allowed: "exactly what `make goldens` writes",
      fix: "run `make goldens` and commit the result",
    })),
  );
}
