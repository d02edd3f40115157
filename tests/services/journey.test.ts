/** A listing's whole life over real HTTP, Kafka and stores: published, reviewed, found, called, metered, reported. */

import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { call, eventually, expectOk } from "../../services/dev/client.ts";
import {
  approveListing,
  awaitCallable,
  awaitSearchable,
  callModel,
  issueKey,
  submitListing,
} from "../../services/dev/marketplace.ts";
import { address, marketplace, running } from "./support/shared.ts";

describe("the journey of a listing", () => {
  const provider = randomUUID();
  const consumer = randomUUID();
  const words = `Zephyr ${randomUUID().slice(0, 8)}`;
  const calls = 3;
  let id = "";
  let key = "";

  it("is found by nobody before a reviewer has approved it", async () => {
    id = await submitListing(marketplace(), provider, {
      name: words,
      summary: "A model for this test.",
      echo: "delayMs=1&tokens=8",
      inputPrice: 1_000_000,
      outputPrice: 2_000_000,
    });
    const found = await expectOk(address("discovery"), "GET", `/v1/search?q=${encodeURIComponent(words)}`);
    expect(found.body.items.map((item: { id: string }) => item.id)).not.to.include(id);
    expect((await call(address("discovery"), "GET", `/internal/listings/${id}`)).status).to.equal(404);
  });

  it("stands in the reviewers' queue, of every tenant", async () => {
    const token = await running().token({ roles: ["reviewer"] });
    const queue = await expectOk(address("admin"), "GET", "/v1/admin/reviews?limit=100", { token });
    expect(queue.body.items.map((item: { id: string }) => item.id)).to.include(id);
  });

  it("is searchable soon after it was approved", async () => {
    await approveListing(marketplace(), id);
    await awaitSearchable(marketplace(), id, words);
  });

  it("does not show its provider's address to the public", async () => {
    const found = await expectOk(address("discovery"), "GET", `/v1/search?q=${encodeURIComponent(words)}`);
    expect(found.text).not.to.include("echo:");
  });

  it("is called with an API key, whole and as a stream", async function () {
    this.timeout(60_000);
    key = await issueKey(marketplace(), consumer);
    await awaitCallable(marketplace(), key, id);
    for (let index = 1; index < calls - 1; index += 1) {
      expect((await callModel(marketplace(), key, id)).status).to.equal(200);
    }
    const streamed = await callModel(marketplace(), key, id, { stream: true });
    expect(streamed.status).to.equal(200);
    expect(streamed.headers.get("content-type")).to.match(/^text\/event-stream/);
    expect(streamed.text).to.match(/^data:/m);
  });

  it("counts every call once in the consumer's usage and in the provider's revenue, to the micro-dollar", async function () {
    this.timeout(60_000);
    const admin = await running().token({ roles: ["platform-admin"] });
    const usage = await eventually("the usage of all calls", async () => {
      const { body } = await expectOk(address("admin"), "GET", `/v1/admin/usage?orgId=${consumer}`, {
        token: admin,
      });
      const counted = body.items.reduce((sum: number, row: { calls: number }) => sum + row.calls, 0);
      return counted >= calls ? body : undefined;
    });
    const sum = (field: string) =>
      usage.items.reduce((total: number, row: Record<string, number>) => total + (row[field] ?? 0), 0);
    expect(sum("calls")).to.equal(calls);
    expect(sum("succeeded")).to.equal(calls);
    expect(sum("costUsdMicros")).to.equal(sum("inputTokens") * 1000 + sum("outputTokens") * 2000);
    expect(sum("outputTokens")).to.equal(calls * 8);

    const revenue = await expectOk(address("admin"), "GET", `/v1/admin/revenue?listingId=${id}`, {
      token: admin,
    });
    const gross = revenue.body.items.reduce(
      (total: number, row: { grossUsdMicros: number }) => total + row.grossUsdMicros,
      0,
    );
    expect(gross).to.equal(sum("costUsdMicros"));
  });

  it("tells the consumer its own usage where it calls", async () => {
    const { body } = await expectOk(address("consumption"), "GET", "/v1/calls/usage", { token: key });
    expect(JSON.stringify(body)).to.include(`${calls}`);
  });

  it("is gone from search and calls when moderation takes it down, and comes back", async function () {
    this.timeout(90_000);
    const token = await running().token({ roles: ["reviewer", "platform-admin"] });
    await expectOk(address("admin"), "POST", `/v1/admin/listings/${id}/suspend`, {
      token,
      body: { reason: "a complaint" },
    });
    await eventually("the listing leaving search", async () => {
      const { status } = await call(address("discovery"), "GET", `/internal/listings/${id}`);
      return status === 404 ? true : undefined;
    });
    await expectOk(address("admin"), "POST", `/v1/admin/listings/${id}/restore`, {
      token,
      body: { reason: "it was wrong" },
    });
    await awaitSearchable(marketplace(), id, words);
  });

  it("refuses a revoked key within seconds", async function () {
    this.timeout(60_000);
    const admin = await running().token({ roles: ["platform-admin"] });
    const keys = await expectOk(address("admin"), "GET", `/v1/admin/keys?orgId=${consumer}`, {
      token: admin,
    });
    for (const { id: keyId } of keys.body.items) {
      await expectOk(address("admin"), "POST", `/v1/admin/keys/${keyId}/revoke`, { token: admin });
    }
    await eventually("the key being refused", async () => {
      const { status } = await callModel(marketplace(), key, id);
      return status === 401 ? true : undefined;
    });
  });
});
