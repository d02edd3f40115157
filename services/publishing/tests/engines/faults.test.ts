import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, afterEach, before, describe, it } from "node:test";
import { createLog } from "../../src/log.ts";
import { KafkaEventLog } from "../../src/messaging/kafka.ts";
import { Relay } from "../../src/messaging/relay.ts";
import { createMetrics } from "../../src/metrics.ts";
import { Database } from "../../src/storage/database.ts";
import { Outbox } from "../../src/storage/outbox.ts";
import { Client, eventually, model, type Reply } from "../support/client.ts";
import { disturb } from "../support/engines.ts";
import { createPlace, type Place, type SeenEvent } from "../support/place.ts";
import { killProcesses, type ServiceProcess, startProcess } from "../support/process.ts";

let place: Place;

before(async () => {
  place = await createPlace();
});
afterEach(async () => {
  killProcesses();
  // A process that a failed test has left cannot give its lease back; the next test is not about that.
  await place.sql.query("UPDATE outbox_relay SET holder = NULL, expires_at = '-infinity'");
});
after(() => place?.remove());

const pending = async () => Number((await place.sql.query("SELECT count(*) FROM outbox")).rows[0].count);
const drained = () =>
  eventually("an empty outbox", 60, async () => ((await pending()) === 0 ? true : undefined));

/** Versions of each listing in the order in which Kafka has them, repetitions left out. */
function versions(events: readonly SeenEvent[]): Map<string, number[]> {
  const seen = new Set<string>();
  const of = new Map<string, number[]>();
  for (const { key, value } of events) {
    if (seen.has(value.eventId)) continue;
    seen.add(value.eventId);
    of.set(key, [...(of.get(key) ?? []), value.listing.version]);
  }
  return of;
}

async function end(service: ServiceProcess): Promise<void> {
  service.child.kill("SIGTERM");
  assert.deepEqual(await service.exited, [0, null], service.log());
}

describe("Kafka away and back", () => {
  it("refuses no change meanwhile, stays ready, and every event arrives once and in order", async () => {
    const service = await startProcess(place);
    const provider = await Client.of(service.url, ["provider"]);
    const ids: string[] = [];
    try {
      await disturb("kafka", "kill");
      for (let index = 0; index < 20; index += 1) {
        const created = await provider.post("/v1/listings", model(`Without Kafka ${index}`));
        assert.equal(created.status, 201);
        ids.push(created.body.id);
        for (const summary of ["second", "third"]) {
          const path = `/v1/listings/${created.body.id}`;
          assert.equal((await provider.call("PATCH", path, { summary }, { "if-match": "*" })).status, 200);
        }
      }
      assert.equal(await pending(), 60);
      const ready = await eventually("Kafka is seen to be down", 20, async () => {
        const response = await fetch(`${service.url}/readyz`);
        const body = (await response.json()) as { dependencies: { kafka: string } };
        return body.dependencies.kafka === "down" ? { status: response.status, body } : undefined;
      });
      assert.equal(ready.status, 200);
    } finally {
      await disturb("kafka", "start");
    }
    await drained();
    const events = await place.events();
    const order = versions(events);
    for (const id of ids) assert.deepEqual(order.get(id), [1, 2, 3]);
    await end(service);
  });
});

