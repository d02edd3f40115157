import type { PlatformConfig } from "../schema/platform.ts";

/** What a check knows beside the configuration. */
export interface CheckContext {
  /** Name of the stack. */
  readonly stack: string;
  readonly project: string;
  /** Day on which support periods and exceptions are judged. */
  readonly today: Date;
}

/** Two settings that do not go together, or one that the world outside does not allow. */
export interface Finding {
  /** Place in the stack file, `cluster.pools.memory`, or in `file`. */
  readonly path: string;
  /** The file that must change, where that is not the stack's own. */
  readonly file?: string;
  readonly got: string;
  readonly allowed: string;
  readonly fix: string;
}

export interface Check {
  /** Sections that it reads: where one of them is wrong in itself, the check is left out. */
  readonly reads: readonly string[];
  readonly findings: (config: PlatformConfig, context: CheckContext) => readonly Finding[];
}

/** Values that occur more than once. */
export function duplicates(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

export function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
