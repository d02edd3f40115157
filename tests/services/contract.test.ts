/** What services/README.md, services/metrics.ts and the catalogue say, held against the four running services. */

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { catalog } from "../../services/catalog.ts";
import { call } from "../../services/dev/client.ts";
import { metricsOf } from "../../services/metrics.ts";
import { contractProblems } from "./support/schema.ts";
import { address, running, serviceNames } from "./support/shared.ts";

const folder = resolve(import.meta.dirname, "..", "..", "services");

/** Name → kind and label names of every family of an exposition. */
function families(text: string): Map<string, { kind: string; labels: Set<string> }> {
  const found = new Map<string, { kind: string; labels: Set<string> }>();
  for (const line of text.split("\n")) {
    const type = /^# TYPE (\S+) (\S+)/.exec(line);
    if (type) found.set(type[1] as string, { kind: type[2] as string, labels: new Set() });
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /.exec(line);
    if (!sample) continue;
    const name = sample[1] as string;
    const family =
      found.get(name) ?? found.get(name.replace(/_(bucket|sum|count|total)$/, "")) ?? found.get(`${name}`);
    for (const [, label] of (sample[2] ?? "").matchAll(/(\w+)="/g))
      if (label !== "le") family?.labels.add(label as string);
  }
  return found;
}

for (const service of serviceNames) {
  describe(`${service} as the contract says`, () => {
    it("answers that it is alive and ready, under both names", async () => {
      for (const path of ["/healthz", "/health"]) {
        const answer = await call(address(service), "GET", path);
        expect([answer.status, answer.body.status], path).to.deep.equal([200, "ok"]);
      }
      const ready = await call(address(service), "GET", "/readyz");
      expect([ready.status, ready.body.status]).to.deep.equal([200, "ready"]);
      expect(Object.values(ready.body.dependencies)).to.not.include("down");
    });

    it("names every store and service that the catalogue gives it among its dependencies, and no other", async () => {
      const { body } = await call(address(service), "GET", "/readyz");
      const entry = catalog.find(({ name }) => name === service);
      const stores = [
        ...(entry?.postgres ? ["postgres"] : []),
        ...(entry?.redis ? ["redis"] : []),
        ...(entry?.elasticsearch ? ["elasticsearch"] : []),
        ...(entry?.topics.length ? ["kafka"] : []),
      ];
      const callees = catalog.filter(({ callers }) => callers.includes(service)).map(({ name }) => name);
      // Approvals are a topic that consumption reads whole before it serves.
      const readFirst = service === "consumption" ? ["approvals"] : [];
      const named = Object.keys(body.dependencies);
      expect(named).to.include.members(stores);
      expect([...stores, ...callees, ...readFirst]).to.include.members(named);
    });

    it("exports exactly the metrics that the list has for it, with their kinds and labels", async () => {
      // A request that each family has at least one sample of.
      await call(address(service), "GET", "/nothing-is-here");
      const { text } = await call(address(service), "GET", "/metrics");
      const found = families(text);
      for (const metric of metricsOf(service)) {
        const family = found.get(metric.name) ?? found.get(metric.name.replace(/_total$/, ""));
        expect(family, metric.name).to.not.equal(undefined);
        expect(family?.kind, metric.name).to.equal(metric.kind);
        for (const label of family?.labels ?? []) expect(metric.labels, metric.name).to.include(label);
      }
      const own = [...found.keys()].filter((name) => /^(marketplace_|http_server_)/.test(name));
      const listed = metricsOf(service).flatMap(({ name }) => [name, name.replace(/_total$/, "")]);
      expect(listed).to.include.members(own);
    });

    it("serves the OpenAPI document that is committed", async () => {
      const { body } = await call(address(service), "GET", "/openapi.json");
      const committed = JSON.parse(readFileSync(join(folder, service, "openapi.json"), "utf8"));
      expect(body).to.deep.equal(committed);
      expect(body.openapi).to.match(/^3\.1\./);
    });

    it("documents routes under its public prefix, the shared ones and internal ones only", async () => {
      const { body } = await call(address(service), "GET", "/openapi.json");
      const prefix = catalog.find(({ name }) => name === service)?.pathPrefix as string;
      const shared = ["/healthz", "/health", "/readyz", "/metrics", "/openapi.json"];
      for (const path of Object.keys(body.paths)) {
        const known = path === prefix || path.startsWith(`${prefix}/`) || path.startsWith("/internal/");
        expect(known || shared.includes(path), path).to.equal(true);
      }
    });

    it("answers errors of every kind as problems", async () => {
      const prefix = catalog.find(({ name }) => name === service)?.pathPrefix as string;
      const answers = await Promise.all([
        call(address(service), "GET", "/nothing-is-here"),
        call(address(service), "GET", `${prefix}/%00`),
        call(address(service), "PATCH", "/healthz"),
        call(address(service), "GET", `${prefix}?limit=-1`, { token: "not-a-token" }),
      ]);
      for (const answer of answers) {
        expect(answer.status).to.be.within(400, 499);
        expect(answer.headers.get("content-type")).to.match(/^application\/problem\+json/);
        expect(contractProblems("problem", answer.body), answer.text).to.deep.equal([]);
        expect(answer.body.status).to.equal(answer.status);
      }
    });

    it("gives back the request's id, and makes one where it is none", async () => {
      const given = await call(address(service), "GET", "/nothing", {
        headers: { "x-request-id": "abc-123" },
      });
      expect(given.headers.get("x-request-id")).to.equal("abc-123");
      const made = await call(address(service), "GET", "/nothing", { headers: { "x-request-id": "a b;c" } });
      expect(made.headers.get("x-request-id")).to.match(/^[A-Za-z0-9-]{1,64}$/);
    });

    it("logs one JSON object a line with the fields that the collector reads", async () => {
      const { lines } = running().service(service);
      expect(lines.length).to.be.above(0);
      for (const line of lines) {
        const entry = JSON.parse(line);
        expect(entry, line).to.include.keys("timestamp", "level", "message", "service", "version");
        expect(entry.service).to.equal(service);
        expect(["debug", "info", "warn", "error"]).to.include(entry.level);
        expect(new Date(entry.timestamp).toISOString().slice(0, 10)).to.equal(entry.timestamp.slice(0, 10));
      }
    });
  });
}
