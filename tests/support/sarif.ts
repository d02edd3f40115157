/** The SARIF 2.1.0 schema as a check; where the schema is from stands in tests/fixtures/sarif/README.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { root } from "./cli.ts";

let compiled: ValidateFunction | undefined;

function validator(): ValidateFunction {
  if (compiled) return compiled;
  const file = join(root, "tests", "fixtures", "sarif", "sarif-2.1.0.schema.json");
  // The schema is of draft 4, and says nothing that later drafts read otherwise, but for `id`.
  const { $schema: _draft, id: _id, ...schema } = JSON.parse(readFileSync(file, "utf8"));
  const formats = {
    uri: (text: string) => URL.canParse(text),
    "uri-reference": (text: string) => URL.canParse(text, "https://example.com/") && !/\s/.test(text),
    "date-time": true as const,
  };
  // One of its patterns has a bracket too many, which only the older form of expressions lets pass.
  compiled = new Ajv({ strict: false, unicodeRegExp: false, formats }).compile(schema);
  return compiled;
}

/** What the schema finds wrong with a log; empty where it is valid. */
export function sarifErrors(log: unknown): string[] {
  const validate = validator();
  validate(log);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}
