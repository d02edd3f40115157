import { randomBytes } from "node:crypto";
import { Admin, Consumer, stringDeserializers } from "@platformatic/kafka";
import pg from "pg";
import { type Config, loadConfig } from "../../src/config/config.ts";
import { engines } from "./engines.ts";

export interface SeenEvent {
  readonly key: string;
  readonly partition: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: {
    readonly eventId: string;
    readonly eventType: string;
    readonly listing: { readonly id: string; readonly version: number; readonly status: string };
  };
}

/** A database, a role and a topic of a test's own. */
export interface Place {
  readonly environment: Readonly<Record<string, string>>;
  readonly config: Config;
  /** As the owner of the tables, who migrates; the same as `config` where there is no runtime role. */
  readonly ownerConfig: Config;
  readonly user: string;
  /** As the service's user, in its schema. */
  readonly sql: pg.Pool;
  /** Every message of the topic so far, in the order of each partition. */
  readonly events: () => Promise<SeenEvent[]>;
  readonly remove: () => Promise<void>;
}

async function asAdministrator(statements: readonly string[], database = "postgres"): Promise<void> {
  const { host, port, user } = engines.postgres;
  const client = new pg.Client({ host, port, user, database });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Roles and rights as `components/kubernetes/postgres-roles.ts` makes them on RDS, the serving one where asked for. */
export async function createPlace({ runtimeRole = false, port = 3001 } = {}): Promise<Place> {
  const suffix = randomBytes(4).toString("hex");
  const [user, database, topic] = [
    `publishing_${suffix}`,
    `publishing_${suffix}`,
    `listing.events.${suffix}`,
  ];
  await asAdministrator([
    `CREATE ROLE ${user} LOGIN NOCREATEDB NOCREATEROLE`,
    ...(runtimeRole ? [`CREATE ROLE ${user}_runtime LOGIN NOCREATEDB NOCREATEROLE`] : []),
    `CREATE DATABASE ${database}`,
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${database} TO ${user}`,
    ...(runtimeRole ? [`GRANT CONNECT ON DATABASE ${database} TO ${user}_runtime`] : []),
  ]);
  const bootstrapBrokers = [engines.kafka.bootstrapServers];
  const admin = new Admin({ clientId: "test", bootstrapBrokers, retries: 5, retryDelay: 500 });
  await admin.createTopics({ topics: [topic], partitions: 3, replicas: 1 });
  const environment = {
    SERVICE_NAME: "publishing",
    SERVICE_VERSION: "1.2.3",
    ENVIRONMENT: "local",
    PORT: `${port}`,
    LOG_LEVEL: "error",
    OIDC_ISSUER: engines.issuer.issuer,
    OIDC_AUDIENCE: engines.issuer.audience,
    OIDC_JWKS_URL: engines.issuer.jwksUrl,
    DATABASE_HOST: engines.postgres.host,
    DATABASE_PORT: `${engines.postgres.port}`,
    DATABASE_NAME: database,
    DATABASE_POOL_SIZE: "5",
    DATABASE_TLS: "false",
    DATABASE_AUTH: "none",
    DATABASE_USER: runtimeRole ? `${user}_runtime` : user,
    KAFKA_BOOTSTRAP_SERVERS: engines.kafka.bootstrapServers,
    KAFKA_SECURITY_PROTOCOL: "PLAINTEXT",
    KAFKA_PRODUCE_TOPICS: topic,
    KAFKA_AUTH: "none",
  };
  const { host, port: databasePort } = engines.postgres;
  const options = "-c search_path=publishing";
  const sql = new pg.Pool({ host, port: databasePort, user, database, options, max: 2 });
  sql.on("error", () => {});
  return {
    environment,
    config: loadConfig(environment),
    ownerConfig: loadConfig({ ...environment, DATABASE_USER: user }),
    user,
    sql,
    events: () => readTopic(topic),
    remove: async () => {
      await sql.end();
      await admin.deleteTopics({ topics: [topic] });
      await admin.close();
      await asAdministrator([
        `DROP DATABASE ${database} WITH (FORCE)`,
        ...(runtimeRole ? [`DROP ROLE ${user}_runtime`] : []),
        `DROP ROLE ${user}`,
      ]);
    },
  };
}

/** A free port of loopback; nobody else takes it in the moment until it is used. */
export async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function readTopic(topic: string): Promise<SeenEvent[]> {
  const consumer = new Consumer({
    clientId: "test",
    groupId: `test-${randomBytes(4).toString("hex")}`,
    bootstrapBrokers: [engines.kafka.bootstrapServers],
    deserializers: stringDeserializers,
    retries: 5,
  });
  const seen: SeenEvent[] = [];
  try {
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [];
    const total = ends.reduce((sum, end) => sum + Number(end), 0);
    if (total === 0) return seen;
    const stream = await consumer.consume({
      topics: [topic],
      mode: "earliest",
      autocommit: false,
      maxWaitTime: 200,
    });
    for await (const { key, partition, value, headers } of stream) {
      seen.push({ key, partition, value: JSON.parse(value), headers: Object.fromEntries(headers) });
      if (seen.length >= total) break;
    }
    return seen;
  } finally {
    await consumer.close(true);
  }
}
