/**
 * Renews config/chart-keys/: which values each pinned chart knows, from its values.yaml and from what its templates
 * read. A tree of keys; `true` ends a branch whose inside the chart leaves open (a map without keys, a list, a scalar).
 *
 *     node tools/chart-keys.ts                              pulls every chart (needs helm and a network)
 *     node tools/chart-keys.ts CHART FOLDER SOURCE          takes a chart from its unpacked folder
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import versions from "../config/versions.json" with { type: "json" };

const folder = resolve(import.meta.dirname, "..", "config", "chart-keys");

export type KeyTree = { readonly [key: string]: KeyTree | true };

export interface ChartKeys {
  readonly chart: string;
  readonly version: string;
  readonly source: string;
  readonly keys: KeyTree;
}

interface Chart {
  readonly chart: string;
  readonly version: string;
  readonly repository: string;
}

const charts: Readonly<Record<string, Chart>> = versions.charts;

/** The keys of a values.yaml; undefined and empty maps are open. */
export function keyTree(values: unknown): KeyTree | true {
  if (values === null || typeof values !== "object" || Array.isArray(values)) return true;
  const entries = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0
    ? true
    : Object.fromEntries(entries.map(([key, value]) => [key, keyTree(value)]));
}

/** Writes the keys of an unpacked chart, those of its subcharts under their names. */
export function writeChartKeys(name: string, unpacked: string, source: string): void {
  const pinned = charts[name];
  if (pinned === undefined) {
    throw new Error(`config/versions.json has no chart ${name}; it has ${Object.keys(charts).join(", ")}`);
  }
  const file: ChartKeys = { chart: pinned.chart, version: pinned.version, source, keys: keysOf(unpacked) };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(file, undefined, 2)}\n`);
}

function keysOf(unpacked: string): KeyTree {
  const values = (parse(readFileSync(join(unpacked, "values.yaml"), "utf8")) ?? {}) as Record<
    string,
    unknown
  >;
  // Istio's charts keep their defaults one level down, and take values from the top.
  const { _internal_defaults_do_not_set: hidden, ...own } = values;
  const subcharts = join(unpacked, "charts");
  const names = existsSync(subcharts)
    ? readdirSync(subcharts).filter((entry) => isChart(subcharts, entry))
    : [];
  let tree = merge(treeOf(hidden), treeOf(own));
  for (const path of templatePaths(join(unpacked, "templates"))) tree = add(tree, path);
  for (const name of names) tree = merge(tree, { [name]: keysOf(join(subcharts, name)) });
  return tree;
}

/** Values that templates name, many of which stand in no values.yaml or only in a comment. */
function templatePaths(templates: string): string[][] {
  if (!existsSync(templates)) return [];
  const files = readdirSync(templates, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(ya?ml|tpl)$/.test(file),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(templates, file), "utf8");
    const read = [...text.matchAll(/\.Values((?:\.\w+)+)/g)].map(([, path]) => path as string);
    const asked = [...text.matchAll(/hasKey \.Values((?:\.\w+)*) "(\w+)"/g)].map(
      ([, path, key]) => `${path}.${key}`,
    );
    return [...read, ...asked].map((path) => path.split(".").slice(1));
  });
}

/** Adds a path; a branch that is open stays open. */
function add(tree: KeyTree, [key, ...rest]: readonly string[]): KeyTree {
  if (key === undefined) return tree;
  const inner = tree[key];
  if (inner === true) return tree;
  const value = rest.length === 0 ? (inner ?? true) : add(inner ?? {}, rest);
  return merge({}, { ...tree, [key]: value });
}

function isChart(folder: string, name: string): boolean {
  return existsSync(join(folder, name, "values.yaml"));
}

function treeOf(values: unknown): KeyTree {
  const tree = keyTree(values);
  return tree === true ? {} : tree;
}

function merge(a: KeyTree, b: KeyTree): KeyTree {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(
    keys.map((key) => {
      const [left, right] = [a[key], b[key]];
      if (left === undefined || right === undefined) return [key, left ?? right ?? true];
      return [key, left === true ? right : right === true ? left : merge(left, right)];
    }),
  );
}

/** Pulls a chart into a folder; gives the folder of the unpacked chart. */
function pull({ chart, version, repository }: Chart, into: string): string {
  const where = repository.startsWith("oci://") ? [`${repository}/${chart}`] : [chart, "--repo", repository];
  execFileSync("helm", ["pull", ...where, "--version", version, "--untar", "--untardir", into], {
    timeout: 120_000,
  });
  return join(into, chart);
}

if (import.meta.main) {
  const [name, unpacked, source] = process.argv.slice(2);
  if (name !== undefined && unpacked !== undefined) {
    writeChartKeys(name, unpacked, source ?? unpacked);
  } else {
    const into = mkdtempSync(join(tmpdir(), "charts-"));
    try {
      for (const [each, chart] of Object.entries(charts)) {
        const today = new Date().toISOString().slice(0, 10);
        writeChartKeys(each, pull(chart, join(into, each)), `${chart.repository}, pulled ${today}`);
        console.log(`renewed ${each} ${chart.version}`);
      }
    } finally {
      rmSync(into, { recursive: true, force: true });
    }
  }
}
