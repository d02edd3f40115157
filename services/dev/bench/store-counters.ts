/** What the stores have done so far, as they count it themselves. */
import { connect } from "node:net";
import { topics } from "../../catalog.ts";
import type { EngineAddress } from "../platform/environment.ts";
import { connectAsSuperuser, kafkaAdministrator } from "../platform/stores.ts";

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
export async function transactions(address: EngineAddress, database: string): Promise<number> {
  const client = await connectAsSuperuser(address);
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
export async function topicBytes(address: EngineAddress): Promise<number> {
  const admin = kafkaAdministrator(address);
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
