import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { FastifyInstance, FastifySchemaCompiler } from "fastify";
import { HttpProblem, validationFailed } from "./problems.ts";

export const bodyLimitBytes = 1_048_576;

/** Bodies are UTF-8 JSON and nothing else. */
export function addJsonParser(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  const decoder = new TextDecoder("utf-8", { fatal: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    // Clients send the type without a body where an operation takes none.
    if (body.length === 0) return done(null, undefined);
    let text: string;
    try {
      text = decoder.decode(body as Buffer);
    } catch {
      return done(new HttpProblem(validationFailed("the body is not UTF-8")), undefined);
    }
    parse(request, text, done);
  });
  app.addHook("preValidation", async ({ body, query, url }) => {
    if (!isStorable(body) || !isStorable(query) || !url.isWellFormed()) {
      throw new HttpProblem(
        validationFailed("text holds a NUL or half of a surrogate pair, which cannot be stored"),
      );
    }
  });
}

/** Whether PostgreSQL can hold every text in the value. Iterative: a megabyte of brackets is deeper than the stack. */
export function isStorable(value: unknown): boolean {
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next === "string" && (next.includes("\0") || !next.isWellFormed())) return false;
    if (typeof next === "object" && next !== null) {
      for (const [key, inner] of Object.entries(next)) rest.push(key, inner);
    }
  }
  return true;
}

/** Types are taken as they are in bodies; only what has no types of its own, query and path, is converted. */
export function createValidators(): FastifySchemaCompiler<unknown> {
  const options = { allErrors: false, removeAdditional: false, useDefaults: true, strict: false };
  const exact = new Ajv2020({ ...options, coerceTypes: false });
  const converting = new Ajv2020({ ...options, coerceTypes: true });
  for (const ajv of [exact, converting]) addFormats.default(ajv);
  return ({ schema, httpPart }) => (httpPart === "body" ? exact : converting).compile(schema as object);
}
