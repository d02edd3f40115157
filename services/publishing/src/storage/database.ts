import { readFileSync } from "node:fs";
import { Signer } from "@aws-sdk/rds-signer";
import { SpanKind } from "@opentelemetry/api";
import pg from "pg";
import type { Store, UnitOfWork } from "../application/store.ts";
import type { DatabaseConfig } from "../config/stores.ts";
import { inSpan } from "../tracing.ts";
import { PostgresStore } from "./postgres-store.ts";
import { asUnavailable, Unavailable } from "./unavailable.ts";

/** Tables live in a schema of the service's own, which its role owns whoever owns the database. */
export const schema = "publishing";

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    // bigint: every one here is far below 2^53.
    oid === pg.types.builtins.INT8 ? (value: string) => Number(value) : pg.types.getTypeParser(oid, format),
};

/** Settings of a connection that every process of this service uses: proof, TLS, timeouts. */
export function connectionOptions(config: DatabaseConfig): pg.ClientConfig {
  const { auth, host, port, name } = config;
  return {
    host,
    port,
    database: name,
    user: auth.user,
    password: passwordOf(config),
    ssl: config.tls && {
      rejectUnauthorized: true,
      ...(config.caFile === undefined ? {} : { ca: readFileSync(config.caFile, "utf8") }),
      ...(auth.kind === "client-certificate"
        ? { cert: readFileSync(auth.certFile, "utf8"), key: readFileSync(auth.keyFile, "utf8") }
        : {}),
    },
    application_name: "publishing",
    connectionTimeoutMillis: 3_000,
    keepAlive: true,
    options: `-c search_path=${schema}`,
    types,
  };
}

/** A function is asked for each new connection, so that a token of 15 minutes is never an old one. */
function passwordOf({ auth, host, port }: DatabaseConfig): pg.ClientConfig["password"] {
  if (auth.kind === "password") return auth.password;
  if (auth.kind !== "cloud-identity") return undefined;
  const signer = new Signer({ hostname: host, port, username: auth.user, region: auth.region });
  return () => signer.getAuthToken();
}

export class Database implements UnitOfWork {
  readonly #config: DatabaseConfig;
  readonly #onIdleError: (error: Error) => void;
  #opened: pg.Pool | undefined;

  constructor(config: DatabaseConfig, onIdleError: (error: Error) => void) {
    this.#config = config;
    this.#onIdleError = onIdleError;
  }

  /** Call it once the schema is up to date; until then every use is `Unavailable`. */
  open(): void {
    this.#opened = new pg.Pool({
      ...connectionOptions(this.#config),
      max: this.#config.poolSize,
      idleTimeoutMillis: 30_000,
      maxLifetimeSeconds: 1_800,
      statement_timeout: 5_000,
      lock_timeout: 3_000,
      idle_in_transaction_session_timeout: 10_000,
      // The server's own limit does not help where the server is gone without a word.
      query_timeout: 8_000,
    });
    // A connection that dies while idle is replaced at the next use; unheard, its error would end the process.
    this.#opened.on("error", this.#onIdleError);
  }

  get #pool(): pg.Pool {
    if (this.#opened === undefined) {
      throw new Unavailable("postgres", new Error("its schema is not up to date yet"));
    }
    return this.#opened;
  }

  /** @throws Unavailable where the database cannot be asked at present. */
  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return inSpan(
      spanName(text),
      { kind: SpanKind.CLIENT, attributes: { "db.system.name": "postgresql" } },
      async () => {
        try {
          return (await this.#pool.query<Row>(text, values)).rows;
        } catch (error) {
          throw asUnavailable(error);
        }
      },
    );
  }

  async transaction<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const options = { kind: SpanKind.CLIENT, attributes: { "db.system.name": "postgresql" } };
    return inSpan("postgresql transaction", options, async () => {
      const client = await this.#connect();
      let broken: Error | undefined;
      const onError = (error: Error) => {
        broken = error;
      };
      client.on("error", onError);
      try {
        await client.query("BEGIN");
        const store = new PostgresStore(client);
        const result = await work(store);
        await client.query("COMMIT");
        store.committed();
        return result;
      } catch (error) {
        await client.query("ROLLBACK").catch((failure: Error) => {
          broken ??= failure;
        });
        throw asUnavailable(error);
      } finally {
        client.off("error", onError);
        client.release(broken);
      }
    });
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw asUnavailable(error, "no connection to the database");
    }
  }

  async close(): Promise<void> {
    await this.#opened?.end();
  }
}

const spanName = (text: string) => `postgresql ${text.trimStart().split(/\s/, 1)[0] ?? ""}`;
