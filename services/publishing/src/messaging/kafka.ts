import { readFileSync } from "node:fs";
import { type BaseOptions, Producer, stringSerializers } from "@platformatic/kafka";
import type { KafkaConfig } from "../config/stores.ts";

export interface OutgoingMessage {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface EventLog {
  /** Returns when Kafka has every message on all in-sync replicas, or fails within `sendTimeoutMillis`. */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
  /** Asks the cluster for the topic; fails where it does not answer or has none. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** No message of a call to `send` is on its way any more this long after it began. */
export const sendTimeoutMillis = 10_000;

type Connection = Pick<BaseOptions, "bootstrapBrokers" | "tls" | "sasl">;

/** How the brokers are reached and what they are shown. */
export function connectionOf(config: KafkaConfig): Connection {
  const { auth, caFile, tls, bootstrapServers } = config;
  const certificates =
    auth.kind === "client-certificate"
      ? { cert: readFileSync(auth.certFile, "utf8"), key: readFileSync(auth.keyFile, "utf8") }
      : {};
  const authority = caFile === undefined ? {} : { ca: readFileSync(caFile, "utf8") };
  return {
    bootstrapBrokers: [...bootstrapServers],
    ...(tls ? { tls: { ...authority, ...certificates, rejectUnauthorized: true } } : {}),
    ...(auth.kind === "password"
      ? { sasl: { mechanism: "SCRAM-SHA-512" as const, username: auth.user, password: auth.password } }
      : {}),
    ...(auth.kind === "cloud-identity"
      ? { sasl: { mechanism: "OAUTHBEARER" as const, token: () => mskToken(auth.region) } }
      : {}),
  };
}

/** A token of the pod's identity, fresh for each connection. Loaded where it is needed: elsewhere it only costs memory. */
async function mskToken(region: string): Promise<string> {
  const { generateAuthToken } = await import("aws-msk-iam-sasl-signer-js");
  return (await generateAuthToken({ region })).token;
}

/**
 * An idempotent producer of one topic. A failed send ends it and the next one starts another: what is unknown about
 * its connections and sequence numbers goes with it, and nothing of a failed send can arrive later.
 */
export class KafkaEventLog implements EventLog {
  readonly #config: KafkaConfig;
  #producer: Producer<string, string, string, string> | undefined;

  constructor(config: KafkaConfig) {
    this.#config = config;
  }

  #current(): Producer<string, string, string, string> {
    this.#producer ??= new Producer({
      ...connectionOf(this.#config),
      clientId: "publishing",
      serializers: stringSerializers,
      idempotent: true,
      acks: -1,
      autocreateTopics: false,
      connectTimeout: 3_000,
      requestTimeout: 5_000,
      retries: 2,
      retryDelay: 250,
    });
    return this.#producer;
  }

  async send(messages: readonly OutgoingMessage[]): Promise<void> {
    const { topic } = this.#config;
    const outgoing = messages.map(({ key, value, headers }) => ({
      topic,
      key,
      value,
      headers: { ...headers },
    }));
    await this.#bounded((producer) => producer.send({ messages: outgoing }));
  }

  async check(): Promise<void> {
    const { topic } = this.#config;
    await this.#bounded((producer) => producer.metadata({ topics: [topic], forceUpdate: true }));
  }

  async #bounded<T>(ask: (producer: Producer<string, string, string, string>) => Promise<T>): Promise<T> {
    const producer = this.#current();
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => timeout.reject(new Error("Kafka did not answer in time")),
      sendTimeoutMillis,
    );
    try {
      return await Promise.race([ask(producer), timeout.promise]);
    } catch (error) {
      if (this.#producer === producer) this.#producer = undefined;
      await producer.close(true).catch(() => {});
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.#producer?.close();
    this.#producer = undefined;
  }
}
