import { UserError } from "../components/core/errors.ts";
import { parse } from "./parse.ts";
import type { PlatformConfig } from "./schema/platform.ts";
import { toSettings } from "./settings.ts";
import type { PlatformSettings } from "./settings-types.ts";
import { project, readStackFile } from "./stack-file.ts";

/** The stacks of this repository: four that are deployed, and two that keep the other variants planned. */
export const stacks = ["local", "dev", "staging", "production", "in-cluster", "zookeeper"] as const;
export type StackName = (typeof stacks)[number];

/**
 * The whole configuration of a stack, defaults included, from its stack file: what is committed under
 * `config/resolved/`, and what the guardrails' settings and the cost assumptions come from. Throws a `UserError`.
 */
export function resolvedConfig(stack: string, today: Date = new Date()): PlatformConfig {
  const { config, problems } = parse(readStackFile(stack), { project, stack, today });
  if (config === undefined) throw new UserError(problems);
  return config;
}

/** The settings that the components of a stack get, from its stack file. Throws a `UserError`. */
export function resolvedSettings(stack: string, today: Date = new Date()): PlatformSettings {
  return toSettings(resolvedConfig(stack, today), { project, stack });
}
