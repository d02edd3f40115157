import { setTimeout as sleep } from "node:timers/promises";
import { SpanKind, trace } from "@opentelemetry/api";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Outbox, OutboxEvent } from "../storage/outbox.ts";
import { contextOf, currentTraceparent, tracer } from "../tracing.ts";
import { type EventLog, type OutgoingMessage, sendTimeoutMillis } from "./kafka.ts";

export interface RelayOptions {
  readonly outbox: Pick<Outbox, "lease" | "release" | "next" | "remove">;
  readonly events: Pick<EventLog, "send">;
  readonly metrics: Pick<Metrics, "outboxPublished">;
  readonly log: Log;
  readonly topic: string;
  /** This replica, a UUID. */
  readonly holder: string;
  readonly batchSize?: number;
  readonly idleMillis?: number;
  readonly retryMillis?: number;
  /** How long after it asked for the lease a batch may still be sent. */
  readonly sendWithinMillis?: number;
}

/**
 * Twice what a send may take. A replica sends only within a lease that it has just prolonged, so when the lease of one
 * that vanished has run out, nothing of what it sent is still on its way, and the next one cannot be overtaken by it.
 */
export const leaseSeconds = (2 * sendTimeoutMillis) / 1000;

/**
 * Brings the outbox to Kafka, in order, from one replica at a time.
 *
 * An event is removed after Kafka has it. Where the process dies in between, the next replica sends it again, with the
 * same event id and version: consumers count it once.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #stop = new AbortController();
  #wake = Promise.withResolvers<void>();
  #running: Promise<void> = Promise.resolve();

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** An event has been committed: no need to wait for the next look. */
  kick(): void {
    this.#wake.resolve();
  }

  /** Finishes the batch in hand and gives the lease back. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.kick();
    await this.#running;
    await this.#options.outbox.release(this.#options.holder).catch((error: unknown) => {
      this.#options.log.warn({ error }, "the outbox's lease is left to run out");
    });
  }

  async #run(): Promise<void> {
    const { log, idleMillis = 500, retryMillis = 1_000 } = this.#options;
    let failing = false;
    while (!this.#stop.signal.aborted) {
      try {
        const sent = await this.step();
        if (failing) log.info("the outbox reaches Kafka again");
        failing = false;
        if (sent === 0) await this.#pause(idleMillis, true);
      } catch (error) {
        if (!failing) log.error({ error }, "the outbox does not reach Kafka; events wait");
        failing = true;
        await this.#pause(retryMillis, false);
      }
    }
  }

  /** One batch; answers how many events it sent. */
  async step(): Promise<number> {
    const { outbox, events, metrics, holder, topic, batchSize = 100 } = this.#options;
    const { sendWithinMillis = leaseSeconds * 1000 - sendTimeoutMillis } = this.#options;
    const asked = performance.now();
    if (!(await outbox.lease(holder, leaseSeconds))) return 0;
    const batch = await outbox.next(batchSize);
    // A database that was slow to answer has used up the time in which the send would end within the lease.
    if (batch.length === 0 || performance.now() - asked > sendWithinMillis) return 0;
    await events.send(batch.map((event) => message(event, topic)));
    await outbox.remove(batch.map(({ id }) => id));
    metrics.outboxPublished.inc({ topic }, batch.length);
    return batch.length;
  }

  async #pause(millis: number, wakeable: boolean): Promise<void> {
    this.#wake = Promise.withResolvers<void>();
    const timer = new AbortController();
    const signal = AbortSignal.any([timer.signal, this.#stop.signal]);
    const waits = [sleep(millis, undefined, { signal }).catch(() => {})];
    await Promise.race(wakeable ? [...waits, this.#wake.promise] : waits);
    timer.abort();
  }
}

/** The message of an event, within a producer span that belongs to the trace of the change. */
function message(
  { eventId, eventType, listingId, payload, traceparent }: OutboxEvent,
  topic: string,
): OutgoingMessage {
  const parent = contextOf(traceparent);
  const attributes = { "messaging.system": "kafka", "messaging.destination.name": topic };
  const span = tracer().startSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes }, parent);
  const handedOn = currentTraceparent(trace.setSpan(parent, span));
  span.end();
  return {
    key: listingId,
    value: payload,
    headers: {
      "event-type": eventType,
      "event-id": eventId,
      "content-type": "application/json",
      ...(handedOn === undefined ? {} : { traceparent: handedOn }),
    },
  };
}
