/** Finding the Pulumi CLI: the one on PATH, else the npm package of the same name, which downloads it. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Version of the npm package `pulumi`; it lags behind the SDK. `PULUMI_VERSION` names another. */
export const pulumiPackageVersion = "3.265.0";

export interface Tool {
  readonly command: string;
  /** Arguments that come before the tool's own. */
  readonly prefix: readonly string[];
  /** Whether running it may have to download it first. */
  readonly downloads: boolean;
}

/** Path of an executable on PATH. */
export function onPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  return (environment.PATH ?? "")
    .split(delimiter)
    .filter((directory) => directory !== "")
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path));
}

/** The Pulumi CLI; undefined where there is neither one nor npx to get it. */
export function findPulumi(environment: NodeJS.ProcessEnv): Tool | undefined {
  const installed = onPath("pulumi", environment);
  if (installed !== undefined) return { command: installed, prefix: [], downloads: false };
  const npx = onPath("npx", environment);
  if (npx === undefined) return undefined;
  const version = environment.PULUMI_VERSION || pulumiPackageVersion;
  return { command: npx, prefix: ["--yes", `pulumi@${version}`], downloads: true };
}
