/** What the platform makes in the stores before a service starts: databases with their owners, and topics. */
import { Admin } from "@platformatic/kafka";
import pg from "pg";
import { catalog, runtimeRole, topics } from "../../catalog.ts";
import type { EngineName } from "../engines/engine.ts";
import type { EngineAddress } from "./environment.ts";

/** For each service with a database: the role that owns it, and the one that serves. Neither may anything else. */
export async function makeDatabases(address: EngineAddress): Promise<void> {
  const client = new pg.Client({
    host: `${address.host}`,
    port: Number(address.port),
    user: `${address.user}`,
    database: "postgres",
  });
  await client.connect();
  try {
    for (const { name, postgres } of catalog) {
      if (postgres === undefined) continue;
      const owner = pg.escapeIdentifier(name);
      const serving = pg.escapeIdentifier(runtimeRole(name));
      const database = pg.escapeIdentifier(postgres.database);
      const has = async (query: string, value: string) => (await client.query(query, [value])).rowCount === 1;
      for (const role of [name, runtimeRole(name)]) {
        if (await has("select 1 from pg_roles where rolname = $1", role)) continue;
        await client.query(
          `create role ${pg.escapeIdentifier(role)} login nosuperuser nocreatedb nocreaterole`,
        );
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

/** The catalogue's topics with as many partitions as in production, on the one broker there is. */
export async function makeTopics(address: EngineAddress): Promise<void> {
  const admin = new Admin({ clientId: "platform", bootstrapBrokers: [`${address.bootstrapServers}`] });
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
): Promise<void> {
  await Promise.all([
    engines.postgres && makeDatabases(engines.postgres),
    engines.kafka && makeTopics(engines.kafka),
  ]);
}
