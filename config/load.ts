import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../components/core/errors.ts";
import { parse } from "./parse.ts";
import { toSettings } from "./settings.ts";
import type { PlatformSettings } from "./settings-types.ts";

/**
 * The settings of the stack that Pulumi runs: the one place where configuration is read. Throws one `UserError`
 * with every problem. `today` is for tests; support periods and exceptions are judged by it.
 */
export function loadSettings(today: Date = new Date()): PlatformSettings {
  const stack = { project: pulumi.getProject(), stack: pulumi.getStack() };
  const { config, problems } = parse(pulumi.runtime.allConfig(), { ...stack, today });
  if (config === undefined) throw new UserError(problems);
  return toSettings(config, stack);
}
