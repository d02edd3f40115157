/** What the platform makes in the stores before a service starts: databases with their owners, and topics. */
import { readFileSync } from "node:fs";
import { Admin } from "@platformatic/kafka";
import pg from "pg";
import { catalog, runtimeRole, topics } from "../../catalog.ts";
import type { EngineName } from "../engines/engine.ts";
import type { EngineAddress } from "./environment.ts";

/** The root that an engine's certificate is to be checked by; undefined where it shows none. */
function rootOf({ caFile }: EngineAddress): { ca: string } | undefined {
  return typeof caFile === "string" ? { ca: readFileSync(caFile, "utf8") } : undefined;
}

/** A connection of PostgreSQL's superuser. */
export async function connectAsSuperuser(address: EngineAddress): Promise<pg.Client> {
  const client = new pg.Client({
    host: `${address.host}`,
    port: Number(address.port),
    user: `${address.user}`,
    database: "postgres",
    password: address.password === null ? undefined : `${address.password}`,
    ssl: rootOf(address) ?? false,
  });
  await client.connect();
  return client;
}

/**
 * For each service with a database: the role that owns it, and the one that serves. Neither may anything else, as in
 * production. `password` gives a role's, where it needs one.
 */
export async function makeDatabases(
  address: EngineAddress,
  password: (user: string) => string | undefined = () => undefined,
): Promise<void> {
  const client = await connectAsSuperuser(address);
  try {
    for (const { name, postgres } of catalog) {
      if (postgres === undefined) continue;
      const owner = pg.escapeIdentifier(name);
      const serving = pg.escapeIdentifier(runtimeRole(name));
      const database = pg.escapeIdentifier(postgres.database);
      const has = async (query: string, value: string) => (await client.query(query, [value])).rowCount === 1;
      for (const role of [name, runtimeRole(name)]) {
        const identifier = pg.escapeIdentifier(role);
        if (!(await has("select 1 from pg_roles where rolname = $1", role))) {
          await client.query(`create role ${identifier} login nosuperuser nocreatedb nocreaterole`);
        }
        const own = password(role);
        if (own !== undefined) {
          await client.query(`alter role ${identifier} password ${pg.escapeLiteral(own)}`);
        }
      }
      if (!(await has("select 1 from pg_database where datname = $1", postgres.database))) {
        await client.query(`create database ${database} owner ${owner}`);
      }
      await client.query(`revoke all on database ${database} from public`);
      await client.query(`grant connect on database ${database} to ${serving}`);
    }
  } finally {
    await client.end();
  }
}

/** A client that may make topics and rights. */
export function kafkaAdministrator(address: EngineAddress): Admin {
  const tls = rootOf(address);
  return new Admin({
    clientId: "platform",
    bootstrapBrokers: [`${address.bootstrapServers}`],
    ...(tls && {
      tls,
      sasl: { mechanism: "SCRAM-SHA-512", username: `${address.user}`, password: `${address.password}` },
    }),
  });
}

/** The catalogue's topics with as many partitions as in production, on the one broker there is. */
export async function makeTopics(address: EngineAddress): Promise<void> {
  const admin = kafkaAdministrator(address);
  try {
    const there = new Set(await admin.listTopics());
    for (const { name, partitions, cleanup } of topics) {
      if (there.has(name)) continue;
      await admin.createTopics({
        topics: [name],
        partitions,
        replicas: 1,
        configs: [{ name: "cleanup.policy", value: cleanup }],
      });
    }
  } finally {
    await admin.close();
  }
}

/** Prepares those of the stores that are running. */
export async function prepareStores(
  engines: Readonly<Partial<Record<EngineName, EngineAddress>>>,
  password?: (user: string) => string,
): Promise<void> {
  await Promise.all([
    engines.postgres && makeDatabases(engines.postgres, password),
    engines.kafka && makeTopics(engines.kafka),
  ]);
}
