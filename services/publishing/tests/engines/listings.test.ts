import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { createLog } from "../../src/log.ts";
import { type Service, startService } from "../../src/service.ts";
import { migrate } from "../../src/storage/migrations.ts";
import { Client, eventually, model, published, release } from "../support/client.ts";
import { createPlace, freePort, type Place } from "../support/place.ts";

let place: Place;
let service: Service;
let provider: Client;
let stranger: Client;
let reviewer: Client;
let administrator: Client;

before(async () => {
  place = await createPlace({ runtimeRole: true, port: await freePort() });
  await migrate(place.ownerConfig.database);
  service = await startService(place.config, createLog(place.config));
  const url = `http://127.0.0.1:${place.config.port}`;
  provider = await Client.of(url, ["provider"]);
  stranger = await Client.of(url, ["provider"]);
  reviewer = await Client.of(url, ["reviewer"]);
  administrator = await Client.of(url, ["platform-admin"]);
});

after(async () => {
  await service?.stop();
  await place?.remove();
});

const eventsOf = (id: string, count: number) =>
  eventually(`${count} events of the listing`, 20, async () => {
    const own = (await place.events()).filter(({ key }) => key === id);
    return own.length >= count ? own : undefined;
  });

describe("a listing's life", () => {
  it("leads from draft over review to published, suspended, restored and deprecated, with an event for each change", async () => {
    const created = await provider.post("/v1/listings", model("The Whole Life"));
    assert.equal(created.status, 201);
    assert.equal(created.body.slug, "the-whole-life");
    assert.equal(created.headers.get("etag"), '"1"');
    const path = `/v1/listings/${created.body.id}`;
    assert.equal((await provider.post(`${path}/submit`)).body.code, "release-missing");
    assert.equal((await provider.post(`${path}/releases`, release())).status, 201);
    assert.equal((await provider.post(`${path}/submit`)).body.status, "review");
    const rejected = await reviewer.post(`${path}/review`, { decision: "reject", reason: "say more" });
    assert.deepEqual([rejected.body.status, rejected.body.rejectionReason], ["draft", "say more"]);
    const edited = await provider.call("PATCH", path, { summary: "More." }, { "if-match": '"4"' });
    assert.equal(edited.status, 200);
    assert.equal((await provider.post(`${path}/submit`)).body.rejectionReason, null);
    const approved = await reviewer.post(`${path}/review`, { decision: "approve" });
    assert.deepEqual([approved.body.status, approved.body.release.number], ["published", "1.0.0"]);
    const next = await provider.post(`${path}/releases`, release("1.1.0"));
    assert.ok(next.body.publishedAt, "a published listing's release is public at once");
    const suspended = await administrator.post(`${path}/suspend`, { reason: "a complaint" });
    assert.deepEqual([suspended.body.status, suspended.body.suspensionReason], ["suspended", "a complaint"]);
    assert.equal((await reviewer.post(`${path}/restore`)).body.status, "published");
    assert.equal((await provider.post(`${path}/deprecate`)).body.status, "deprecated");

    const events = await eventsOf(created.body.id, 11);
    assert.deepEqual(
      events.map(({ value }) => [value.listing.version, value.eventType.slice("listing.".length)]),
      [
        [1, "created"],
        [2, "updated"],
        [3, "submitted"],
        [4, "rejected"],
        [5, "updated"],
        [6, "submitted"],
        [7, "published"],
        [8, "updated"],
        [9, "suspended"],
        [10, "restored"],
        [11, "deprecated"],
      ],
    );
    const ajv = new Ajv2020({ allErrors: true });
    addFormats.default(ajv);
    const contract = join(import.meta.dirname, "../../../contract/listing-event.schema.json");
    const check = ajv.compile(JSON.parse(readFileSync(contract, "utf8")));
    for (const { value, headers } of events) {
      assert.ok(check(value), ajv.errorsText(check.errors));
      assert.equal(headers["event-id"], value.eventId);
      assert.equal(headers["event-type"], value.eventType);
      assert.equal(headers["content-type"], "application/json");
      assert.match(headers.traceparent ?? "", /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    }
    assert.equal(new Set(events.map(({ value }) => value.eventId)).size, 11, "event ids are unique");
  });

  it("leaves a history of who did what, with the state before and after, for its owner and administrators alone", async () => {
    const listing = await published(provider, reviewer, "With a history");
    const path = `/v1/listings/${listing.id}/audit`;
    const { body } = await provider.get(path);
    assert.deepEqual(
      body.items.map(({ action, actor }: { action: string; actor: string }) => [action, actor]),
      [
        ["listing.published", "user-of-reviewer"],
        ["listing.submitted", "user-of-provider"],
        ["listing.updated", "user-of-provider"],
        ["listing.created", "user-of-provider"],
      ],
    );
    const [newest, , , oldest] = body.items;
    assert.deepEqual(
      [newest.before.status, newest.after.status, oldest.before],
      ["review", "published", null],
    );
    assert.equal((await administrator.get(path)).body.items.length, 4);
    assert.equal((await stranger.get(path)).status, 404);
    assert.equal((await reviewer.get(path)).status, 403);
    const first = await provider.get(`${path}?limit=3`);
    const second = await provider.get(`${path}?limit=3&cursor=${first.body.nextCursor}`);
    assert.deepEqual(
      [first.body.items.length, second.body.items.length, second.body.nextCursor],
      [3, 1, null],
    );
  });

  it("is not changed by an edit that changes nothing", async () => {
    const { body } = await provider.post("/v1/listings", model("Same as before"));
    const same = await provider.call(
      "PATCH",
      `/v1/listings/${body.id}`,
      { name: body.name },
      { "if-match": "*" },
    );
    assert.deepEqual([same.status, same.body.version], [200, 1]);
  });

  it("keeps name, slug and licence once it is published", async () => {
    const { id } = await published(provider, reviewer, "Fixed name");
    const renamed = await provider.call(
      "PATCH",
      `/v1/listings/${id}`,
      { name: "Other name" },
      { "if-match": "*" },
    );
    assert.deepEqual([renamed.status, renamed.body.code], [409, "field-frozen"]);
  });
});

describe("tenants", () => {
  it("get the same answer for another's listing as for none", async () => {
    const { body } = await provider.post("/v1/listings", model("Mine alone"));
    for (const id of [body.id, "01980000-0000-7000-8000-000000000000"]) {
      const path = `/v1/listings/${id}`;
      const answers = [
        await stranger.get(path),
        await stranger.call("PATCH", path, { summary: "x" }, { "if-match": "*" }),
        await stranger.post(`${path}/submit`),
        await stranger.post(`${path}/releases`, release()),
        await stranger.get(`${path}/releases`),
        await stranger.get(`${path}/audit`),
        await stranger.post(`${path}/suspend`, { reason: "x" }),
        await reviewer.get(path),
      ];
      for (const { status, body: problem } of answers) {
        assert.deepEqual(
          [status, problem.code, problem.detail],
          [404, "not-found", "there is no such listing"],
        );
      }
    }
  });

  it("see their own listings; reviewers see every tenant's in review", async () => {
    const [one, two] = [
      await Client.of(provider.url, ["provider"]),
      await Client.of(provider.url, ["provider"]),
    ];
    const ids: string[] = [];
    for (const client of [one, two]) {
      const { body } = await client.post("/v1/listings", model("In review"));
      await client.post(`/v1/listings/${body.id}/releases`, release());
      await client.post(`/v1/listings/${body.id}/submit`);
      ids.push(body.id);
    }
    const idsOf = (items: { id: string }[]) => items.map(({ id }) => id);
    assert.deepEqual(idsOf((await one.get("/v1/listings")).body.items), [ids[0]]);
    const queue = idsOf((await reviewer.get("/v1/listings?status=review&limit=100")).body.items);
    assert.deepEqual(
      queue.filter((id) => ids.includes(id)),
      ids.toReversed(),
      "newest first",
    );
    assert.equal((await reviewer.get("/v1/listings?status=draft")).body.items.length, 0);
  });

  it("need a role for each thing they do", async () => {
    const consumer = await Client.of(provider.url, ["consumer"]);
    assert.equal((await consumer.get("/v1/listings")).status, 403);
    assert.equal((await reviewer.post("/v1/listings", model())).status, 403);
    const { body } = await provider.post("/v1/listings", model("Judge of myself"));
    await provider.post(`/v1/listings/${body.id}/releases`, release());
    await provider.post(`/v1/listings/${body.id}/submit`);
    const own = await provider.post(`/v1/listings/${body.id}/review`, { decision: "approve" });
    assert.deepEqual([own.status, own.body.code], [403, "forbidden"]);
  });
});

describe("four eyes", () => {
  it("are of two organisations: nobody approves or restores their own organisation's listing, whatever their roles", async () => {
    const everything = ["provider", "reviewer", "platform-admin"];
    const own = await Client.of(provider.url, everything);
    const { body } = await own.post("/v1/listings", model("Judge of myself, with every role"));
    const path = `/v1/listings/${body.id}`;
    await own.post(`${path}/releases`, release());
    await own.post(`${path}/submit`);
    const colleague = await Client.of(provider.url, ["reviewer"], own.org);
    for (const judge of [own, colleague]) {
      const answer = await judge.post(`${path}/review`, { decision: "approve" });
      assert.deepEqual([answer.status, answer.body.code], [403, "own-listing"]);
      assert.match(answer.body.detail, /another organisation/);
    }
    assert.equal((await own.get(path)).body.status, "review");
    assert.equal((await reviewer.post(`${path}/review`, { decision: "approve" })).status, 200);
    await administrator.post(`${path}/suspend`, { reason: "a complaint" });
    for (const judge of [own, colleague]) {
      assert.equal((await judge.post(`${path}/restore`)).body.code, "own-listing");
    }
    assert.equal((await administrator.post(`${path}/restore`)).body.status, "published");
  });

  it("are not asked for what is against the own listing: it may be sent back and suspended", async () => {
    const own = await Client.of(provider.url, ["provider", "reviewer"]);
    const { body } = await own.post("/v1/listings", model("Second thoughts"));
    const path = `/v1/listings/${body.id}`;
    await own.post(`${path}/releases`, release());
    await own.post(`${path}/submit`);
    const back = await own.post(`${path}/review`, { decision: "reject", reason: "a mistake of ours" });
    assert.equal(back.body.status, "draft");
  });
});

describe("concurrent and repeated requests", () => {
  it("change a listing once when ten of them name the same version", async () => {
    const { body } = await provider.post("/v1/listings", model("Contested"));
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        provider.call(
          "PATCH",
          `/v1/listings/${body.id}`,
          { summary: `take ${index}` },
          { "if-match": '"1"' },
        ),
      ),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(9).fill(412)]);
    const current = await provider.get(`/v1/listings/${body.id}`);
    assert.equal(current.headers.get("etag"), '"2"');
  });

  it("make one listing when ten of them carry the same idempotency key", async () => {
    const headers = { "idempotency-key": "one-listing-please" };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => provider.post("/v1/listings", model("Only once"), headers)),
    );
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
    assert.equal(answers.filter((answer) => answer.headers.get("idempotency-replayed") === "true").length, 9);
    const other = await provider.post("/v1/listings", model("Another"), headers);
    assert.deepEqual([other.status, other.body.code], [409, "idempotency-key-reused"]);
    const strangers = await stranger.post("/v1/listings", model("Only once"), headers);
    assert.equal(strangers.headers.get("idempotency-replayed"), null, "a key is its organisation's own");
  });

  it("cannot take a slug twice in an organisation", async () => {
    await provider.post("/v1/listings", { ...model(), slug: "taken" });
    const again = await provider.post("/v1/listings", { ...model(), slug: "taken" });
    assert.deepEqual([again.status, again.body.code], [409, "slug-taken"]);
    assert.equal((await stranger.post("/v1/listings", { ...model(), slug: "taken" })).status, 201);
  });
});
