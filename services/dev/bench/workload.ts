/** The main route of each service, as requests with something behind them. */
import { randomUUID } from "node:crypto";
import { call, eventually, expectOk } from "../client.ts";
import {
  approveListing,
  awaitCallable,
  awaitSearchable,
  issueKey,
  type Marketplace,
  submitListing,
} from "../marketplace.ts";
import type { EngineAddress } from "../platform/environment.ts";
import type { Target } from "./attack.ts";
import { publishListings, topic } from "./many-listings.ts";

/** Listings that searches and calls choose from. */
const listingCount = 60;
/** Listings in the index, beside those that are called. */
export const indexedListings = 20_000;
/** Different searches; they are asked for with Zipf's frequencies, as people do. */
const searchCount = 200;
const zipfExponent = 1.1;
/** More than a run sends: a listing's name is taken once. */
const targetCount = 30_000;
/** Each consumer may make 100,000 calls a minute; together they must not meet that limit. */
const consumerCount = 20;

export interface Workload {
  readonly route: string;
  /** New ones at every call: what was made once cannot be made again. */
  readonly targets: () => readonly Target[];
}

export async function makeWorkloads(
  marketplace: Marketplace,
  kafka: EngineAddress,
): Promise<Record<string, Workload>> {
  const provider = randomUUID();
  const consumers = Array.from({ length: consumerCount }, () => randomUUID());
  const ids: string[] = [];
  for (let index = 0; index < listingCount; index += 1) {
    const id = await submitListing(marketplace, provider, {
      name: `Bench ${topic(index)} ${index}`,
      summary: `A model about ${topic(index)}, number ${index}.`,
      tags: [topic(index)],
      echo: "tokens=16",
    });
    await approveListing(marketplace, id);
    ids.push(id);
  }
  await publishListings(kafka, indexedListings);
  await eventually(
    `${indexedListings} listings being in the index`,
    async () => ((await indexedEvents(marketplace)) >= indexedListings ? true : undefined),
    120,
  );
  const last = ids.length - 1;
  await awaitSearchable(marketplace, ids[last] as string, `Bench ${topic(last)} ${last}`);
  const keys = await Promise.all(
    consumers.map((consumer) => issueKey(marketplace, consumer, { requestsPerMinute: 100_000 })),
  );
  for (const key of keys) await awaitCallable(marketplace, key, ids[0] as string, 60);
  const token = await marketplace.token({ sub: "provider", org: provider, roles: ["provider"] });
  const admin = await marketplace.token({ sub: "admin", org: consumers[0], roles: ["platform-admin"] });
  const { publishing, discovery, consumption, admin: adminUrl } = marketplace.urls;
  await expectOk(`${publishing}`, "GET", `/v1/listings/${ids[0]}`, { token });
  return {
    publishing: {
      route: "4 × GET /v1/listings/{id}, 1 × POST /v1/listings",
      targets: () =>
        Array.from({ length: targetCount }, (_, index) =>
          index % 5 === 4
            ? {
                method: "POST",
                url: `${publishing}/v1/listings`,
                headers: bearer(token),
                body: {
                  kind: "model",
                  name: `Load ${randomUUID()}`,
                  summary: "Made under load.",
                  licence: "MIT",
                },
              }
            : {
                method: "GET",
                url: `${publishing}/v1/listings/${ids[index % ids.length]}`,
                headers: bearer(token),
              },
        ),
    },
    discovery: {
      route: `GET /v1/search over ${indexedListings} listings: nine of ten are one of ${searchCount} searches with Zipf's frequencies (exponent ${zipfExponent}), one was never asked before, so the cache answers at its goal of 90 %`,
      targets: () =>
        zipf(targetCount, searchCount).map((rank, index) => {
          const words =
            index % 10 === 9 ? `${topic(index)} ${randomUUID().slice(0, 8)}` : `${topic(rank)} ${rank}`;
          return {
            method: "GET",
            url: `${discovery}/v1/search?${new URLSearchParams({ q: words, limit: "10" })}`,
          };
        }),
    },
    consumption: {
      route: "POST /v1/calls, echo provider without delay, 16 tokens",
      targets: () =>
        Array.from({ length: ids.length * keys.length }, (_, index) => ({
          method: "POST",
          url: `${consumption}/v1/calls`,
          headers: bearer(keys[index % keys.length] as string),
          body: {
            listingId: ids[index % ids.length],
            input: { messages: [{ role: "user", content: "Say something." }] },
            stream: false,
          },
        })),
    },
    admin: {
      route: "GET /v1/admin/usage of one organisation",
      targets: () => [
        { method: "GET", url: `${adminUrl}/v1/admin/usage?orgId=${consumers[0]}`, headers: bearer(admin) },
      ],
    },
  };
}

async function indexedEvents({ urls }: Marketplace): Promise<number> {
  const { text } = await call(`${urls.discovery}`, "GET", "/metrics");
  return Number(
    /^marketplace_events_indexed_total\{[^}]*result="indexed"[^}]*\} (\S+)/m.exec(text)?.[1] ?? 0,
  );
}

function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}

/** Ranks from 0 drawn by Zipf's law, the same at every run. */
export function zipf(count: number, ranks: number, exponent = zipfExponent): number[] {
  const weights = Array.from({ length: ranks }, (_, rank) => 1 / (rank + 1) ** exponent);
  const bounds = weights.map((_, rank) =>
    weights.slice(0, rank + 1).reduce((sum, weight) => sum + weight, 0),
  );
  const total = bounds[ranks - 1] as number;
  const random = generator(20261128);
  return Array.from({ length: count }, () => {
    const point = random() * total;
    const rank = bounds.findIndex((bound) => point <= bound);
    return rank < 0 ? ranks - 1 : rank;
  });
}

/** A linear congruential generator (modulus 2³²): not random enough for secrets, the same on every machine. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
