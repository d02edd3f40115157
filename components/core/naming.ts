import { createHash } from "node:crypto";
import type { PlatformContext } from "./context.ts";
import { UserError } from "./errors.ts";

/**
 * The physical name of something that people type or other systems refer to:
 * `llm-marketplace-<stack>-<name>`. Everything else is left to the provider's auto-naming.
 * A name over `limit` characters keeps its head and gets eight hexadecimal digits of its SHA-256
 * instead of being cut, so two long names never become one.
 */
export function physicalName(context: PlatformContext, name: string, limit = 63): string {
  return fitName(`${context.project}-${context.stack}-${name}`, limit);
}

/** Shortens `full` to `limit` characters with a hash suffix; names that fit are returned as they are. */
export function fitName(full: string, limit: number): string {
  if (full.length <= limit) return full;
  if (limit < 16) {
    throw new UserError({
      path: `name ${full}`,
      got: `${full.length} characters`,
      allowed: `at most ${limit}`,
      fix: "choose a shorter name: a hash suffix needs at least 16 characters",
    });
  }
  const digest = createHash("sha256").update(full).digest("hex").slice(0, 8);
  const head = full.slice(0, limit - digest.length - 1).replace(/-+$/, "");
  return `${head}-${digest}`;
}
