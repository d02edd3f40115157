/** An index as large as a marketplace's: listings that no provider made, as the events that publishing would send. */
import { randomUUID } from "node:crypto";
import { Producer, stringSerializers } from "@platformatic/kafka";
import type { EngineAddress } from "../platform/environment.ts";

const topics = ["harbour", "lantern", "meadow", "quartz", "willow", "ember", "tundra", "violet"] as const;
const categories = ["chat", "completion", "embedding", "image", "audio", "code"] as const;
/** Messages of one request to the broker. */
const batch = 500;

/** What a listing of that number is about; searches use the same words. */
export function topic(index: number): string {
  return topics[index % topics.length] as string;
}

export async function publishListings(kafka: EngineAddress, count: number): Promise<void> {
  const producer = new Producer({
    clientId: "bench",
    bootstrapBrokers: [`${kafka.bootstrapServers}`],
    serializers: stringSerializers,
  });
  try {
    for (let first = 0; first < count; first += batch) {
      const size = Math.min(batch, count - first);
      await producer.send({ messages: Array.from({ length: size }, (_, index) => message(first + index)) });
    }
  } finally {
    await producer.close();
  }
}

function message(index: number) {
  const now = new Date().toISOString();
  const id = randomUUID();
  const eventId = randomUUID();
  const event = {
    eventId,
    eventType: "listing.published",
    occurredAt: now,
    listing: {
      id,
      orgId: randomUUID(),
      version: 1,
      status: "published",
      kind: "prompt",
      name: `Index ${topic(index)} ${index}`,
      slug: `index-${topic(index)}-${index}`,
      summary: `A prompt about ${topic(index)} and ${topic(index >> 3)}, number ${index}.`,
      description:
        `It answers questions about ${topic(index)}, with examples of ${topic(index >> 6)}. `.repeat(5),
      tags: [topic(index), topic(index >> 3)].filter((tag, at, all) => all.indexOf(tag) === at),
      categories: [categories[index % categories.length]],
      licence: "MIT",
      createdAt: now,
      updatedAt: now,
      publishedAt: now,
      release: {
        number: "1.0.0",
        publishedAt: now,
        endpoint: null,
        pricing: { inputUsdMicrosPerThousandTokens: 0, outputUsdMicrosPerThousandTokens: 0 },
        artefact: null,
      },
    },
  };
  const headers = {
    "event-type": event.eventType,
    "event-id": eventId,
    "content-type": "application/json",
    traceparent: `00-${eventId.replaceAll("-", "")}-${id.replaceAll("-", "").slice(0, 16)}-00`,
  };
  return { topic: "listing.events", key: id, value: JSON.stringify(event), headers };
}
