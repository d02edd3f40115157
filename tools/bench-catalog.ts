/**
 * Loaded before a benchmark run (`node --import`): lets the catalogue hold BENCH_SERVICES services, small copies of
 * the four real ones without a database, and tells at the end how much memory the process took at most, and how long
 * the parts of a plan took that measure themselves (cli/plan/command.ts).
 */
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

const wanted = Number(process.env.BENCH_SERVICES ?? 0);

/** Appended to the source of services/catalog.ts, in place of the name that it exports. */
const multiplied = `
export const catalog = Array.from({ length: ${wanted} }, (_, index) => {
  const original = original_catalog[index % original_catalog.length];
  const copy = Math.floor(index / original_catalog.length);
  if (copy === 0) return original;
  const suffix = (name) => (name === "gateway" ? name : \`\${name}-\${copy}\`);
  return {
    ...original,
    name: suffix(original.name),
    port: original.port + 4 * copy,
    pathPrefix: \`\${original.pathPrefix}-\${copy}\`,
    callers: original.callers.map(suffix),
    // 500 connections and the nodes of production hold four services; what counts here is the number of resources.
    postgres: undefined,
    scaling: { ...original.scaling, minReplicas: 1, maxReplicas: 2 },
    resources: { ...original.resources, cpuMillis: 1, memoryMiB: 1, memoryLimitMiB: 2 },
    ...(original.redis ? { redis: { ...original.redis, keyPrefix: \`\${suffix(original.name)}:\` } } : {}),
    ...(original.elasticsearch ? { elasticsearch: { ...original.elasticsearch, indexPrefix: suffix(original.elasticsearch.indexPrefix) } } : {}),
  };
});
`;

if (wanted > 0) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith("/services/catalog.ts")) return loaded;
      const source = String(loaded.source).replace(/export const catalog\b/, "const original_catalog");
      return { ...loaded, source: `${source}${multiplied}` };
    },
  });
}

process.on("exit", () => {
  const file = process.env.BENCH_RESULT;
  const parts = performance.getEntriesByType("measure").map(({ name, duration }) => [name, duration / 1000]);
  // Linux and macOS both give kilobytes here; Node has converted.
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  if (file) writeFileSync(file, JSON.stringify({ peakMiB, ...Object.fromEntries(parts) }));
});
