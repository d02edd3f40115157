import type { FastifyError } from "fastify";
import { Refusal, type RefusalCode } from "../domain/refusal.ts";
import { Unavailable } from "../storage/unavailable.ts";

export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** What an error is to the caller, without the request that it answers. */
export interface ProblemKind {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by what belongs to HTTP itself. */
export class HttpProblem extends Error {
  readonly kind: ProblemKind;

  constructor(kind: ProblemKind) {
    super(kind.detail);
    this.name = "HttpProblem";
    this.kind = kind;
  }
}

export const validationFailed = (detail: string, errors: readonly FieldError[] = []): ProblemKind => ({
  status: 400,
  code: "validation-failed",
  title: "The request is not valid",
  detail,
  errors,
});

export const unauthenticated = (detail: string): ProblemKind => ({
  status: 401,
  code: "unauthenticated",
  title: "A valid access token is needed",
  detail,
  headers: { "www-authenticate": 'Bearer realm="llm-marketplace"' },
});

export const routeNotFound: ProblemKind = {
  status: 404,
  code: "not-found",
  title: "Not found",
  detail: "there is nothing at this path",
};

export const methodNotAllowed = (allowed: readonly string[]): ProblemKind => ({
  status: 405,
  code: "method-not-allowed",
  title: "Method not allowed",
  detail: `allowed here: ${allowed.join(", ")}`,
  headers: { allow: allowed.join(", ") },
});

export const unavailable = (dependency: string): ProblemKind => ({
  status: 503,
  code: "dependency-unavailable",
  title: "A store or service that this needs does not answer",
  detail: `${dependency} is unavailable at present; nothing is known to have been changed; try again`,
  headers: { "retry-after": "2" },
});

const internal: ProblemKind = {
  status: 500,
  code: "internal",
  title: "Internal error",
  detail: "the service failed; the trace id names the failure in its logs",
};

/** Problems of requests that Node or Fastify refuse before any handler. */
const frameworkProblems: Readonly<Record<number, Omit<ProblemKind, "status">>> = {
  400: { code: "validation-failed", title: "The request is not valid", detail: "the request cannot be read" },
  404: routeNotFound,
  408: {
    code: "request-timeout",
    title: "Request timeout",
    detail: "the request took more than 10 s to arrive",
  },
  413: { code: "payload-too-large", title: "Payload too large", detail: "bodies have at most 1 MiB" },
  414: { code: "uri-too-long", title: "URI too long", detail: "a part of the path is too long" },
  415: {
    code: "unsupported-media-type",
    title: "Unsupported media type",
    detail: "bodies are application/json",
  },
  431: { code: "headers-too-large", title: "Headers too large", detail: "headers have at most 16 KiB" },
};

/** The problem of a status that the framework chose. */
export function frameworkProblem(status: number): ProblemKind {
  return { status, ...(frameworkProblems[status] ?? frameworkProblems[400] ?? internal) };
}

const refusals: Readonly<Record<RefusalCode, { readonly status: number; readonly title: string }>> = {
  forbidden: { status: 403, title: "Forbidden" },
  "not-found": { status: 404, title: "Not found" },
  "precondition-failed": { status: 412, title: "The listing has changed" },
  "own-listing": { status: 403, title: "Another organisation must decide this" },
  "signature-refused": { status: 403, title: "The signature does not prove the artefact" },
  "invalid-transition": { status: 409, title: "The listing's status does not allow this" },
  "field-frozen": { status: 409, title: "A field is fixed after publication" },
  "slug-taken": { status: 409, title: "The slug is taken" },
  "release-missing": { status: 409, title: "The listing has no release" },
  "release-not-newer": { status: 409, title: "The release is not the newest" },
  "release-not-fitting": { status: 409, title: "The release does not fit the listing" },
  "endpoint-not-allowed": { status: 409, title: "The endpoint is not allowed here" },
  "artefact-unknown": { status: 409, title: "The artefact is unknown" },
  "artefact-differs": { status: 409, title: "The artefact is registered otherwise" },
  "key-limit-reached": { status: 409, title: "Too many keys" },
  "idempotency-key-reused": { status: 409, title: "The idempotency key belongs to another request" },
};

/** Every error that a request can end in, as what the caller gets to know of it. */
export function problemOf(error: unknown): ProblemKind {
  if (error instanceof HttpProblem) return error.kind;
  if (error instanceof Refusal) return { ...refusals[error.code], code: error.code, detail: error.message };
  if (error instanceof Unavailable) return unavailable(error.dependency);
  if (isFrameworkError(error)) {
    if (error.validation) return validationOf(error);
    const status = error.statusCode ?? 500;
    if (status >= 400 && status < 500) return frameworkProblem(status);
  }
  return internal;
}

function isFrameworkError(error: unknown): error is FastifyError {
  return error instanceof Error && ("statusCode" in error || "validation" in error);
}

function validationOf(error: FastifyError): ProblemKind {
  const part = error.validationContext ?? "body";
  const errors = (error.validation ?? []).map(({ instancePath, params, message = "not valid" }) => {
    const name = params.additionalProperty ?? params.missingProperty;
    const path = `/${part}${instancePath}${typeof name === "string" ? `/${name}` : ""}`;
    return { path, message };
  });
  return validationFailed(`the request's ${part} is not valid`, errors);
}
