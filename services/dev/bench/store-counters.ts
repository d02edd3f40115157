/** What the stores have done so far, as they count it themselves. */
import { connect } from "node:net";
import { Admin } from "@platformatic/kafka";
import pg from "pg";
import { topics } from "../../catalog.ts";
import type { EngineAddress } from "../platform/environment.ts";

/** Commands since the server's start; those inside scripts count. */
export async function redisCommands({ port }: EngineAddress): Promise<number> {
  return new Promise((done, fail) => {
    const socket = connect(Number(port), "127.0.0.1", () => socket.write("INFO stats\r\n"));
    let text = "";
    socket.once("error", fail);
    socket.on("data", (data) => {
      text += data;
      const found = /total_commands_processed:(\d+)/.exec(text);
      if (found === null) return;
      socket.destroy();
      done(Number(found[1]));
    });
  });
}

/** Transactions that one database has committed. */
export async function transactions({ host, port, user }: EngineAddress, database: string): Promise<number> {
  const client = new pg.Client({
    host: `${host}`,
    port: Number(port),
    user: `${user}`,
    database: "postgres",
  });
  await client.connect();
  try {
    const { rows } = await client.query("select xact_commit from pg_stat_database where datname = $1", [
      database,
    ]);
    return Number(rows[0].xact_commit);
  } finally {
    await client.end();
  }
}

/** Bytes of the platform's topics on the broker's disk, compressed as the producers sent them. */
export async function topicBytes({ bootstrapServers }: EngineAddress): Promise<number> {
  const admin = new Admin({ clientId: "bench", bootstrapBrokers: [`${bootstrapServers}`] });
  try {
    const brokers = await admin.describeLogDirs({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: Array.from({ length: partitions }, (_, partition) => partition),
      })),
    });
    return brokers
      .flatMap(({ results }) => results)
      .flatMap((folder) => folder.topics)
      .flatMap(({ partitions }) => partitions)
      .reduce((sum, { partitionSize }) => sum + Number(partitionSize), 0);
  } finally {
    await admin.close();
  }
}
