/** Files that are generated from the sources: written by `make goldens`, proven fresh by `make test`. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stackFileSchema } from "../config/json-schema.ts";
import { resolvedConfig } from "../config/resolve.ts";
import type { Project } from "./project.ts";

export interface GeneratedFile {
  /** Path relative to the project. */
  readonly path: string;
  readonly content: string;
}

const schemaPath = join("config", "stack.schema.json");
const resolvedFolder = join("config", "resolved");

/** The JSON schema by which editors complete and check stack files. */
export function schemaFile(): GeneratedFile {
  return { path: schemaPath, content: json(stackFileSchema()) };
}

/** The whole configuration of a stack after defaults. */
export function resolvedFile(stack: string): GeneratedFile {
  return { path: join(resolvedFolder, `${stack}.json`), content: json(resolvedConfig(stack)) };
}

/** Every generated file of the configuration. */
export function generatedFiles(project: Project): GeneratedFile[] {
  return [schemaFile(), ...project.stacks.map(resolvedFile)];
}

/** Writes the files that differ and removes the resolved configuration of stacks that are gone. */
export function writeGenerated(project: Project): string[] {
  const files = generatedFiles(project);
  const changed = staleFiles(project, files);
  for (const path of changed) {
    const content = files.find((file) => file.path === path)?.content;
    if (content === undefined) rmSync(join(project.root, path));
    else {
      mkdirSync(dirname(join(project.root, path)), { recursive: true });
      writeFileSync(join(project.root, path), content);
    }
  }
  return changed;
}

/** Paths whose content on disk is not what would be generated. */
export function staleFiles(project: Project, files = generatedFiles(project)): string[] {
  const expected = new Set(files.map((file) => file.path));
  const folder = join(project.root, resolvedFolder);
  const left = existsSync(folder) ? readdirSync(folder).map((name) => join(resolvedFolder, name)) : [];
  const differing = files.filter((file) => {
    const path = join(project.root, file.path);
    return !existsSync(path) || readFileSync(path, "utf8") !== file.content;
  });
  return [...differing.map((file) => file.path), ...left.filter((path) => !expected.has(path))].sort();
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
