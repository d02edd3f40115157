/**
 * Schemathesis on every endpoint of the four services, from the OpenAPI document that each of them serves: valid and
 * invalid requests, and what one request's answer makes possible for the next. Never a 5xx, never an answer that the
 * document does not have, never a wrong request that is taken.
 */

import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { pythonTools } from "../../tools/python-tools.ts";
import { address, running, serviceNames } from "./support/shared.ts";

const configuration = resolve(import.meta.dirname, "schemathesis.toml");
const execute = promisify(execFile);
/** Requests an operation; the seed makes a failure come again. */
const examples = 25;
const seed = "20261128";
const limitSeconds = 240;

describe("the services, fuzzed from their documents", function () {
  this.timeout((limitSeconds + 60) * 1000);
  let programs = "";

  before(async () => {
    programs = await pythonTools("fuzz");
    expect(existsSync(configuration)).to.equal(true);
  });

  for (const service of serviceNames) {
    it(`holds for ${service}`, async () => {
      const token = await running().token({
        org: randomUUID(),
        roles: ["provider", "consumer", "reviewer", "platform-admin"],
      });
      const run = await execute(
        join(programs, "st"),
        [
          "--config-file",
          configuration,
          "run",
          `${address(service)}/openapi.json`,
          "--header",
          `Authorization: Bearer ${token}`,
          "--max-examples",
          `${examples}`,
          "--seed",
          seed,
          "--max-time",
          `${limitSeconds}`,
        ],
        {
          maxBuffer: 64 * 1024 * 1024,
          timeout: (limitSeconds + 30) * 1000,
          env: { ...process.env, NO_COLOR: "1" },
        },
      ).catch((error: Error & { stdout?: string }) => {
        // The report is long and its end sums it up.
        throw new Error(`${service}:\n${(error.stdout ?? error.message).slice(-12_000)}`);
      });
      // A failure has ended the program with 1; warnings have not, and stand beside what was tried.
      expect(run.stdout).to.match(/[1-9]\d* generated, [1-9]\d* passed/);
      expect(await running().service(service).ready()).to.equal(true);
    });
  }
});
