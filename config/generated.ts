import { stackFileSchema } from "./json-schema.ts";
import { resolvedConfig, stacks } from "./resolve.ts";

/**
 * Files that follow from the schema, the defaults and the stack files, by their path in the repository: the schema
 * that editors read, and the resolved configuration of each stack, committed so that a review sees what a changed
 * default does to every stack. `node config/write-generated.ts` writes them; a test proves them fresh.
 */
export function generatedFiles(today: Date = new Date()): Record<string, string> {
  const resolved = stacks.map((stack): [string, string] => [
    `config/resolved/${stack}.json`,
    json(resolvedConfig(stack, today)),
  ]);
  return { "config/stack.schema.json": json(stackFileSchema()), ...Object.fromEntries(resolved) };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
