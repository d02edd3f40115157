import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";

const folder = resolve(import.meta.dirname, "..", "..", "..", "services", "contract");
// Formats are documentation here; what matters is the form.
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });

/** Problems of a value by a schema of `services/contract`, as sentences; none where it fits. */
export function contractProblems(name: string, value: unknown): string[] {
  const schema = JSON.parse(readFileSync(join(folder, `${name}.schema.json`), "utf8")) as { $id: string };
  const validate = ajv.getSchema(schema.$id) ?? ajv.compile(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || "/"} ${message}`);
}
