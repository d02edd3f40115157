/** `make migrate`: brings the schema up to date and ends. */
import { loadDatabaseConfig } from "./config/config.ts";
import { ConfigError } from "./config/variables.ts";
import { migrate } from "./storage/migrations.ts";

try {
  const { applied, runtimeRole } = await migrate(loadDatabaseConfig(process.env));
  process.stdout.write(
    `applied: ${applied.join(", ") || "nothing new"}; rights given to ${runtimeRole ?? "nobody else"}\n`,
  );
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 78;
}
