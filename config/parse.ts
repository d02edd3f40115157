import { type Environment, environments } from "../components/core/context.ts";
import type { Problem } from "../components/core/errors.ts";
import { crossFieldProblems } from "./checks/all.ts";
import { defaults } from "./defaults.ts";
import { explain, place, show, unknownKey, wrongValue } from "./explain.ts";
import { isObject, type Json, type JsonObject, merge } from "./merge.ts";
import { type PlatformConfig, platform } from "./schema/platform.ts";
import { branches, isObjectSection, sectionNames } from "./schema-tree.ts";

/** Where the configuration comes from, and what the checks compare with. */
export interface ParseContext {
  /** Name of the Pulumi project: the namespace of the program's own keys. */
  readonly project: string;
  readonly stack: string;
  /** Day on which support periods and exceptions are judged. */
  readonly today: Date;
}

export type ParseResult =
  | { readonly config: PlatformConfig; readonly problems: readonly [] }
  | { readonly config: undefined; readonly problems: readonly Problem[] };

/**
 * Reads the configuration of a stack as Pulumi hands it over: `project:section` to text, objects as JSON. Defaults
 * are merged in, the whole is checked once, and every problem is reported, not only the first. Pure.
 */
export function parse(values: Readonly<Record<string, string>>, from: ParseContext): ParseResult {
  const file = stackFile(from.stack);
  const { sections, problems } = readSections(values, from.project, file);
  const { environment, stated } = chooseRow(sections, file, problems);
  const row = defaultsOf(environment);
  const merged = merge(row, stated) as JsonObject;
  const parsed = platform.safeParse(merged);
  if (!parsed.success) problems.push(...explain(file, parsed.error.issues, merged));
  const wrong = new Set(parsed.error?.issues.map((issue) => String(issue.path[0] ?? "")));
  const config = parsed.success ? parsed.data : withoutWrongSections(merged, row, wrong);
  if (config !== undefined) problems.push(...crossFieldProblems(config, { ...from, file, wrong }));
  if (problems.length > 0 || !parsed.success) return { config: undefined, problems };
  return { config: parsed.data, problems: [] };
}

/** `Pulumi.dev.yaml`. */
export function stackFile(stack: string): string {
  return `Pulumi.${stack}.yaml`;
}

function readSections(
  values: Readonly<Record<string, string>>,
  project: string,
  file: string,
): { sections: JsonObject; problems: Problem[] } {
  const problems: Problem[] = [];
  const entries: [string, Json][] = [];
  for (const [key, text] of Object.entries(values)) {
    const namespace = key.slice(0, Math.max(0, key.indexOf(":")));
    const name = key.slice(namespace.length + 1);
    // Pulumi's own settings, such as pulumi:disable-default-providers.
    if (namespace === "pulumi") continue;
    if (namespace !== project) problems.push(foreignKey(file, project, key, namespace));
    else if (!sectionNames.includes(name)) problems.push(unknownKey(file, [name], sectionNames));
    else if (!isObjectSection(name)) entries.push([name, text]);
    else readObject(file, name, text, entries, problems);
  }
  return { sections: Object.fromEntries(entries), problems };
}

function foreignKey(file: string, project: string, key: string, namespace: string): Problem {
  return {
    path: place(file, [key]),
    got: `a key of ${namespace === "" ? "no namespace" : namespace}`,
    allowed: `keys of ${project} and pulumi`,
    fix: `remove it: default providers are disabled, so it would change nothing; ${project}:aws.region sets the region`,
  };
}

function readObject(
  file: string,
  name: string,
  text: string,
  entries: [string, Json][],
  problems: Problem[],
): void {
  const value = readJson(text);
  if (isObject(value)) {
    entries.push([name, value]);
    return;
  }
  problems.push({
    path: place(file, [name]),
    got: show(value ?? text),
    allowed: "an object",
    fix: `write ${name} as keys and values, one a line, under llm-marketplace:${name}`,
  });
}

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/**
 * The environment whose row is taken, and the sections with a cloud that fits it. Where environment or cloud are
 * missing or wrong, that is a problem of its own; the rest is still checked, against the row that fits best.
 */
function chooseRow(
  sections: JsonObject,
  file: string,
  problems: Problem[],
): { environment: Environment; stated: JsonObject } {
  const before = problems.length;
  const named = environments.find((name) => name === sections.environment);
  const clouds = branches.flatMap((branch) => branch.properties?.cloud?.const ?? []);
  if (!Object.hasOwn(sections, "cloud") || !clouds.includes(sections.cloud ?? null)) {
    problems.push(
      wrongValue(file, ["cloud"], { enum: clouds, description: "where the platform stands" }, sections),
    );
  }
  if (named === undefined) {
    problems.push(wrongValue(file, ["environment"], branches[0]?.properties?.environment, sections));
  }
  const environment = named ?? (sections.cloud === "local" ? "local" : "production");
  const cloud = environment === "local" ? "local" : "aws";
  if (problems.length === before && sections.cloud !== cloud) {
    problems.push({
      path: place(file, ["cloud"]),
      got: `${show(sections.cloud)} with the environment ${environment}`,
      allowed: environment === "local" ? "local" : "aws",
      fix: "let cloud and environment both be local, or neither",
    });
  }
  const stated = { ...sections, cloud, environment };
  if (problems.length === before) return { environment, stated };
  // Sections of the cloud that was meant are no further problem while it is unknown which one that is.
  const branch = branches.find((option) => option.properties?.cloud?.const === cloud);
  const fitting = Object.entries(stated).filter(([name]) => Object.hasOwn(branch?.properties ?? {}, name));
  return { environment, stated: Object.fromEntries(fitting) };
}

function defaultsOf(environment: Environment): JsonObject {
  return defaults[environment] as unknown as JsonObject;
}

/** Values that pass, in the place of required ones that are missing or wrong, so that the others can be checked. */
const placeholders: JsonObject = {
  owner: "nobody",
  costCentre: "nobody",
  domain: "nobody.example.com",
  profile: "list",
  identity: { issuer: "https://identity.example.com", audience: "nobody" },
  aws: { region: "us-east-1", drRegion: "us-west-2" },
  local: { kubeContext: "none", storageProvisioner: "none", registry: "none" },
};

/** The configuration with the defaults in the place of wrong sections; undefined where that is none either. */
function withoutWrongSections(
  merged: JsonObject,
  row: JsonObject,
  wrong: ReadonlySet<string>,
): PlatformConfig | undefined {
  const sections = [...new Set([...Object.keys(merged), ...Object.keys(placeholders)])];
  const patched = sections.flatMap((name): [string, Json][] => {
    if (!wrong.has(name)) return Object.hasOwn(merged, name) ? [[name, merged[name] as Json]] : [];
    const value = Object.hasOwn(placeholders, name) ? placeholders[name] : row[name];
    return value === undefined ? [] : [[name, value]];
  });
  return platform.safeParse(Object.fromEntries(patched)).data;
}
