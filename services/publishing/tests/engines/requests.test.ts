import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { createLog } from "../../src/log.ts";
import { type Service, startService } from "../../src/service.ts";
import { Client, model, release } from "../support/client.ts";
import { engines, token } from "../support/engines.ts";
import { publisher } from "../support/keys.ts";
import { createPlace, freePort, type Place } from "../support/place.ts";

let place: Place;
let service: Service;
let provider: Client;
let url: string;

before(async () => {
  place = await createPlace({ port: await freePort() });
  service = await startService(place.config, createLog(place.config));
  url = `http://127.0.0.1:${place.config.port}`;
  provider = await Client.of(url, ["provider"]);
});
after(async () => {
  await service?.stop();
  await place?.remove();
});

describe("artefacts", () => {
  const artefactOf = (org: string) => ({
    orgId: org,
    sha256: randomBytes(32).toString("hex"),
    sizeBytes: 4_000_000_000,
    mediaType: "application/vnd.model+gguf",
  });

  it("are registered once with a signature that a live key of the organisation made", async () => {
    const keys = publisher();
    const registered = await provider.post("/v1/listings/publisher-keys", {
      name: "build server",
      algorithm: "ed25519",
      publicKey: keys.publicKey,
    });
    assert.equal(registered.status, 201);
    const keyId = registered.body.id;
    const { orgId, ...claim } = artefactOf(provider.org);
    const body = { ...claim, keyId, signature: keys.sign({ orgId, ...claim }) };
    assert.equal((await provider.post("/v1/listings/artefacts", body)).status, 201);
    assert.equal((await provider.post("/v1/listings/artefacts", body)).status, 200, "again is no change");

    const larger = { ...claim, sizeBytes: claim.sizeBytes + 1 };
    const signature = keys.sign({ orgId, ...larger });
    const differs = await provider.post("/v1/listings/artefacts", { ...larger, keyId, signature });
    assert.deepEqual([differs.status, differs.body.code], [409, "artefact-differs"]);
    const unsigned = await provider.post("/v1/listings/artefacts", { ...body, sizeBytes: 1 });
    assert.deepEqual([unsigned.status, unsigned.body.code], [403, "signature-refused"]);
    const stranger = await Client.of(url, ["provider"]);
    assert.equal((await stranger.post("/v1/listings/artefacts", body)).body.code, "signature-refused");
    assert.equal((await stranger.get(`/v1/listings/artefacts/${claim.sha256}`)).status, 404);
    assert.equal((await stranger.call("DELETE", `/v1/listings/publisher-keys/${keyId}`)).status, 404);

    assert.equal((await provider.call("DELETE", `/v1/listings/publisher-keys/${keyId}`)).status, 204);
    const late = artefactOf(provider.org);
    const { orgId: _, ...lateClaim } = late;
    const revoked = { ...lateClaim, keyId, signature: keys.sign(late) };
    assert.equal((await provider.post("/v1/listings/artefacts", revoked)).body.code, "signature-refused");

    const prompt = await provider.post("/v1/listings", { ...model("A prompt"), kind: "prompt" });
    const path = `/v1/listings/${prompt.body.id}/releases`;
    const { endpoint: _endpoint, ...hosted } = release();
    assert.equal((await provider.post(path, hosted)).body.code, "release-not-fitting");
    assert.equal(
      (await provider.post(path, { ...hosted, artefactSha256: "0".repeat(64) })).body.code,
      "artefact-unknown",
    );
    const added = await provider.post(path, { ...hosted, artefactSha256: claim.sha256 });
    assert.deepEqual(added.body.artefact, claim);
    const actions = (await provider.get("/v1/listings/audit")).body.items.map(
      ({ action }: { action: string }) => action,
    );
    assert.deepEqual(actions, [
      "listing.updated",
      "listing.created",
      "publisher-key.revoked",
      "artefact.registered",
      "publisher-key.registered",
    ]);
  });
});

