/**
 * The Pulumi project on disk: its name, its stacks and their configuration, read as the engine reads them, so that
 * a plan and `pulumi preview` hand the program the same values.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isAlias, isMap, isScalar, type Node, parseDocument, visit, type YAMLMap } from "yaml";
import { type Problem, UserError } from "../components/core/errors.ts";
import { nearest } from "../config/suggest.ts";

export interface Project {
  /** Folder of Pulumi.yaml. */
  readonly root: string;
  readonly name: string;
  /** Path of the program's entry. */
  readonly main: string;
  /** Names of the stacks that have a file, sorted. */
  readonly stacks: readonly string[];
}

/** Reads `Pulumi.yaml` in `root` and lists the stack files beside it. */
export function readProject(root: string): Project {
  const project = parse(join(root, "Pulumi.yaml"), "Pulumi.yaml").toJS() as Record<string, unknown>;
  const stacks = readdirSync(root)
    .map((file) => /^Pulumi\.([A-Za-z0-9_-]+)\.yaml$/.exec(file)?.[1])
    .filter((stack) => stack !== undefined)
    .sort();
  return { root, name: String(project.name), main: join(root, String(project.main ?? "index.ts")), stacks };
}

/**
 * Configuration of a stack with full keys, the way the engine gives it to the program: scalars as their text,
 * objects and lists as JSON. Values of the project file count where the stack file has none.
 */
export function stackConfig(project: Project, stack: string): Record<string, string> {
  requireStack(project, stack);
  const problems: Problem[] = [];
  const config: Record<string, string> = {};
  for (const [file, projectFile] of [
    ["Pulumi.yaml", true],
    [`Pulumi.${stack}.yaml`, false],
  ] as const) {
    for (const [key, node] of configNodes(project, file)) {
      const fullKey = key.includes(":") ? key : `${project.name}:${key}`;
      const value = projectFile ? projectValue(node) : node;
      if (value === undefined) continue;
      const date = bareDate(value);
      if (holdsSecure(value)) problems.push(secureProblem(file, fullKey));
      else if (date !== undefined) problems.push(dateProblem(file, fullKey, date));
      else config[fullKey] = configText(value);
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  return config;
}

/** Throws unless the stack has a file; the error lists those that have one. */
export function requireStack(project: Project, stack: string): void {
  if (project.stacks.includes(stack)) return;
  const meant = nearest(stack, project.stacks);
  throw new UserError({
    path: "stack",
    got: JSON.stringify(stack),
    allowed: project.stacks.join(", ") || "none: there is no stack file",
    fix:
      meant === undefined
        ? `name one of these stacks, or write Pulumi.${stack}.yaml`
        : `did you mean ${meant}?`,
  });
}

function parse(path: string, file: string) {
  if (!existsSync(path)) {
    throw new UserError({
      path: file,
      got: "no such file",
      allowed: "a Pulumi project file in the project's folder",
      fix: "run the command in the project's folder",
    });
  }
  const document = parseDocument(readFileSync(path, "utf8"), { prettyErrors: true });
  if (document.errors.length > 0) {
    throw new UserError(
      document.errors.map((error) => ({
        path: file,
        got: error.message.split("\n")[0] ?? error.message,
        allowed: "well-formed YAML, each key once",
        fix: `correct line ${error.linePos?.[0].line ?? 1}, column ${error.linePos?.[0].col ?? 1}`,
      })),
    );
  }
  return document;
}

function configNodes(project: Project, file: string): [string, Node][] {
  const document = parse(join(project.root, file), file);
  refuseUnknownKeys(document.contents, file);
  const config = document.get("config", true) as Node | undefined;
  if (config === undefined || (isScalar(config) && config.value === null)) return [];
  if (!isMap(config)) {
    throw new UserError({
      path: `${file} › config`,
      got: JSON.stringify(config.toJS(document)),
      allowed: "a mapping of keys to values",
      fix: "write `config:` with one key a line below it",
    });
  }
  return (config as YAMLMap<Node, Node | null>).items.map((pair) => {
    const value = pair.value;
    const resolved = isAlias(value) ? value.resolve(document) : value;
    return [String((pair.key as { value?: unknown }).value ?? pair.key), resolved as Node];
  });
}

/** What Pulumi reads at the top of a stack file; anything else it would pass over in silence. */
const stackFileKeys = ["config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider"];

function refuseUnknownKeys(contents: unknown, file: string): void {
  if (file === "Pulumi.yaml" || !isMap(contents)) return;
  const keys = contents.items.map(({ key }) => String((key as { value?: unknown }).value ?? key));
  const problems = keys
    .filter((key) => !stackFileKeys.includes(key))
    .map((key): Problem => {
      const meant = nearest(key, stackFileKeys);
      return {
        path: `${file} › ${key}`,
        got: "a key that no stack file has",
        allowed: stackFileKeys.join(", "),
        fix: meant === undefined ? "remove it; settings stand below `config:`" : `did you mean ${meant}?`,
      };
    });
  if (problems.length > 0) throw new UserError(problems);
}

/** A value of Pulumi.yaml: the value itself, or the `value` or `default` of a declaration. */
function projectValue(node: Node): Node | undefined {
  if (!isMap(node)) return node;
  return (node.get("value", true) ?? node.get("default", true)) as Node | undefined;
}

function holdsSecure(node: Node): boolean {
  let found = false;
  const look = (value: unknown): void => {
    if (value === null || typeof value !== "object") return;
    if (!Array.isArray(value) && Object.keys(value).join() === "secure") found = true;
    for (const member of Object.values(value)) look(member);
  };
  look(node.toJSON());
  return found;
}

function secureProblem(file: string, key: string): Problem {
  return {
    path: `${file} › ${key}`,
    got: "an encrypted value (`secure:`)",
    allowed: "no secrets: they live in the cloud's secret store",
    fix: "remove the key and put the secret into the secret store (docs/guide)",
  };
}

/** A date without quotes: text to most readers of YAML, a point in time to Pulumi's. */
function bareDate(node: Node): string | undefined {
  let found: string | undefined;
  visit(node, {
    Scalar(_key, { type, source = "" }) {
      if (type === "PLAIN" && /^\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?$/.test(source)) found ??= source;
    },
  });
  return found;
}

function dateProblem(file: string, key: string, date: string): Problem {
  return {
    path: `${file} › ${key}`,
    got: `${date} without quotes, which Pulumi hands on as a point in time`,
    allowed: "text",
    fix: `write "${date}"`,
  };
}

function configText(node: Node): string {
  if (isScalar(node)) {
    if (node.value === null) return "";
    return typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
  }
  return JSON.stringify(node.toJSON());
}
