import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Client, eventually, model } from "../support/client.ts";
import { disturb } from "../support/engines.ts";
import { createPlace, type Place } from "../support/place.ts";
import { killProcesses, launchProcess } from "../support/process.ts";

let place: Place;

before(async () => {
  place = await createPlace();
});
after(async () => {
  killProcesses();
  await place?.remove();
});

describe("a start without PostgreSQL", () => {
  it("is alive, unready and answers 503 until the database is there, then brings its schema up and serves", async () => {
    await disturb("postgres", "stop");
    const service = await launchProcess(place);
    const provider = await Client.of(service.url, ["provider"]);
    try {
      const unready = await eventually("it listens", 30, async () => {
        assert.equal(service.child.exitCode, null, service.log());
        return fetch(`${service.url}/readyz`);
      });
      const { status, dependencies } = (await unready.json()) as Record<string, unknown>;
      assert.deepEqual([unready.status, status], [503, "unavailable"]);
      assert.equal((dependencies as { postgres: string }).postgres, "down");
      assert.equal((await fetch(`${service.url}/healthz`)).status, 200);
      const refused = await provider.post("/v1/listings", model("Too early"));
      assert.deepEqual([refused.status, refused.body.code], [503, "dependency-unavailable"]);
    } finally {
      await disturb("postgres", "start");
    }
    await eventually("it is ready", 30, async () => (await fetch(`${service.url}/readyz`)).ok || undefined);
    assert.equal((await provider.post("/v1/listings", model("Now"))).status, 201);
    service.child.kill("SIGTERM");
    assert.deepEqual(await service.exited, [0, null], service.log());
  });

  it("ends in order when it is told to while it still waits", async () => {
    await disturb("postgres", "stop");
    try {
      const service = await launchProcess(place, { LOG_LEVEL: "warn" });
      await eventually("it has tried", 30, async () => service.log().includes("tried again") || undefined);
      service.child.kill("SIGTERM");
      assert.deepEqual(await service.exited, [0, null], service.log());
    } finally {
      await disturb("postgres", "start");
    }
  });
});
