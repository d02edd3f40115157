/** Which values of a Helm release its chart does not know, by the committed list of each chart's keys. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import versions from "../../config/versions.json" with { type: "json" };
import type { ChartKeys, KeyTree } from "../../tools/chart-keys.ts";
import { root } from "./cli.ts";
import type { HelmRelease } from "./rendered.ts";

/** Maps that charts hand on as they are, whatever their defaults hold. */
const openMaps =
  /^(affinity|config|configMap|data|env|extraArgs|grafana\.ini|limits|limits_config|nodeSelector|requests|resources|selector|meshConfig|spec|tls|.*[aA]nnotations|.*[lL]abels|.*[sS]ecurityContext|.*Probe|.*Config)$/;

/** What a chart reads in a way that neither its values.yaml nor a plain look at its templates shows, and where it says so. */
const alsoKnown: Readonly<Record<string, string>> = {
  "loki loki.storage.bucketNames": "README.md of the chart: required for the storage sections of its helpers",
};

/** Values of a release that its chart does not know, each as `release …: the key`. */
export function unknownKeys(release: HelmRelease): string[] {
  const list = chartKeys(release);
  if (list === undefined) return [];
  const unknown = walk(release.values, list.keys, []);
  return unknown
    .filter((key) => !(`${list.chart} ${key}` in alsoKnown))
    .map((key) => `release ${release.release}: the chart ${list.chart} ${list.version} has no value ${key}`);
}

/** The committed keys of a release's chart; undefined where there are none. */
export function chartKeys({ chart, version }: HelmRelease): ChartKeys | undefined {
  const name = Object.entries(versions.charts).find(
    ([, pinned]) => pinned.chart === chart && pinned.version === version,
  )?.[0];
  const file = join(root, "config", "chart-keys", `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as ChartKeys) : undefined;
}

function walk(values: unknown, tree: KeyTree | true, path: readonly string[]): string[] {
  if (tree === true || values === null || typeof values !== "object" || Array.isArray(values)) return [];
  return Object.entries(values).flatMap(([key, value]) => {
    const inner = tree[key];
    if (inner === undefined) return [[...path, key].join(".")];
    return openMaps.test(key) ? [] : walk(value, inner, [...path, key]);
  });
}
