import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { metricsOf } from "../../../metrics.ts";
import { createMetrics } from "../../src/metrics.ts";
import { createTestApp, orgId } from "../support/app.ts";

describe("the metrics", () => {
  it("are exactly those of services/metrics.ts: names, kinds, texts, labels and buckets", async () => {
    const { registry } = createMetrics();
    const own = registry.getMetricsAsArray().map((metric) => {
      // What prom-client keeps of a metric's declaration, and its types leave out.
      const { name, help, labelNames, upperBounds } = metric as unknown as {
        name: string;
        help: string;
        labelNames: string[];
        upperBounds?: number[];
      };
      const kind = metric.constructor.name.toLowerCase();
      return { name, help, kind, labels: [...labelNames], buckets: upperBounds };
    });
    const expected = metricsOf("publishing").map(({ name, help, kind, labels, buckets }) => ({
      ...{ name, help, kind },
      labels: [...labels],
      buckets: buckets && [...buckets],
    }));
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
    assert.deepEqual(own.sort(byName), expected.sort(byName));
  });

  it("count a request under its route's template, and whatever matches none under one name", async () => {
    const { app } = await createTestApp();
    await app.inject({ url: `/v1/listings/${orgId}` });
    await app.inject({ url: "/v1/anything/else" });
    const text = (await app.inject({ url: "/metrics" })).body;
    const count = (route: string, status: number) =>
      `http_server_request_duration_seconds_count{http_request_method="GET",http_route="${route}",http_response_status_code="${status}"} 1`;
    assert.ok(text.includes(count("/v1/listings/{id}", 401)), text);
    assert.ok(text.includes(count("unmatched", 404)), text);
    assert.ok(text.includes('http_server_active_requests{http_request_method="GET"} 1'), "the scrape itself");
    assert.ok(!text.includes(orgId));
    await app.close();
  });
});
