import type { Page } from "../application/store.ts";

/** Characters of a cursor that points to a UUID: 16 bytes, base64url. Every such text is one. */
export const uuidCursorLength = 22;
/** Characters of a cursor that points to a row's number: 8 bytes, base64url. */
export const numberCursorLength = 11;

/** Items of a page where the caller names no number. */
export const defaultLimit = 20;

interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

/** One more than is shown, to know whether there is a next page. */
export function uuidPage({ limit = defaultLimit, cursor }: PageQuery): Page {
  if (cursor === undefined) return { limit: limit + 1, after: undefined };
  const hex = Buffer.from(cursor, "base64url").toString("hex");
  return { limit: limit + 1, after: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") };
}

export function numberPage({ limit = defaultLimit, cursor }: PageQuery): Page {
  if (cursor === undefined) return { limit: limit + 1, after: undefined };
  // PostgreSQL's bigint has a sign: the highest bit is never one of ours.
  const number = BigInt.asUintN(63, Buffer.from(cursor, "base64url").readBigUInt64BE());
  return { limit: limit + 1, after: `${number}` };
}

export const uuidCursor = (id: string) => Buffer.from(id.replaceAll("-", ""), "hex").toString("base64url");

export function numberCursor(id: string): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(id));
  return bytes.toString("base64url");
}

/** The answer of a list: `items` as they are shown, and where the next page begins. */
export function pageAnswer<T extends { readonly id: string }, V>(
  found: readonly T[],
  limit: number | undefined,
  view: (item: T) => V,
  cursor: (id: string) => string,
): { items: V[]; nextCursor: string | null } {
  const shown = limit ?? defaultLimit;
  const items = found.slice(0, shown);
  const last = items.at(-1);
  return { items: items.map(view), nextCursor: found.length > shown && last ? cursor(last.id) : null };
}
