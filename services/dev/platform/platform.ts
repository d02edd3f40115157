/** The four services and the engines they need, as processes on loopback. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Guard } from "../../../tools/guard.ts";
import { catalog } from "../../catalog.ts";
import { type EngineName, engineNames } from "../engines/engine.ts";
import { freePorts } from "../engines/ports.ts";
import { type EngineSet, startEngines } from "../engines/set.ts";
import { localEnvironment, migrationEnvironment } from "./environment.ts";
import { runMigration } from "./programs.ts";
import { ServiceProcess } from "./service-process.ts";
import { prepareStores } from "./stores.ts";

export interface PlatformOptions {
  /** Says what becomes ready. */
  readonly say?: (line: string) => void;
  /** Gets every line that a service logs or an engine prints. */
  readonly log?: (program: string, line: string) => void;
  /** Hears of a service that ended without having been stopped. */
  readonly ended?: (service: string, how: number | string) => void;
  /** The catalogue's ports rather than free ones. */
  readonly fixedPorts?: boolean;
  readonly otlpEndpoint?: string;
  /** Variables more, by service. */
  readonly environment?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly engines?: readonly EngineName[];
}

export interface Platform {
  readonly engines: EngineSet;
  service(name: string): ServiceProcess;
  /** A token of the issuer with these claims. */
  token(claims: {
    sub?: string;
    org?: string;
    roles?: readonly string[];
    ttlSeconds?: number;
  }): Promise<string>;
  /** Stops, kills, starts, freezes or thaws an engine. */
  disturb(engine: EngineName, verb: "stop" | "kill" | "start" | "freeze" | "thaw"): Promise<void>;
  stop(): Promise<void>;
}

/** Starts engines, then services. What started is stopped again where something does not. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const say = options.say ?? (() => {});
  const engines = await startEngines(options.engines ?? engineNames, { say, log: options.log });
  const guard = new Guard(mkdtempSync(join(tmpdir(), "marketplace-platform-")));
  const services = new Map<string, ServiceProcess>();
  const stop = async () => {
    await Promise.all([...services.values()].map((service) => service.stop()));
    await engines.stop();
    await guard.release();
  };
  try {
    const running = Object.fromEntries([...engines.engines].map(([name, { address }]) => [name, address]));
    await prepareStores(running);
    const free = await freePorts(catalog.length);
    const places = Object.fromEntries(
      catalog.map(({ name, port }, index) => [
        name,
        { host: "127.0.0.1", port: options.fixedPorts ? port : (free[index] as number) },
      ]),
    );
    const addresses = {
      engines: running,
      services: places,
      otlpEndpoint: options.otlpEndpoint,
    };
    const migrations: Promise<void>[] = [];
    for (const definition of catalog) {
      const environment = {
        ...localEnvironment(definition, addresses),
        SPOOL_FOLDER: join(guard.folder, `${definition.name}-spool`),
        ...options.environment?.[definition.name],
      };
      if (definition.postgres) {
        migrations.push(runMigration(definition.name, migrationEnvironment(definition, environment)));
      }
      const watcher = {
        line: (line: string) => options.log?.(definition.name, line),
        ended: (how: number | string) => options.ended?.(definition.name, how),
      };
      services.set(definition.name, new ServiceProcess(definition, environment, watcher));
    }
    await Promise.all(migrations);
    await Promise.all(
      [...services.values()].map(async (service) => {
        const seconds = await service.start();
        say(`${service.definition.name} is ready at ${service.url} after ${seconds.toFixed(1)} s`);
      }),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    engines,
    service: (name) => find(services, name),
    token: tokens(engines),
    disturb: faults(engines),
    stop,
  };
}

function find(services: ReadonlyMap<string, ServiceProcess>, name: string): ServiceProcess {
  const service = services.get(name);
  if (service === undefined)
    throw new Error(`${name}: no such service; there are ${[...services.keys()].join(", ")}`);
  return service;
}

/** Asks the issuer of a set of engines for tokens. */
export function tokens(engines: EngineSet): Platform["token"] {
  return async (claims) => {
    const url = `${engines.engines.get("issuer")?.address.tokenUrl}`;
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(claims) });
    if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { access_token: string }).access_token;
  };
}

function faults(engines: EngineSet): Platform["disturb"] {
  return async (engine, verb) => {
    const answer = await fetch(`${engines.control}/${engine}/${verb}`, { method: "POST" });
    if (!answer.ok) throw new Error(await answer.text());
  };
}
