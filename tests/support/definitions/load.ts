/**
 * The definitions of the operators' kinds, at the version that the pinned chart installs: what a Helm release would
 * install is installed by the tests, so that the API server judges the objects as it would in a real cluster.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { folderOfModule } from "../../../tools/go-modules.ts";
import type { KubernetesObject } from "../control-plane/index.ts";
import sources from "./sources.json" with { type: "json" };
import { type StrimziKind, strimziDefinitions } from "./strimzi.ts";

export interface Definitions {
  readonly definitions: readonly KubernetesObject[];
  /** Kinds, as `group/Kind`, of which no definition can be had here, with the reason. */
  readonly leftOut: ReadonlyMap<string, string>;
  /** Definitions of another version than the chart's, in a sentence each. */
  readonly notes: readonly string[];
}

interface ModuleSource {
  readonly chart: string;
  readonly module: string;
  readonly version: string;
  readonly sum: string;
  readonly path: string;
  readonly groups: readonly string[];
  /** Why the module is of another version than the chart. */
  readonly nearest?: string;
  /** File of the chart's own version, taken where it can be reached. */
  readonly release?: string;
}

export const moduleSources: readonly ModuleSource[] = sources.modules;

const releaseSeconds = 10;

/** Definitions of these kinds, each as `group/Kind`. */
export async function loadDefinitions(kinds: ReadonlySet<string>): Promise<Definitions> {
  const definitions: KubernetesObject[] = [];
  const leftOut = new Map<string, string>();
  const notes: string[] = [];
  for (const source of [...moduleSources, sources.strimzi]) {
    const wanted = [...kinds].filter((kind) => source.groups.includes(kind.split("/")[0] as string));
    if (wanted.length === 0) continue;
    try {
      const texts = "module" in source ? await moduleTexts(source, notes) : await strimziTexts(wanted);
      definitions.push(...pick(texts, new Set(wanted)));
    } catch (error) {
      for (const kind of wanted) leftOut.set(kind, (error as Error).message.split("\n")[0] as string);
    }
  }
  const found = new Set(definitions.map(({ spec }) => `${spec.group}/${spec.names.kind}`));
  for (const kind of kinds) {
    if (!found.has(kind) && !leftOut.has(kind)) leftOut.set(kind, "no source in tests/support/definitions");
  }
  return { definitions, leftOut, notes };
}

async function moduleTexts(source: ModuleSource, notes: string[]): Promise<string[]> {
  const release = source.release === undefined ? undefined : await download(source.release);
  if (release !== undefined) return [release];
  if (source.nearest !== undefined) {
    notes.push(
      `${source.chart}: definitions of ${source.version}, the nearest to be had (${source.nearest})`,
    );
  }
  const place = join(await folderOfModule(source), source.path);
  const files = statSync(place).isDirectory()
    ? readdirSync(place)
        .filter((file) => file.endsWith(".yaml"))
        .map((file) => join(place, file))
    : [place];
  return files.map((file) => readFileSync(file, "utf8"));
}

async function strimziTexts(wanted: readonly string[]): Promise<string[]> {
  const files = await strimziDefinitions(wanted.map((kind) => kind.split("/")[1] as StrimziKind));
  return files.map((file) => readFileSync(file, "utf8"));
}

async function download(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(releaseSeconds * 1000) });
    return answer.ok ? await answer.text() : undefined;
  } catch {
    return undefined;
  }
}

/** The documents that define a wanted kind; only these are parsed, the others can be large. */
function pick(texts: readonly string[], wanted: ReadonlySet<string>): KubernetesObject[] {
  return texts
    .flatMap((text) => text.split(/^---.*$/m))
    .filter((text) => {
      const group = /^ {2}group: ["']?([\w.-]+)/m.exec(text)?.[1];
      const kind = /^ {4}kind: ["']?(\w+)/m.exec(text)?.[1];
      return wanted.has(`${group}/${kind}`);
    })
    .map((text) => parse(text) as KubernetesObject);
}
