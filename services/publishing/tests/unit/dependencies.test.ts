import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Dependencies } from "../../src/dependencies.ts";
import { createLog } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { reasonOf } from "../../src/reason.ts";

describe("the look at the stores", () => {
  it("tells once that a store is down, with the reason and no stack, and once that it is up again", async () => {
    const lines: { level: string; message: string; error?: string }[] = [];
    const log = createLog(
      { service: "publishing", version: "0", logLevel: "info" },
      { write: (line: string) => void lines.push(JSON.parse(line)) },
    );
    let failure: Error | undefined = new Error("password authentication failed");
    const check = async () => {
      if (failure !== undefined) throw failure;
    };
    const dependencies = new Dependencies(
      [{ name: "postgres", essential: true, check }],
      createMetrics(),
      log,
    );
    for (const _ of [1, 2]) await dependencies.check();
    assert.deepEqual(dependencies.readiness().dependencies, { postgres: "down" });
    assert.equal(dependencies.readiness().ready, false);
    failure = undefined;
    for (const _ of [1, 2]) await dependencies.check();
    assert.deepEqual(
      lines.map(({ level, message, error }) => ({ level, message, error })),
      [
        { level: "warn", message: "postgres is down", error: "password authentication failed" },
        { level: "info", message: "postgres is up again", error: undefined },
      ],
    );
    assert.equal(dependencies.readiness().ready, true);
  });
});

describe("a reason", () => {
  it("has what an error came of, and each of several errors once", () => {
    const refused = () => new Error("connect ECONNREFUSED");
    const several = new AggregateError([refused(), refused()], "no broker answers");
    assert.equal(
      reasonOf(new Error("kafka", { cause: several })),
      "kafka: no broker answers: connect ECONNREFUSED",
    );
    assert.equal(reasonOf(new AggregateError([])), "AggregateError");
    assert.equal(reasonOf("a word"), "a word");
  });
});
