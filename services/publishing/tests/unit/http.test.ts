import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { InjectOptions } from "fastify";
import { generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { openapiDocument } from "../../src/http/openapi.ts";
import { createTestApp, oidc, orgId, type TestApp } from "../support/app.ts";

let test: TestApp;
before(async () => {
  test = await createTestApp();
});
after(() => test.app.close());

const ajv = new Ajv2020();
addFormats.default(ajv);
const contract = join(import.meta.dirname, "../../../contract/problem.schema.json");
const isProblem = ajv.compile(JSON.parse(readFileSync(contract, "utf8")));

/** Sends a request; a failure must be a problem as the contract has it. */
async function send(request: InjectOptions, bearer?: string) {
  const authorization = `Bearer ${bearer ?? (await test.token())}`;
  const response = await test.app.inject({ ...request, headers: { authorization, ...request.headers } });
  if (response.statusCode >= 400) {
    assert.equal(response.headers["content-type"], "application/problem+json");
    assert.ok(isProblem(response.json()), `${response.body}: ${ajv.errorsText(isProblem.errors)}`);
    assert.equal(response.json().status, response.statusCode);
  }
  return response;
}

const json = { "content-type": "application/json" };
const good = { kind: "model", name: "Small Talk", summary: "Chats.", licence: "MIT" };
const post = (payload: string | Buffer, headers: Record<string, string> = json) =>
  send({ method: "POST", url: "/v1/listings", payload, headers });

describe("a request", () => {
  it("with a valid token and body reaches the database, whose absence is 503 with Retry-After", async () => {
    const response = await post(JSON.stringify(good));
    assert.deepEqual([response.statusCode, response.json().code], [503, "dependency-unavailable"]);
    assert.equal(response.headers["retry-after"], "2");
  });

  it("to an unknown path is 404, with an unknown method 405 with Allow, and neither asks for a token", async () => {
    const nowhere = await test.app.inject({ url: "/v1/nowhere" });
    assert.deepEqual([nowhere.statusCode, nowhere.json().code], [404, "not-found"]);
    const wrong = await test.app.inject({
      method: "PUT",
      url: `/v1/listings/${orgId}`,
      payload: "a",
      headers: {},
    });
    assert.deepEqual([wrong.statusCode, wrong.json().code], [405, "method-not-allowed"]);
    assert.equal(wrong.headers.allow, "GET, HEAD, PATCH");
    const rare = await test.app.inject({ method: "QUERY", url: "/v1/listings" } as unknown as InjectOptions);
    assert.deepEqual([rare.statusCode, rare.headers.allow], [405, "GET, HEAD, POST"]);
  });

  it("with a body over 1 MiB is 413, of another type 415, and not JSON, not UTF-8 or poisoned 400", async () => {
    assert.equal((await post(" ".repeat(1_048_577))).json().code, "payload-too-large");
    assert.equal(
      (await post("<a/>", { "content-type": "application/xml" })).json().code,
      "unsupported-media-type",
    );
    const bad = [
      "{",
      "null",
      "",
      '"text"',
      "[".repeat(100_000),
      Buffer.from([0x22, 0xff, 0x22]),
      '{"__proto__":{"admin":true}}',
      '{"constructor":{"prototype":{}}}',
      JSON.stringify({ ...good, name: 1e308 }),
    ];
    for (const payload of bad) {
      const response = await post(payload);
      assert.deepEqual(
        [response.statusCode, response.json().code],
        [400, "validation-failed"],
        String(payload).slice(0, 40),
      );
    }
  });

  it("with a field that is unknown, missing or wrong names the field", async () => {
    const errorsOf = async (body: object) => (await post(JSON.stringify(body))).json().errors;
    assert.deepEqual(await errorsOf({ ...good, admin: true }), [
      { path: "/body/admin", message: "must NOT have additional properties" },
    ]);
    const { name: _, ...nameless } = good;
    assert.deepEqual(await errorsOf(nameless), [
      { path: "/body/name", message: "must have required property 'name'" },
    ]);
    assert.deepEqual(await errorsOf({ ...good, name: 5 }), [
      { path: "/body/name", message: "must be string" },
    ]);
  });

  it("that changes a listing needs If-Match", async () => {
    const request = { method: "PATCH", url: `/v1/listings/${orgId}`, payload: { summary: "a" } } as const;
    assert.deepEqual((await send(request)).json().errors, [
      { path: "/headers/if-match", message: "must have required property 'if-match'" },
    ]);
    assert.equal((await send({ ...request, headers: { "if-match": "3" } })).statusCode, 400);
    assert.equal(
      (await send({ ...request, headers: { "if-match": '"3"' } })).statusCode,
      503,
      "reaches the database",
    );
  });

  it("gets its own request id back where it is a harmless one, else a new one", async () => {
    const idOf = async (given: string) =>
      (await test.app.inject({ url: "/healthz", headers: { "x-request-id": given } })).headers[
        "x-request-id"
      ];
    assert.equal(await idOf("abc-123"), "abc-123");
    for (const bad of ["a b", "a\u00e9", "a".repeat(65), "<script>"])
      assert.match(String(await idOf(bad)), /^[0-9a-f-]{36}$/);
  });

  it("with a part of the path that cannot be decoded is 400", async () => {
    const response = await test.app.inject({ url: "/v1/listings/%zz" });
    assert.deepEqual([response.statusCode, response.json().code], [400, "validation-failed"]);
  });
});

describe("a token", () => {
  const status = async (bearer: string) => (await send({ url: "/v1/listings" }, bearer)).statusCode;
  const seconds = () => Math.floor(Date.now() / 1000);

  it("is taken with a known key, issuer, audience and the claims that are needed", async () => {
    assert.equal(await status(await test.token()), 503, "it got as far as the database");
  });

  it("is refused without signature, with a symmetric one, of another key and without a key id", async () => {
    const claims = { sub: "a", org: orgId, roles: ["platform-admin"], iss: oidc.issuer, aud: oidc.audience };
    assert.equal(await status(new UnsecuredJWT({ ...claims, exp: seconds() + 60 }).encode()), 401);
    const symmetric = new SignJWT({ ...claims, exp: seconds() + 60 }).setProtectedHeader({
      alg: "HS256",
      kid: "one",
    });
    assert.equal(await status(await symmetric.sign(Buffer.alloc(32, 1))), 401);
    const { privateKey } = await generateKeyPair("ES256");
    const foreign = new SignJWT({ ...claims, exp: seconds() + 60 }).setProtectedHeader({
      alg: "ES256",
      kid: "one",
    });
    assert.equal(await status(await foreign.sign(privateKey)), 401);
    assert.equal(await status(await test.token({}, { kid: undefined })), 401);
    assert.equal(await status(await test.token({}, { kid: "two" })), 401);
  });

  it("is refused when expired, not yet valid, issued in the future, or with claims missing or wrong", async () => {
    const refused = [
      { exp: seconds() - 31 },
      { exp: undefined },
      { nbf: seconds() + 60 },
      { iat: seconds() + 60 },
      { iss: "https://other.test" },
      { aud: "other" },
      { org: undefined },
      { org: "not-a-uuid" },
      { org: ["a"] },
      { roles: "provider" },
      { sub: undefined },
      { sub: "a\0b" },
    ];
    for (const claims of refused)
      assert.equal(await status(await test.token(claims)), 401, JSON.stringify(claims));
    assert.equal(await status(await test.token({ exp: seconds() - 20 })), 503, "30 s of leeway");
  });

  it("that is missing or malformed is asked for with WWW-Authenticate", async () => {
    for (const authorization of ["", "Basic YTpi", "Bearer", "Bearer a.b", `Bearer ${"a".repeat(9000)}`]) {
      const response = await test.app.inject({ url: "/v1/listings", headers: { authorization } });
      assert.equal(response.statusCode, 401);
      assert.equal(response.headers["www-authenticate"], 'Bearer realm="llm-marketplace"');
    }
  });
});

describe("the operations' paths", () => {
  it("answer alive, and ready or not with what the dependencies do", async () => {
    for (const url of ["/healthz", "/health"])
      assert.deepEqual((await test.app.inject({ url })).json(), { status: "ok" });
    const ready = await test.app.inject({ url: "/readyz" });
    assert.equal(ready.statusCode, 503);
    assert.deepEqual(ready.json(), {
      status: "unavailable",
      dependencies: { postgres: "down", kafka: "up" },
    });
  });
});

describe("the log", () => {
  it("has one line a request with the contract's fields, no token, and none for health and metrics", async () => {
    const own = await createTestApp();
    const token = await own.token();
    await own.app.inject({
      url: `/v1/listings/${orgId}?cursor=1`,
      headers: { authorization: `Bearer ${token}` },
    });
    await own.app.inject({ url: "/healthz" });
    await own.app.inject({ url: "/metrics" });
    await own.app.close();
    const lines = own.logged().filter(({ message }) => message === "request");
    assert.equal(lines.length, 1);
    const [{ timestamp, duration_ms, request_id, trace_id, span_id, ...line }] = lines as [
      Record<string, unknown>,
    ];
    assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(typeof duration_ms, "number");
    for (const id of [request_id, trace_id, span_id]) assert.equal(typeof id, "string");
    assert.deepEqual(line, {
      level: "error",
      service: "publishing",
      version: "1.2.3",
      http_method: "GET",
      http_route: "/v1/listings/{id}",
      http_status: 503,
      message: "request",
    });
    assert.ok(!JSON.stringify(own.logged()).includes(token));
  });
});

describe("openapi.json", () => {
  it("is what the routes say; `make openapi` renews it", async () => {
    const committed = JSON.parse(readFileSync(join(import.meta.dirname, "../../openapi.json"), "utf8"));
    assert.deepEqual(JSON.parse(JSON.stringify(await openapiDocument())), committed);
    const served = await test.app.inject({ url: "/openapi.json" });
    assert.deepEqual(served.json(), committed);
  });
});
