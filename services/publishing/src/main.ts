import { loadConfig } from "./config/config.ts";
import { ConfigError } from "./config/variables.ts";
import { createLog } from "./log.ts";
import { startService } from "./service.ts";

/** sysexits(3): what was configured is wrong, starting again will not help. */
const badConfiguration = 78;

function readConfig() {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(badConfiguration);
  }
}

const config = readConfig();
const log = createLog(config);

process.on("uncaughtException", (error) => {
  log.error({ error }, "a failure that nothing expected");
  process.exit(1);
});

const starting = startService(config, log);

let stopping = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, "stopping");
    const stopped = starting.then((service) => service.stop());
    stopped.then(
      () => {
        log.info("stopped");
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ error }, "could not stop in order");
        process.exit(1);
      },
    );
  });
}

await starting;
