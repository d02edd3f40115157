import { existsSync } from "node:fs";
import { join } from "node:path";
import { runner } from "node-pg-migrate";
import pg from "pg";
import type { DatabaseConfig } from "../config/stores.ts";
import { connectionOptions, schema } from "./database.ts";

/** Any number that only this service uses: one migration at a time, the others wait for it. */
const lockValue = 3001_2024_1118;

export interface Migrated {
  readonly applied: readonly string[];
  /** The role with the least rights, where the platform has made one; the service then works as it. */
  readonly runtimeRole: string | undefined;
}

/**
 * Brings the schema up to date and hands the runtime role exactly the rights that the service needs.
 *
 * The role `<user>_runtime` (NOLOGIN, granted to the service's user) is the database's administrator's to make: the
 * service's own user may create no roles. Without it the service works as the owner of its tables.
 */
export async function migrate(config: DatabaseConfig): Promise<Migrated> {
  const client = new pg.Client(connectionOptions(config));
  // A connection that is lost fails its query too; unheard, this error would end the process.
  client.on("error", () => {});
  await client.connect();
  try {
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

async function findRuntimeRole(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ rolname: string }>(
    "SELECT rolname FROM pg_roles WHERE rolname = current_user || '_runtime' AND pg_has_role(rolname, 'MEMBER')",
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
