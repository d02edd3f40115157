/**
 * Schemathesis on every endpoint of the four services, from the OpenAPI document that each of them serves: valid and
 * invalid requests, and what one request's answer makes possible for the next. Never a 5xx, never an answer that the
 * document does not have, never a wrong request that is taken.
 */

import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { approveListing, awaitCallable, issueKey, submitListing } from "../../services/dev/marketplace.ts";
import { pythonTools } from "../../tools/python-tools.ts";
import { address, marketplace, running, type ServiceName, serviceNames } from "./support/shared.ts";

const configuration = resolve(import.meta.dirname, "schemathesis.toml");
const execute = promisify(execFile);
/** Requests an operation and phase; the seed makes a failure come again. */
const examples = 15;
const seed = "20261128";
/** The whole run of a service; it takes one to three minutes. */
const limitSeconds = 600;

/** Who fuzzes which service: consumption's calls want an API key, everything else a token. */
const runs: readonly { readonly service: ServiceName; readonly as: "token" | "API key" }[] = [
  ...serviceNames.map((service) => ({ service, as: "token" as const })),
  { service: "consumption", as: "API key" },
];

async function credential(as: "token" | "API key"): Promise<string> {
  const org = randomUUID();
  if (as === "API key") {
    const id = await submitListing(marketplace(), randomUUID(), {
      name: `Fuzz ${org.slice(0, 8)}`,
      summary: "To be called.",
    });
    await approveListing(marketplace(), id);
    const key = await issueKey(marketplace(), org, { requestsPerMinute: 100_000 });
    await awaitCallable(marketplace(), key, id);
    return key;
  }
  return running().token({ org, roles: ["provider", "consumer", "reviewer", "platform-admin"] });
}

describe("the services, fuzzed from their documents", function () {
  this.timeout((limitSeconds + 120) * 1000);
  let programs = "";

  const folder = mkdtempSync(join(tmpdir(), "marketplace-fuzz-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  before(async () => {
    programs = await pythonTools("fuzz");
    expect(existsSync(configuration)).to.equal(true);
  });

  for (const { service, as } of runs) {
    it(`hold for ${service}, with a valid ${as}`, async () => {
      const bearer = await credential(as);
      const run = await execute(
        join(programs, "st"),
        [
          "--config-file",
          configuration,
          "run",
          `${address(service)}/openapi.json`,
          "--header",
          `Authorization: Bearer ${bearer}`,
          "--max-examples",
          `${examples}`,
          "--seed",
          seed,
        ],
        {
          // It keeps what it found beside where it runs.
          cwd: folder,
          maxBuffer: 64 * 1024 * 1024,
          timeout: limitSeconds * 1000,
          env: { ...process.env, NO_COLOR: "1" },
        },
      ).catch((error: { stdout?: string; code?: number | string; signal?: string }) => {
        // Not the error's own message: it repeats the command with its token. The end of the report sums it up.
        const how = error.signal ?? error.code;
        throw new Error(`${service}: ended with ${how}\n${(error.stdout ?? "").slice(-12_000)}`);
      });
      // A failure has ended the program with 1; warnings have not, and stand beside what was tried.
      expect(run.stdout).to.match(/[1-9]\d* generated, [1-9]\d* passed/);
      expect(await running().service(service).ready()).to.equal(true);
    });
  }
});
