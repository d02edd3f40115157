import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runner } from "node-pg-migrate";
import pg from "pg";
import type { DatabaseConfig } from "../config/stores.ts";
import { connectionOptions, schema } from "./database.ts";

/** Any number that only this service uses: one migration at a time, the others wait for it. */
const lockValue = 3001_2024_1118;

export interface Migrated {
  readonly applied: readonly string[];
  /** The role that serves with the least rights, where the platform has made one beside this. */
  readonly runtimeRole: string | undefined;
}

/**
 * As the owner: brings the schema up to date and hands `<user>_runtime`, where the platform has made that role, exactly
 * the rights that the service needs. As a role that may change no schema: only looks whether the owner has done so.
 *
 * @throws where the schema is older than this program and the role may not change it.
 */
export async function migrate(config: DatabaseConfig): Promise<Migrated> {
  const client = new pg.Client(connectionOptions(config));
  // A connection that is lost fails its query too; unheard, this error would end the process.
  client.on("error", () => {});
  await client.connect();
  try {
    if (!(await mayChangeSchema(client))) {
      await expectUpToDate(client);
      return { applied: [], runtimeRole: undefined };
    }
    const applied = await runner({
      dbClient: client,
      dir: migrationsFolder(),
      useGlob: false,
      // Editors and file systems leave other files behind.
      ignorePattern: "(?!.*\\.sql$).*",
      direction: "up",
      migrationsTable: "migrations",
      schema,
      createSchema: true,
      migrationsSchema: schema,
      createMigrationsSchema: true,
      advisoryLockMode: "wait",
      lockValue,
      singleTransaction: true,
      log: () => {},
    });
    const runtimeRole = await findRuntimeRole(client);
    if (runtimeRole !== undefined) await grant(client, runtimeRole);
    return { applied: applied.map(({ name }) => name), runtimeRole };
  } finally {
    await client.end();
  }
}

/** Beside `src` in the checkout, beside the bundle in the image. */
function migrationsFolder(): string {
  const places = ["../../migrations", "migrations"].map((place) => join(import.meta.dirname, place));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`no migrations in ${places.join(" or ")}`);
  return found;
}

async function mayChangeSchema(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    "SELECT has_database_privilege(current_database(), 'CREATE') AS may",
  );
  return rows[0]?.may === true;
}

/** A schema that is newer is fine: the program before it must serve on until its successor has taken over. */
async function expectUpToDate(client: pg.Client): Promise<void> {
  const wanted = readdirSync(migrationsFolder()).flatMap((file) =>
    file.endsWith(".sql") ? [file.slice(0, -".sql".length)] : [],
  );
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${schema}.migrations`);
  const applied = new Set(rows.map(({ name }) => name));
  const missing = wanted.filter((name) => !applied.has(name));
  if (missing.length > 0) throw new Error(`the owner's migration has not run yet: ${missing.join(", ")}`);
}

async function findRuntimeRole(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ rolname: string }>(
    "SELECT rolname FROM pg_roles WHERE rolname = current_user || '_runtime'",
  );
  return rows[0]?.rolname;
}

const rights = {
  listings: "SELECT, INSERT, UPDATE",
  releases: "SELECT, INSERT, UPDATE (published_at)",
  publisher_keys: "SELECT, INSERT, UPDATE (revoked_at)",
  artefacts: "SELECT, INSERT",
  audit_entries: "SELECT, INSERT",
  outbox: "SELECT, INSERT, DELETE",
  outbox_relay: "SELECT, UPDATE",
  idempotency_keys: "SELECT, INSERT, UPDATE, DELETE",
  migrations: "SELECT",
} as const;

async function grant(client: pg.Client, role: string): Promise<void> {
  const name = pg.escapeIdentifier(role);
  const statements = [
    `REVOKE ALL ON ALL TABLES IN SCHEMA ${schema} FROM ${name}`,
    `GRANT USAGE ON SCHEMA ${schema} TO ${name}`,
    ...Object.entries(rights).map(([table, list]) => `GRANT ${list} ON ${schema}.${table} TO ${name}`),
  ];
  // One transaction: replicas that start together must not see the moment between the two.
  await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${lockValue}); ${statements.join("; ")}; COMMIT`);
}