describe("tokens", () => {
  it("of ES256 are taken; expired ones, of another audience, and after tampering are not", async () => {
    const claims = { org: randomUUID(), roles: ["provider"] };
    const status = async (bearer: string) =>
      (await fetch(`${url}/v1/listings`, { headers: { authorization: `Bearer ${bearer}` } })).status;
    assert.equal(await status(await token({ ...claims, alg: "ES256" })), 200);
    assert.equal(await status(await token({ ...claims, ttlSeconds: -60 })), 401);
    assert.equal(await status(await token({ ...claims, ttlSeconds: -10 })), 200, "30 s of leeway");
    assert.equal(await status(await token({ ...claims, audience: "another" })), 401);
    const [head, , signature] = (await token(claims)).split(".");
    const forged = Buffer.from(
      JSON.stringify({ ...claims, roles: ["platform-admin"], iss: engines.issuer.issuer }),
    );
    assert.equal(await status(`${head}.${forged.toString("base64url")}.${signature}`), 401);
  });
});

describe("hostile input", () => {
  const texts = [
    "\0",
    "a\0b",
    "\ud800",
    "'; DROP TABLE listings; --",
    "../../etc/passwd",
    "\r\nX-Injected: 1",
    "\u{1f4a9}",
  ];

  it("in any text of a listing is stored as it is or refused, never a failure", async () => {
    for (const text of texts) {
      for (const field of [
        "name",
        "summary",
        "description",
        "licence",
        "slug",
        "tags",
        "kind",
        "categories",
      ]) {
        const value =
          field === "tags" || field === "categories" ? [text] : field === "name" ? `abc${text}` : text;
        const raw = JSON.stringify({
          ...model(),
          slug: `s-${randomBytes(6).toString("hex")}`,
          [field]: value,
        });
        const { status, body } = await provider.post("/v1/listings", raw);
        assert.ok(status === 201 || status === 400, `${field} ${JSON.stringify(text)}: ${status}`);
        if (status === 201) assert.deepEqual(body[field], value);
      }
    }
  });

  it("in paths, queries and headers is refused without a failure", async () => {
    const paths = [
      "/v1/listings/%00",
      "/v1/listings/%ff",
      "/v1/listings/..%2f..%2fetc%2fpasswd",
      "/v1/listings/not-a-uuid",
      "/v1/listings?limit=0",
      "/v1/listings?limit=1e400",
      "/v1/listings?limit=1&limit=2",
      "/v1/listings?cursor=%00",
      "/v1/listings?status=%27%20OR%201=1",
      "/v1/listings?unknown=1",
      "/v1/listings?__proto__=1",
      `/v1/listings/${"a".repeat(300)}`,
    ];
    for (const path of paths) {
      const { status } = await provider.get(path);
      assert.ok(status >= 400 && status < 500, `${path}: ${status}`);
    }
    for (const cursor of ["A".repeat(22), "_".repeat(22)]) {
      assert.equal((await provider.get(`/v1/listings?cursor=${cursor}`)).status, 200);
    }
    assert.equal((await provider.get(`/v1/listings/audit?cursor=${"_".repeat(11)}`)).status, 200);
  });

  it("that is no HTTP, too long in its head, or never complete is answered and cut off", async () => {
    const speak = (text: string) =>
      new Promise<string>((resolve) => {
        let answer = "";
        const socket = connect(place.config.port, "127.0.0.1", () => socket.write(text));
        socket.on("data", (chunk) => (answer += chunk));
        socket.on("close", () => resolve(answer));
        socket.on("error", () => resolve(answer));
      });
    assert.match(await speak("nonsense\r\n\r\n"), /^HTTP\/1\.1 400 [\s\S]*"code":"validation-failed"/);
    const long = `GET /v1/listings HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(20_000)}\r\n\r\n`;
    assert.match(await speak(long), /^HTTP\/1\.1 431 [\s\S]*"code":"headers-too-large"/);
    const twoLengths =
      "POST /v1/listings HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert.match(await speak(twoLengths), /^HTTP\/1\.1 400 /);
    const slow = await speak("POST /v1/listings HTTP/1.1\r\nHost: a\r\nContent-Le");
    assert.match(slow, /^HTTP\/1\.1 408 [\s\S]*"code":"request-timeout"/);
  });
});
