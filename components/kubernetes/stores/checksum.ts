import { createHash } from "node:crypto";

/** Changes whenever a file changes, so that pods are restarted with it. */
export function checksum(files: Record<string, string>): string {
  return createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
}
