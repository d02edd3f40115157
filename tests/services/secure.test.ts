/**
 * The services as the platform runs them: TLS, users and rights at every store, Redis behind Sentinels, spans to a
 * collector. On real engines, of which Elasticsearch alone has a gate of ours in front: its security is no library.
 */
import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { eventually, expectOk } from "../../services/dev/client.ts";
import {
  approveListing,
  awaitCallable,
  awaitSearchable,
  callModel,
  issueKey,
  type Marketplace,
  submitListing,
} from "../../services/dev/marketplace.ts";
import type { ServiceProcess } from "../../services/dev/platform/service-process.ts";
import type { CollectedSpan } from "./support/otlp-collector.ts";
import { dependencies, expectRefused, refusals, type ServiceName } from "./support/refusals.ts";
import { SecurePlatform } from "./support/secure-platform.ts";

type Services = Map<string, ServiceProcess>;

interface Journey {
  readonly marketplace: Marketplace;
  readonly listing: string;
  readonly key: string;
}

describe("the services with TLS, users and rights at every store", function () {
  this.timeout(180_000);
  const platform = new SecurePlatform();
  let services: Services;
  let journey: Journey;

  before("start engines in their secure form", async function () {
    this.timeout(180_000);
    await platform.start((line) => console.log(`    ${line}`));
  });
  afterEach(function () {
    if (this.currentTest?.state === "failed") console.log(platform.complaints());
  });
  after("stop them", async function () {
    this.timeout(60_000);
    await platform.stop();
  });

  it("carry a listing from its provider to the bill, by passwords and through Sentinels", async () => {
    await platform.migrate(platform.byPassword());
    services = await platform.services(platform.byPassword());
    await startAll(services);
    journey = await travel(platform, services);
  });

  it("hand one trace on from a request of publishing's through Kafka to the index", async () => {
    const path = await eventually(
      "the spans from a request to the index",
      async () => {
        const { spans } = platform.collector;
        const processed = spans.filter(({ name }) => name === "listing.events process");
        return processed.map((span) => pathOf(span, spans)).find(([root]) => root?.kind === "server");
      },
      40,
    );
    const shown = path.map(shortly);
    expect(shown, shown.join("\n")).to.include.members(["publishing producer send listing.events"]);
    expect(path.some(({ service, kind }) => service === "publishing" && kind === "server")).to.equal(true);
    // Each the child of the one before.
    expect(shown.slice(-3)).to.deep.equal([
      "publishing producer send listing.events",
      "discovery consumer listing.events receive",
      "discovery consumer listing.events process",
    ]);
  });

  it("hand one trace on from a call through Kafka to its count", async () => {
    const paths = await eventually(
      "the span of a counted record, and its sender's",
      async () => {
        const { spans } = platform.collector;
        const counted = spans.find(
          ({ service, name, links }) =>
            service === "admin" && name === "process metering.records" && links.length > 0,
        );
        const senders = counted?.links.map(({ spanId }) => spans.find((span) => span.spanId === spanId));
        const found = senders?.map((span) => (span === undefined ? [] : pathOf(span, spans)));
        return found?.every(([root]) => root?.kind === "server") ? found : undefined;
      },
      40,
    );
    // A batch has many senders, so its span is linked to each instead of being the child of one.
    for (const path of paths) {
      expect(path.map(shortly)).to.deep.equal([
        "consumption server POST /v1/calls",
        "consumption producer send metering.records",
      ]);
    }
  });

  it("are whole again by themselves after Redis' primary is lost", async () => {
    const killed = await platform.redis.primary("discovery");
    if (killed === undefined) throw new Error(`Redis has no primary\n${platform.redis.logs()}`);
    await platform.redis.end(killed, "SIGKILL");
    const began = Date.now();
    await eventually(
      "calls, searches and caches after the failover",
      async () => {
        const { status } = await callModel(journey.marketplace, journey.key, journey.listing);
        const ready = await Promise.all(
          ["discovery", "consumption"].map((name) => up(services, name, "redis")),
        );
        const now = await platform.redis.primary("discovery");
        return status === 200 && ready.every(Boolean) && now !== undefined && now !== killed
          ? true
          : undefined;
      },
      40,
    );
    console.log(`      whole again ${((Date.now() - began) / 1000).toFixed(1)} s after it was killed`);
    platform.redis.run(killed);
  });

  for (const refusal of refusals) {
    it(`live on, not ready, and say why where ${refusal.title}`, async () => {
      const refused = await platform.services(platform.byPassword(), (environment) =>
        refusal.change(environment, platform),
      );
      for (const service of refused.values()) service.launch();
      await Promise.all(
        [...refused].map(([name, service]) => expectRefused(name as ServiceName, service, refusal)),
      );
      for (const [name, service] of refused) expect(await service.stop(), name).to.equal(0);
    });
  }

  it("carry a listing to the bill by client certificates, and to a Redis without Sentinels", async () => {
    await Promise.all([...services.values()].map((service) => service.stop()));
    const stores = await platform.byCertificate();
    await platform.migrate(stores);
    const certified = await platform.services(stores);
    await startAll(certified);
    await travel(platform, certified);
  });
});

async function startAll(services: Services): Promise<void> {
  await Promise.all([...services.values()].map((service) => service.start()));
}

/** Published, reviewed, found, called, metered, reported. */
async function travel(platform: SecurePlatform, services: Services): Promise<Journey> {
  const urls = Object.fromEntries([...services].map(([name, { url }]) => [name, url]));
  const marketplace: Marketplace = { urls, token: (claims) => platform.token(claims) };
  const consumer = randomUUID();
  const name = `Zephyr ${randomUUID().slice(0, 8)}`;
  const listing = await submitListing(marketplace, randomUUID(), {
    name,
    summary: "A model for this test.",
    echo: "delayMs=1&tokens=8",
  });
  await approveListing(marketplace, listing);
  await awaitSearchable(marketplace, listing, name, 60);
  const key = await issueKey(marketplace, consumer);
  await awaitCallable(marketplace, key, listing, 60);
  const token = await platform.token({ roles: ["platform-admin"] });
  const usage = await eventually(
    "the call being reported",
    async () => {
      const { body } = await expectOk(urls.admin as string, "GET", `/v1/admin/usage?orgId=${consumer}`, {
        token,
      });
      return body.items.length > 0 ? body.items : undefined;
    },
    60,
  );
  expect(
    usage.map((row: { calls: number; outputTokens: number }) => [row.calls, row.outputTokens]),
  ).to.deep.equal([[1, 8]]);
  return { marketplace, listing, key };
}

async function up(services: Services, name: string, dependency: string): Promise<boolean> {
  return (await dependencies(services.get(name) as ServiceProcess)).state[dependency] === "up";
}

/** From the root of a span's trace to the span itself, as far as spans have come. */
function pathOf(span: CollectedSpan, spans: readonly CollectedSpan[]): CollectedSpan[] {
  const parent = spans.find(({ traceId, spanId }) => traceId === span.traceId && spanId === span.parentId);
  return parent === undefined ? [span] : [...pathOf(parent, spans), span];
}

function shortly({ service, kind, name }: CollectedSpan): string {
  return `${service} ${kind} ${name}`;
}
