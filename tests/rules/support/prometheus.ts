/** A real Prometheus that reads the table of exporters from a small server and evaluates a stack's rules. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Exporter, exposition } from "../exporters/exporter.ts";
import { startServer } from "./processes.ts";
import type { Rendered } from "./rendered.ts";

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
}

export interface TestPrometheus {
  /** Series that a query finds now; throws with Prometheus's own words where it cannot be parsed. */
  query(expr: string): Promise<readonly Sample[]>;
  /** Vector selectors of a query, as Prometheus itself parses them. */
  selectors(expr: string): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startPrometheus(
  stack: Rendered,
  exporters: readonly Exporter[],
): Promise<TestPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), "marketplace-rules-"));
  const targets = await serveExporters(exporters);
  const groups = [...stack.rules].flatMap(([object, all]) =>
    all.map((group) => ({ ...group, name: `${object}/${group.name}` })),
  );
  writeFileSync(join(folder, "rules.yaml"), stringify({ groups }));
  writeFileSync(join(folder, "prometheus.yaml"), stringify(configuration(exporters, targets.port)));
  const server = await startServer(
    "prometheus",
    (port) => [
      `--config.file=${join(folder, "prometheus.yaml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    "/-/ready",
  );
  const ask = async (path: string, expr: string) => {
    const answer = await fetch(`${server.url}/api/v1/${path}?query=${encodeURIComponent(expr)}`);
    const body = (await answer.json()) as { status: string; error?: string; data: unknown };
    if (body.status !== "success") throw new Error(`${expr}: ${body.error}`);
    return body.data;
  };
  return {
    query: async (expr) => ((await ask("query", expr)) as { result: Sample[] }).result,
    selectors: async (expr) => selectorsOf(await ask("parse_query", expr)),
    stop: async () => {
      await server.stop();
      await targets.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(exporters: readonly Exporter[], port: number): unknown {
  return {
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: ["rules.yaml"],
    scrape_configs: exporters.map(({ name, target, honorLabels }) => ({
      job_name: name,
      metrics_path: `/${name}`,
      honor_labels: honorLabels ?? false,
      static_configs: [{ targets: [`127.0.0.1:${port}`], labels: target }],
    })),
  };
}

async function serveExporters(
  exporters: readonly Exporter[],
): Promise<{ port: number; stop(): Promise<void> }> {
  const turns = new Map<string, number>();
  const server = createServer((request, response) => {
    const exporter = exporters.find(({ name }) => request.url === `/${name}`);
    if (exporter === undefined) return response.writeHead(404).end();
    const turn = (turns.get(exporter.name) ?? 0) + 1;
    turns.set(exporter.name, turn);
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4" });
    response.end(exposition(exporter, turn, Date.now() / 1000));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

interface Matcher {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

/** Walks the tree that Prometheus answers with; a range's selector counts as the instant one. */
function selectorsOf(tree: unknown): string[] {
  if (Array.isArray(tree)) return tree.flatMap(selectorsOf);
  if (tree === null || typeof tree !== "object") return [];
  const node = tree as { type?: string; name?: string; matchers?: Matcher[] };
  if (node.type === "vectorSelector" || node.type === "matrixSelector") {
    const matchers = (node.matchers ?? [])
      .filter(({ name }) => name !== "__name__" || !node.name)
      .map(({ name, type, value }) => `${name}${type}${JSON.stringify(value)}`);
    return [`${node.name ?? ""}{${matchers.join(",")}}`];
  }
  return Object.values(tree).flatMap(selectorsOf);
}
