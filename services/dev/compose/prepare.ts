/** Makes databases, roles and topics in compose's stores, and ends. Done twice it changes nothing. */
import { makeDatabases, makeTopics } from "../platform/stores.ts";

await makeDatabases({ host: "postgres", port: 5432, user: "postgres" });
await makeTopics({ bootstrapServers: "kafka:9092" });
console.log(JSON.stringify({ level: "info", message: "databases and topics are there" }));
