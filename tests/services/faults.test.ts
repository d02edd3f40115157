/** Engines and services that stop, die or hang: nothing acknowledged is lost, errors are clear, it recovers by itself. */

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

/** Calls of an organisation that admin has counted. */
async function countedCalls(org: string): Promise<number> {
  const token = await running().token({ roles: ["platform-admin"] });
  const { body } = await expectOk(address("admin"), "GET", `/v1/admin/usage?orgId=${org}`, { token });
  return body.items.reduce((sum: number, row: { calls: number }) => sum + row.calls, 0);
}

async function awaitReady(service: "publishing" | "discovery" | "consumption" | "admin", seconds = 60) {
  await eventually(
    `${service} being ready`,
    async () => ((await running().service(service).ready()) ? true : undefined),
    seconds,
  );
}

describe("a platform in trouble", function () {
  this.timeout(180_000);
  const consumer = randomUUID();
  let key = "";
  let listing = "";
  /** Calls that were answered 200: each must be counted, once. */
  let acknowledged = 0;

  before(async () => {
    const name = `Faults ${randomUUID().slice(0, 8)}`;
    listing = await submitListing(marketplace(), randomUUID(), {
      name,
      summary: "For faults.",
      echo: "delayMs=1&tokens=4",
    });
    await approveListing(marketplace(), listing);
    await awaitSearchable(marketplace(), listing, name);
    key = await issueKey(marketplace(), consumer);
    await awaitCallable(marketplace(), key, listing);
    acknowledged += 1;
  });

  it("takes listings and calls while Kafka is down, and loses none of them", async () => {
    await running().disturb("kafka", "stop");
    const name = `Offline ${randomUUID().slice(0, 8)}`;
    let id = "";
    try {
      id = await submitListing(marketplace(), randomUUID(), { name, summary: "Made while Kafka was away." });
      await approveListing(marketplace(), id);
      for (let index = 0; index < 5; index += 1) {
        const answer = await callModel(marketplace(), key, listing);
        expect(answer.status, answer.text).to.equal(200);
        acknowledged += 1;
      }
    } finally {
      await running().disturb("kafka", "start");
    }
    await awaitSearchable(marketplace(), id, name, 90);
    await eventually(
      "all calls being counted",
      async () => ((await countedCalls(consumer)) === acknowledged ? true : undefined),
      90,
    );
  });

  it("refuses calls with a clear error while Redis is gone, searches all the same, and recovers", async () => {
    await running().disturb("redis", "kill");
    try {
      const refused = await callModel(marketplace(), key, listing);
      expect(refused.status, refused.text).to.equal(503);
      expect(refused.body.code).to.equal("dependency-unavailable");
      expect(refused.headers.get("retry-after")).to.match(/^\d+$/);
      expect((await call(address("discovery"), "GET", "/v1/search?q=faults")).status).to.equal(200);
    } finally {
      await running().disturb("redis", "start");
    }
    // Redis came back empty: the keys are read again from their topic.
    await awaitCallable(marketplace(), key, listing, 60);
    acknowledged += 1;
  });

  it("says that it is not available while PostgreSQL is away, and goes on when it is back", async () => {
    await running().disturb("postgres", "stop");
    try {
      const token = await running().token({ org: randomUUID(), roles: ["provider"] });
      for (const [service, path] of [
        ["publishing", "/v1/listings"],
        ["admin", "/v1/admin/organisations"],
      ] as const) {
        const admin = await running().token({ roles: ["platform-admin"] });
        const answer = await call(address(service), "GET", path, {
          token: service === "admin" ? admin : token,
        });
        expect(answer.status, `${service}: ${answer.text}`).to.equal(503);
        expect(answer.body.code, service).to.equal("dependency-unavailable");
        expect(answer.text, service).not.to.match(/ECONN|psycopg|node_modules|Traceback/);
      }
    } finally {
      await running().disturb("postgres", "start");
    }
    await awaitReady("publishing");
    await awaitReady("admin");
    const id = await submitListing(marketplace(), randomUUID(), {
      name: `After ${randomUUID().slice(0, 8)}`,
      summary: "After.",
    });
    expect(id).to.match(/^[0-9a-f-]{36}$/);
  });

  it("answers from what it has, or says that it cannot, while Elasticsearch hangs", async () => {
    await running().disturb("elasticsearch", "freeze");
    try {
      const answer = await call(address("discovery"), "GET", `/v1/search?q=${randomUUID()}`, {
        timeoutSeconds: 30,
      });
      expect(answer.status, answer.text).to.equal(503);
      expect(answer.body.code).to.equal("dependency-unavailable");
    } finally {
      await running().disturb("elasticsearch", "thaw");
    }
    await eventually("searches being answered again", async () => {
      const { status } = await call(address("discovery"), "GET", "/v1/search?q=faults");
      return status === 200 ? true : undefined;
    });
  });

  it("counts every acknowledged call though consumption is killed in the middle", async () => {
    const burst = Array.from({ length: 40 }, async (_, index) => {
      await new Promise((resume) => setTimeout(resume, index * 5));
      const answer = await callModel(marketplace(), key, listing).catch(() => undefined);
      return answer?.status === 200 ? 1 : 0;
    });
    await new Promise((resume) => setTimeout(resume, 100));
    await running().service("consumption").stop("SIGKILL");
    const answered = (await Promise.all<number>(burst)).reduce((sum, one) => sum + one, 0);
    await running().service("consumption").start();
    acknowledged += answered;
    // Calls that were cut off before their answer may be counted too: they did happen.
    const counted = await eventually(
      "the acknowledged calls being counted",
      async () => {
        const count = await countedCalls(consumer);
        return count >= acknowledged ? count : undefined;
      },
      60,
    );
    expect(counted - acknowledged).to.be.at.most(40 - answered);
    acknowledged = counted;
  });

  it("ends every service in order on SIGTERM, with requests in flight answered", async () => {
    const slow = await submitListing(marketplace(), randomUUID(), {
      name: `Slow ${randomUUID().slice(0, 8)}`,
      summary: "Slow.",
      echo: "delayMs=1500&tokens=4",
    });
    await approveListing(marketplace(), slow);
    await eventually("the slow listing being callable", async () => {
      const { status } = await call(address("discovery"), "GET", `/internal/listings/${slow}`);
      return status === 200 ? true : undefined;
    });
    const inFlight = callModel(marketplace(), key, slow);
    await new Promise((resume) => setTimeout(resume, 400));
    const code = await running().service("consumption").stop("SIGTERM");
    expect((await inFlight).status).to.equal(200);
    expect(code).to.equal(0);
    acknowledged += 1;
    for (const service of ["publishing", "discovery", "admin"] as const) {
      expect(await running().service(service).stop("SIGTERM"), service).to.equal(0);
    }
    for (const service of ["publishing", "discovery", "admin", "consumption"] as const) {
      await running().service(service).start();
    }
    await eventually(
      "the last call being counted",
      async () => ((await countedCalls(consumer)) === acknowledged ? true : undefined),
      60,
    );
  });
});
