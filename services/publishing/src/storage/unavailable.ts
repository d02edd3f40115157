/** A store cannot be asked at present; the caller may come again. */
export class Unavailable extends Error {
  readonly dependency: string;

  constructor(dependency: string, cause: unknown) {
    super(`${dependency} is unavailable: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.name = "Unavailable";
    this.dependency = dependency;
  }
}

/** SQLSTATE classes and codes that pass: connections, resources, shutdown, timeouts, deadlocks, read-only standbys. */
const passing = /^(08|53|57|58|40001|40P01|55P03|25006|25P03)/;
const network = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
/** What `pg` says without a code when a connection ends, cannot be had, or does not answer. */
const words =
  /terminat|timeout exceeded|Query read timeout|not queryable|Client was closed|Connection ended|socket disconnected/i;

/** `Unavailable` where the error passes by itself, else the error as it is. */
export function asUnavailable(error: unknown, always?: string): unknown {
  if (error instanceof Unavailable) return error;
  if (always !== undefined) return new Unavailable("postgres", error);
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (passing.test(code) || network.has(code)) return new Unavailable("postgres", error);
  if (code === "" && error instanceof Error && words.test(error.message))
    return new Unavailable("postgres", error);
  return error;
}
