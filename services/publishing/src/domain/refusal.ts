/** Why the domain does not do what it was asked; stable, part of the API. */
export type RefusalCode =
  | "forbidden"
  | "not-found"
  | "precondition-failed"
  | "own-listing"
  | "signature-refused"
  | "invalid-transition"
  | "field-frozen"
  | "slug-taken"
  | "release-missing"
  | "release-not-newer"
  | "release-not-fitting"
  | "endpoint-not-allowed"
  | "artefact-unknown"
  | "artefact-differs"
  | "key-limit-reached"
  | "idempotency-key-reused";

/** A refusal that is the caller's to mend; knows nothing of HTTP. */
export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.name = "Refusal";
    this.code = code;
  }
}

/** The same words for what is absent and for what the caller may not know of. */
export function notFound(what: string): Refusal {
  return new Refusal("not-found", `there is no such ${what}`);
}
