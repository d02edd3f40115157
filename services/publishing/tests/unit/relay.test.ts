import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createLog } from "../../src/log.ts";
import type { OutgoingMessage } from "../../src/messaging/kafka.ts";
import { Relay } from "../../src/messaging/relay.ts";
import { createMetrics } from "../../src/metrics.ts";

const event = {
  id: 1,
  eventId: "01980000-0000-7000-8000-000000000001",
  eventType: "listing.created",
  listingId: "01980000-0000-7000-8000-000000000002",
  payload: '{"a":1}',
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};

function relayWith(databaseMillis: number) {
  const sent: OutgoingMessage[] = [];
  const removed: number[] = [];
  const metrics = createMetrics();
  const relay = new Relay({
    outbox: {
      lease: async () => true,
      release: async () => {},
      next: () => sleep(databaseMillis, [event]),
      remove: async (ids) => void removed.push(...ids),
    },
    events: { send: async (messages) => void sent.push(...messages) },
    metrics,
    log: createLog({ service: "publishing", version: "0", logLevel: "error" }),
    topic: "listing.events",
    holder: "a",
    sendWithinMillis: 100,
  });
  return { relay, sent, removed, metrics };
}

describe("the relay", () => {
  it("sends an event under its listing's key with the contract's headers, removes it and counts it", async () => {
    const { relay, sent, removed, metrics } = relayWith(0);
    assert.equal(await relay.step(), 1);
    assert.deepEqual([sent[0]?.key, sent[0]?.value], [event.listingId, event.payload]);
    const { traceparent: _, ...headers } = sent[0]?.headers ?? {};
    assert.deepEqual(headers, {
      "event-type": "listing.created",
      "event-id": event.eventId,
      "content-type": "application/json",
    });
    assert.deepEqual(removed, [1]);
    assert.match(
      await metrics.registry.metrics(),
      /marketplace_outbox_published_total\{topic="listing.events"\} 1/,
    );
  });

  it("sends nothing once a slow database has used up the time within the lease", async () => {
    const { relay, sent, removed } = relayWith(150);
    assert.equal(await relay.step(), 0);
    assert.deepEqual([sent, removed], [[], []]);
  });
});