describe("PostgreSQL restarted", () => {
  it("answers 503 with Retry-After meanwhile, recovers by itself, and keeps all that it acknowledged", async () => {
    const service = await startProcess(place);
    const provider = await Client.of(service.url, ["provider"]);
    const answers: Reply[] = [];
    let running = true;
    const load = async (worker: number) => {
      for (let index = 0; running; index += 1) {
        answers.push(await provider.post("/v1/listings", model(`Restart ${worker}-${index}`)));
      }
    };
    const workers = [0, 1, 2, 3].map(load);
    try {
      await new Promise((resolve) => setTimeout(resolve, 500));
      await disturb("postgres", "stop");
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal((await fetch(`${service.url}/healthz`)).status, 200);
    } finally {
      await disturb("postgres", "start");
    }
    await eventually(
      "it is ready again",
      30,
      async () => (await fetch(`${service.url}/readyz`)).ok || undefined,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    running = false;
    await Promise.all(workers);
    const statuses = new Set(answers.map(({ status }) => status));
    assert.deepEqual([...statuses].sort(), [201, 503]);
    for (const { status, body, headers } of answers) {
      if (status !== 503) continue;
      assert.equal(body.code, "dependency-unavailable");
      assert.match(headers.get("retry-after") ?? "", /^\d+$/);
    }
    assert.equal(answers.at(-1)?.status, 201, "the last request finds it recovered");
    await drained();
    const order = versions(await place.events());
    const acknowledged = answers.filter(({ status }) => status === 201).map(({ body }) => body.id);
    assert.deepEqual(
      acknowledged.filter((id) => !order.has(id)),
      [],
      "acknowledged and never in Kafka",
    );
    await end(service);
  });
});

describe("SIGTERM", () => {
  it("loses no request in flight and no event, and ends with 0", async () => {
    const service = await startProcess(place);
    const provider = await Client.of(service.url, ["provider"]);
    const requests = Array.from({ length: 40 }, (_, index) =>
      provider.post("/v1/listings", model(`In flight ${index}`)),
    );
    // One has been answered, so the others are with the service when the signal comes.
    await Promise.race(requests);
    service.child.kill("SIGTERM");
    const answers = await Promise.all(requests);
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
    assert.deepEqual(await service.exited, [0, null], service.log());
    const lease = await place.sql.query("SELECT holder FROM outbox_relay");
    assert.equal(lease.rows[0].holder, null, "the lease is given back");
    const successor = await startProcess(place);
    await drained();
    const order = versions(await place.events());
    assert.deepEqual(
      answers.filter(({ body }) => !order.has(body.id)),
      [],
    );
    await end(successor);
  });

  it("makes it unready at once while the listener stays open for the delay", async () => {
    // Long enough for a busy machine to look while it is still listening.
    const service = await startProcess(place, { SHUTDOWN_DELAY_SECONDS: "5" });
    const provider = await Client.of(service.url, ["provider"]);
    service.child.kill("SIGTERM");
    await eventually("unready", 4, async () =>
      (await fetch(`${service.url}/readyz`)).status === 503 ? true : undefined,
    );
    assert.equal((await provider.get("/v1/listings")).status, 200);
    assert.deepEqual(await service.exited, [0, null]);
  });
});

describe("the outbox's relay", () => {
  const parts = () => {
    const log = createLog({ ...place.config, logLevel: "error" });
    const database = new Database(place.config.database, () => {});
    database.open();
    const events = new KafkaEventLog(place.config.kafka);
    const outbox = new Outbox(database);
    const relayOf = (holder: string, other: Partial<Outbox> = {}) =>
      new Relay({
        outbox: {
          lease: (...given) => outbox.lease(...given),
          release: (...given) => outbox.release(...given),
          next: (...given) => outbox.next(...given),
          remove: (...given) => outbox.remove(...given),
          ...other,
        },
        events,
        metrics: createMetrics(),
        log,
        topic: place.config.kafka.topic,
        holder,
      });
    return { outbox, relayOf, close: () => Promise.all([events.close(), database.close()]) };
  };
  const insert = (listingId: string, version: number) =>
    place.sql.query(
      "INSERT INTO outbox (event_id, event_type, listing_id, payload, created_at) VALUES ($1, 'listing.updated', $2, $3, now())",
      [randomUUID(), listingId, { eventId: randomUUID(), listing: { id: listingId, version } }],
    );

  it("sends an event again with the same id and version where it died between Kafka and the database", async () => {
    const { relayOf, outbox, close } = parts();
    const [listingId, dying] = [randomUUID(), randomUUID()];
    await insert(listingId, 7);
    const crashed = relayOf(dying, {
      remove: () => Promise.reject(new Error("killed here")),
    });
    await assert.rejects(crashed.step(), /killed here/);
    await outbox.release(dying);
    const heir = randomUUID();
    assert.equal(await relayOf(heir).step(), 1);
    await outbox.release(heir);
    const sent = (await place.events()).filter(({ key }) => key === listingId);
    assert.equal(sent.length, 2);
    assert.deepEqual(sent[0]?.value, sent[1]?.value);
    assert.equal(sent[0]?.headers["event-id"], sent[1]?.headers["event-id"]);
    await close();
  });

  it("is one at a time: while a replica holds the lease the others send nothing", async () => {
    const { relayOf, outbox, close } = parts();
    const [first, second] = [randomUUID(), randomUUID()];
    assert.equal(await outbox.lease(first, 20), true);
    await insert(randomUUID(), 1);
    assert.equal(await relayOf(second).step(), 0);
    assert.equal(await relayOf(first).step(), 1);
    await outbox.release(first);
    assert.equal(await outbox.lease(second, 20), true, "free again after it is given back");
    await outbox.release(second);
    await close();
  });

  it("is taken over when the lease of a replica that vanished has run out", async () => {
    const { outbox, close } = parts();
    const [vanished, heir] = [randomUUID(), randomUUID()];
    assert.equal(await outbox.lease(vanished, 1), true);
    assert.equal(await outbox.lease(heir, 1), false);
    await eventually("the lease runs out", 5, async () => (await outbox.lease(heir, 1)) || undefined);
    await outbox.release(heir);
    await close();
  });
});
