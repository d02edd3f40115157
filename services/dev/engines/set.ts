/** Several engines at once, their addresses in a file that every language reads, and a way to disturb them. */
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Guard } from "../../../tools/guard.ts";
import { startElasticsearch } from "./elasticsearch.ts";
import type { Engine, EngineName, Security, StartEngine } from "./engine.ts";
import { startIssuer } from "./issuer.ts";
import { startKafka } from "./kafka.ts";
import { startPostgres } from "./postgres.ts";
import { startRedis } from "./redis.ts";

const starters: Readonly<Record<EngineName, StartEngine>> = {
  postgres: startPostgres,
  redis: startRedis,
  kafka: startKafka,
  elasticsearch: startElasticsearch,
  issuer: () => startIssuer(),
};

export interface EngineSet {
  /** JSON with an entry an engine, and `control`. */
  readonly file: string;
  /** Address to which faults are posted: `<control>/<engine>/<verb>`. */
  readonly control: string;
  readonly engines: ReadonlyMap<EngineName, Engine>;
  readonly stop: () => Promise<void>;
}

export interface EngineSetOptions {
  /** Says what becomes ready. */
  readonly say?: (line: string) => void;
  /** Gets every line that a server prints. */
  readonly log?: (engine: EngineName, line: string) => void;
  readonly security?: Security;
}

/** What may be posted to `<control>/<engine>/<verb>`: kill ends it at once, freeze lets it answer nobody. */
const verbs = ["stop", "kill", "start", "freeze", "thaw"] as const;

/**
 * Starts the engines side by side in a temporary folder, which goes however this process ends; with `security` in their
 * secure form (Redis has one of its own, in tests/stores). Throws the first failure after everything that did start has
 * been stopped again.
 */
export async function startEngines(
  names: readonly EngineName[],
  { say = () => {}, log, security }: EngineSetOptions = {},
): Promise<EngineSet> {
  const guard = new Guard(mkdtempSync(join(tmpdir(), "marketplace-engines-")));
  const { folder } = guard;
  // PostgreSQL runs as another user, who must be able to pass.
  chmodSync(folder, 0o755);
  const engines = new Map<EngineName, Engine>();
  const control = createServer();
  const stop = async () => {
    control.closeAllConnections();
    control.close();
    await Promise.all([...engines.values()].map((engine) => engine.stop()));
    await guard.release();
  };
  const outcomes = await Promise.allSettled(
    names.map(async (name) => {
      const started = performance.now();
      const own = join(folder, name);
      mkdirSync(own);
      engines.set(name, await starters[name](own, { log: (line) => log?.(name, line), security }));
      say(`${name} is ready after ${((performance.now() - started) / 1000).toFixed(1)} s`);
    }),
  );
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) {
    await stop();
    throw failure.reason;
  }
  const url = await listen(control, engines);
  const addresses = Object.fromEntries([...engines].map(([name, { address }]) => [name, address]));
  const file = join(folder, "engines.json");
  writeFileSync(file, `${JSON.stringify({ ...addresses, control: url }, undefined, 2)}\n`);
  return { file, control: url, engines, stop };
}

async function listen(control: Server, engines: ReadonlyMap<EngineName, Engine>): Promise<string> {
  control.on("request", (request, response) => {
    const [, name, verb] = (request.url ?? "").split("/");
    disturb(engines.get(name as EngineName), verb ?? "")
      .then(() => response.writeHead(204).end())
      .catch((error: Error) => response.writeHead(400).end(`${request.url}: ${error.message}\n`));
  });
  await new Promise<void>((resolve, reject) => {
    control.once("error", reject);
    control.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(control.address() as { port: number }).port}`;
}

async function disturb(engine: Engine | undefined, verb: string): Promise<void> {
  const server = engine?.server;
  if (engine === undefined || server === undefined) throw new Error("no such server in this set");
  switch (verb as (typeof verbs)[number]) {
    case "stop":
      return engine.stop();
    case "kill":
      return server.stop("SIGKILL");
    case "start":
      return server.start();
    case "freeze":
      return server.freeze();
    case "thaw":
      return server.thaw();
    default:
      throw new Error(`${verb} is not one of ${verbs.join(", ")}`);
  }
}
