import { setTimeout as sleep } from "node:timers/promises";
import { v7 as uuidv7 } from "uuid";
import { Artefacts } from "./application/artefacts.ts";
import { Listings } from "./application/listings.ts";
import type { Surroundings } from "./application/store.ts";
import type { Config } from "./config/config.ts";
import { Dependencies } from "./dependencies.ts";
import { createApp } from "./http/app.ts";
import { createAuthenticate } from "./http/auth.ts";
import type { Log } from "./log.ts";
import { KafkaEventLog } from "./messaging/kafka.ts";
import { Relay } from "./messaging/relay.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { reasonOf } from "./reason.ts";
import { Database } from "./storage/database.ts";
import { migrate } from "./storage/migrations.ts";
import { Outbox } from "./storage/outbox.ts";
import { currentTraceId, startTracing } from "./tracing.ts";
import { untilDone } from "./until-done.ts";

/** Requests in flight get this long after the listener has closed. */
const drainMillis = 50_000;
/** Connections that the kernel has taken and Node has not read yet would be reset by a listener that closes at once. */
const settleMillis = 250;
const longestSettleMillis = 5_000;
const answersKeptHours = 24;
const housekeepingMillis = 600_000;

/** Returns once no request is in flight after a pause in which those on their way could come in. */
async function settled(metrics: Pick<Metrics, "activeRequests">): Promise<void> {
  const end = Date.now() + longestSettleMillis;
  do {
    await sleep(settleMillis);
    const { values } = await metrics.activeRequests.get();
    if (values.every(({ value }) => value === 0)) return;
  } while (Date.now() < end);
}

export interface Service {
  readonly url: string;
  /** Stops without losing a request or an event. */
  stop(): Promise<void>;
}

/**
 * Puts the parts together and starts them; the order of stopping is the reverse. Resolves once the database has been
 * tried: a database that is away is no reason to end, only to be not ready.
 */
export async function startService(config: Config, log: Log): Promise<Service> {
  const endTracing = startTracing(config.tracing);
  const metrics = createMetrics();
  const database = new Database(config.database, (error) => log.warn({ error }, "a connection was lost"));
  const outbox = new Outbox(database);
  const events = new KafkaEventLog(config.kafka);
  const relay = new Relay({ outbox, events, metrics, log, topic: config.kafka.topic, holder: uuidv7() });
  const surroundings: Surroundings = {
    now: () => new Date(),
    newId: () => uuidv7(),
    traceId: currentTraceId,
    echoAllowed: config.environment !== "production",
    onChange: (from, to) => {
      if (from !== to) metrics.transitions.inc({ from, to });
      relay.kick();
    },
  };
  const dependencies = new Dependencies(
    [
      {
        name: "postgres",
        essential: true,
        check: async () => metrics.outboxPending.set(await outbox.pending()),
      },
      // Changes are accepted without Kafka: their events wait in the outbox.
      { name: "kafka", essential: false, check: () => events.check() },
    ],
    metrics,
    log,
  );
  const app = await createApp({
    log,
    metrics,
    authenticate: createAuthenticate(config.oidc),
    unit: database,
    listings: new Listings(surroundings),
    artefacts: new Artefacts(surroundings),
    readiness: dependencies.readiness,
  });

  // It listens at once: probes see it alive, and not ready, while the database is still awaited.
  const url = await app.listen({ port: config.port, host: "0.0.0.0" });
  log.info({ port: config.port }, "listening");
  const open = async () => {
    const { applied } = await migrate(config.database);
    database.open();
    log.info({ applied }, "the database's schema is up to date");
    relay.start();
  };
  const stopping = new AbortController();
  const firstTry = Promise.withResolvers<void>();
  const opening = untilDone(open, stopping.signal, (error) => {
    const message = "the database's schema cannot be brought up to date; it is tried again";
    log.warn({ error: reasonOf(error) }, message);
    firstTry.resolve();
  }).then(firstTry.resolve);
  await firstTry.promise;
  await dependencies.start();
  const housekeeping = setInterval(() => {
    outbox
      .forgetAnswers(answersKeptHours)
      .catch((error: unknown) => log.warn({ error }, "housekeeping failed"));
  }, housekeepingMillis);

  const stop = async () => {
    dependencies.drain();
    stopping.abort();
    await sleep(config.shutdownDelaySeconds * 1000);
    await settled(metrics);
    await Promise.race([app.close(), sleep(drainMillis, undefined, { ref: false })]);
    clearInterval(housekeeping);
    dependencies.stop();
    await opening;
    await relay.stop();
    await events.close();
    await database.close();
    await endTracing();
  };
  return { url, stop };
}
