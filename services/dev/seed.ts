/** Something to look at: listings of two providers, approved, and a consumer's calls of them. */
import { randomUUID } from "node:crypto";
import {
  approveListing,
  awaitCallable,
  awaitSearchable,
  callModel,
  issueKey,
  type Marketplace,
  type NewListing,
  submitListing,
} from "./marketplace.ts";

const providers: readonly (readonly NewListing[])[] = [
  [
    {
      name: "Harbour Chat 7B",
      summary: "A small model that chats.",
      tags: ["small", "chat"],
      echo: "delayMs=20&tokens=24",
    },
    {
      name: "Harbour Chat 70B",
      summary: "A large model that chats.",
      tags: ["large", "chat"],
      echo: "delayMs=120&tokens=96",
      inputPrice: 4000,
      outputPrice: 12000,
    },
    {
      name: "Harbour Code",
      summary: "Completes and explains code.",
      tags: ["code"],
      categories: ["code"],
      echo: "delayMs=40&tokens=64",
    },
  ],
  [
    {
      name: "Lantern Embed",
      summary: "Turns text into vectors.",
      tags: ["vectors"],
      categories: ["embedding"],
      echo: "delayMs=5&tokens=4",
    },
    {
      name: "Lantern Rewrite",
      summary: "A prompt that rewrites letters politely.",
      kind: "prompt",
      tags: ["writing"],
      categories: ["other"],
    },
    {
      name: "Lantern Agent",
      summary: "Plans and uses tools.",
      tags: ["tools"],
      categories: ["agent"],
      echo: "delayMs=80&tokens=48",
    },
  ],
];

/** Calls of each model. */
const calls = 5;

export async function seed(
  marketplace: Marketplace & { readonly say: (line: string) => void },
): Promise<void> {
  const { say } = marketplace;
  const listings: { id: string; name: string; callable: boolean }[] = [];
  for (const own of providers) {
    const org = randomUUID();
    for (const listing of own) {
      const id = await submitListing(marketplace, org, listing);
      await approveListing(marketplace, id);
      listings.push({ id, name: listing.name, callable: listing.kind !== "prompt" });
    }
  }
  for (const { id, name } of listings) await awaitSearchable(marketplace, id, name);
  say(`${listings.length} listings are published and searchable`);

  const key = await issueKey(marketplace, randomUUID(), { requestsPerMinute: 600 });
  const models = listings.filter(({ callable }) => callable);
  await awaitCallable(marketplace, key, (models[0] as { id: string }).id);
  for (const { id } of models) {
    for (let index = 0; index < calls; index += 1) {
      const { status, text } = await callModel(marketplace, key, id);
      if (status !== 200) throw new Error(`a call of ${id}: ${status} ${text}`);
    }
  }
  say(`${models.length * calls} calls were made; an API key to go on with: ${key}`);
}
