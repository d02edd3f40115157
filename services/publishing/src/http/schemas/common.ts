import { type TSchema, Type } from "typebox";
import { defaultLimit } from "../paging.ts";

/** Control characters: PostgreSQL cannot store NUL, and none of the others belongs into a line of text. */
const line = "^[^\\u0000-\\u001f\\u007f]*$";
/** As `line`, with tabs and line ends. */
const prose = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]*$";

export const lineOf = (minLength: number, maxLength: number, description?: string) =>
  Type.String({ minLength, maxLength, pattern: line, description });
export const proseOf = (minLength: number, maxLength: number, description?: string) =>
  Type.String({ minLength, maxLength, pattern: prose, description });

export const strict = { additionalProperties: false } as const;

export const uuid = (description?: string) => Type.String({ format: "uuid", description });
export const moment = (description?: string) => Type.String({ format: "date-time", description });
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** A schema that the application knows by its `$id`, with the type that it has in TypeScript. */
export const reference = (id: string) => Type.Unsafe<unknown>({ $ref: `${id}#` });

export const Problem = Type.Object(
  {
    type: Type.String({ pattern: "^urn:llm-marketplace:problem:[a-z0-9-]+$" }),
    title: Type.String({ minLength: 1 }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String(),
    instance: Type.String(),
    code: Type.String({ pattern: "^[a-z0-9-]+$" }),
    traceId: nullable(Type.String({ pattern: "^[0-9a-f]{32}$" })),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }, strict))),
  },
  { ...strict, $id: "Problem", description: "RFC 9457 problem." },
);

const problemTitles: Readonly<Record<number, string>> = {
  400: "The request is not valid.",
  401: "No valid access token.",
  403: "The caller's roles or organisation do not allow this, or a signature does not prove what it should.",
  404: "There is no such object, or the caller may not know of it.",
  408: "The request took too long to arrive.",
  409: "The state of the object does not allow this; `code` says why.",
  412: "The listing has another version than `If-Match` says.",
  413: "The body is larger than 1 MiB.",
  415: "The body is not application/json.",
  431: "The headers are larger than 16 KiB.",
  500: "The service failed.",
  503: "A store does not answer; try again after `Retry-After` seconds.",
};

/** What every operation can answer: too much, too slow, no token, no store. */
const always = [400, 401, 403, 408, 431, 500, 503] as const;
export const reading = [...always, 404] as const;
export const writing = [...reading, 409, 413, 415] as const;
export const versioned = [...writing, 412] as const;

/** The answers of an operation that are problems. */
export function problems(statuses: readonly number[]) {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: problemTitles[status] ?? "",
        content: { "application/problem+json": { schema: reference("Problem") } },
        ...(status === 401 ? { headers: { "www-authenticate": { type: "string" } } } : {}),
        ...(status === 503 ? { headers: { "retry-after": { type: "string" } } } : {}),
      },
    ]),
  );
}

/** An answer that succeeds. */
export function success(
  description: string,
  schema: TSchema,
  headers: Readonly<Record<string, object>> = {},
) {
  return { description, headers, content: { "application/json": { schema } } };
}

export const etagHeader = {
  etag: { type: "string", description: "The listing's version in quotes, for If-Match." },
};

export const idParams = Type.Object({ id: uuid("The listing's id.") });

const limit = Type.Integer({ minimum: 1, maximum: 100, default: defaultLimit });

/** `?limit=&cursor=` and what else a list takes; the cursor's length is that of what it points to. */
export const pageQuery = <T extends Record<string, TSchema>>(cursorLength: number, more: T) =>
  Type.Object(
    {
      ...more,
      limit: Type.Optional(limit),
      cursor: Type.Optional(
        Type.String({
          pattern: `^[A-Za-z0-9_-]{${cursorLength}}$`,
          description: "The last answer's `nextCursor`.",
        }),
      ),
    },
    strict,
  );

export const pageOf = (id: string) =>
  Type.Object({ items: Type.Array(reference(id)), nextCursor: nullable(Type.String()) }, strict);

const version = '^(\\*|"[1-9][0-9]{0,8}")$';
export const ifMatch = Type.String({
  pattern: version,
  description: "The `ETag` that the change is based on, or `*` for whatever version there is.",
});
export const idempotencyKey = Type.String({
  pattern: "^[A-Za-z0-9_-]{8,64}$",
  description:
    "The same key with the same request within 24 hours gets the first answer again, without a second change.",
});

export const postHeaders = Type.Object({ "idempotency-key": Type.Optional(idempotencyKey) });
export const versionedPostHeaders = Type.Object({
  "idempotency-key": Type.Optional(idempotencyKey),
  "if-match": Type.Optional(ifMatch),
});
export const patchHeaders = Type.Object({ "if-match": ifMatch });
