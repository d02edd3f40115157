import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse as parseYaml } from "yaml";
import { UserError } from "../components/core/errors.ts";
import { isObject, type Json } from "./merge.ts";
import { stackFile } from "./parse.ts";

/** The project's name in Pulumi.yaml, and with it the namespace of its configuration. */
export const project = "llm-marketplace";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * `config:` of a stack file as Pulumi hands it to a program: every value text, objects and lists as JSON. Throws a
 * `UserError` where the file is missing or no YAML.
 */
export function readStackFile(stack: string, directory = root): Record<string, string> {
  const file = stackFile(stack);
  const content = readText(directory, file);
  const document = parseDocument(file, content);
  const config = isObject(document) ? (document.config ?? {}) : {};
  if (!isObject(config)) {
    throw new UserError({
      path: `${file} › config`,
      got: JSON.stringify(config),
      allowed: "keys and values",
      fix: "write settings as llm-marketplace:<section>: <value>, one a line",
    });
  }
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

function readText(directory: string, file: string): string {
  try {
    return readFileSync(`${directory}/${file}`, "utf8");
  } catch {
    throw new UserError({
      path: file,
      got: "no such file",
      allowed: "a stack file beside Pulumi.yaml",
      fix: `create ${file}; Pulumi.dev.yaml is an example`,
    });
  }
}

function parseDocument(file: string, content: string): Json {
  try {
    return parseYaml(content) as Json;
  } catch (error) {
    throw new UserError({
      path: file,
      got: error instanceof Error ? (error.message.split("\n")[0] ?? "") : "unreadable text",
      allowed: "YAML",
      fix: "correct the file at that line",
    });
  }
}
