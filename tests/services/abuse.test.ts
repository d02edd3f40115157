/** Requests of people who mean no good, on every service: never a 5xx, never another tenant's data. */

import { createHmac, randomUUID } from "node:crypto";
import { connect } from "node:net";
import { expect } from "chai";
import { generateKeyPair, SignJWT } from "jose";
import { call, expectOk } from "../../services/dev/client.ts";
import { submitListing } from "../../services/dev/marketplace.ts";
import { address, marketplace, running, type ServiceName, serviceNames } from "./support/shared.ts";

/** A route of each service that needs a token, and one that takes a body. */
const guarded: Readonly<Record<ServiceName, string>> = {
  publishing: "/v1/listings",
  discovery: "/v1/search/admin/rebuilds",
  consumption: "/v1/calls/usage",
  admin: "/v1/admin/me",
};
const writing: Readonly<Record<ServiceName, readonly [path: string, roles: readonly string[]]>> = {
  publishing: ["/v1/listings", ["provider"]],
  discovery: ["/v1/search/admin/rebuilds", ["platform-admin"]],
  consumption: ["/v1/calls", ["consumer"]],
  admin: ["/v1/admin/keys", ["platform-admin"]],
};
const method = (service: ServiceName) => (service === "discovery" ? "POST" : "GET");

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

async function forgedTokens(): Promise<Record<string, string>> {
  const { address: issuer } = running().engines.engines.get("issuer") as { address: Record<string, string> };
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer.issuer,
    aud: "llm-marketplace",
    sub: "mallory",
    org: randomUUID(),
    roles: ["platform-admin"],
    iat: now,
    exp: now + 3600,
  };
  const jwks = await (await fetch(issuer.jwksUrl as string)).json();
  const { kid, n } = jwks.keys.find((key: { alg: string }) => key.alg === "RS256");
  const { privateKey } = await generateKeyPair("RS256");
  const signed = (extra: object) =>
    new SignJWT({ ...claims, ...extra }).setProtectedHeader({ alg: "RS256", kid }).sign(privateKey);
  const confused = `${base64({ alg: "HS256", kid })}.${base64(claims)}`;
  const good = await running().token({ roles: ["platform-admin"] });
  const [head, , signature] = good.split(".");
  return {
    "unsigned, alg none": `${base64({ alg: "none" })}.${base64(claims)}.`,
    "signed with the public key as a secret": `${confused}.${createHmac("sha256", n).update(confused).digest("base64url")}`,
    "signed by another key under the issuer's kid": await signed({}),
    "of another payload under a good signature": `${head}.${base64(claims)}.${signature}`,
    "that has expired": await running().token({ roles: ["platform-admin"], ttlSeconds: -120 }),
    "that is no token": "aaaa.bbbb.cccc",
    "with a very long head": `${"a".repeat(6000)}.b.c`,
  };
}

/** Sends bytes as they are, for what no client would send; resolves to the status line. */
function raw(service: ServiceName, text: string): Promise<string> {
  const { port } = running().service(service);
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text, "latin1"));
    let answer = "";
    socket.setTimeout(15_000, () => socket.destroy());
    socket.on("data", (data) => {
      answer += data.toString("latin1");
      if (answer.includes("\r\n")) socket.destroy();
    });
    socket.on("error", (error) => (answer === "" ? reject(error) : undefined));
    socket.on("close", () => resolve(answer.split("\r\n")[0] ?? ""));
  });
}

for (const service of serviceNames) {
  describe(`${service} under abuse`, function () {
    this.timeout(60_000);

    it("refuses every token that the issuer did not give", async () => {
      for (const [what, token] of Object.entries(await forgedTokens())) {
        const answer = await call(address(service), method(service), guarded[service], { token });
        expect([401, 431], `a token ${what}: ${answer.text}`).to.include(answer.status);
        if (answer.status === 401) expect(answer.headers.get("www-authenticate"), what).to.match(/^Bearer/);
      }
    });

    it("refuses a token for somebody else's audience", async () => {
      const tokenUrl = `${running().engines.engines.get("issuer")?.address.tokenUrl}`;
      const answer = await fetch(tokenUrl, {
        method: "POST",
        body: JSON.stringify({ audience: "another", roles: ["platform-admin"] }),
      });
      const { access_token: token } = (await answer.json()) as { access_token: string };
      expect((await call(address(service), method(service), guarded[service], { token })).status).to.equal(
        401,
      );
    });

    it("refuses bodies that are too large, no JSON, of another type or cut off, without an error of its own", async () => {
      const [path, roles] = writing[service];
      const token = await running().token({ org: randomUUID(), roles });
      const post = (body: string, type = "application/json") =>
        fetch(`${address(service)}${path}`, {
          method: "POST",
          body,
          headers: { authorization: `Bearer ${token}`, "content-type": type },
        });
      for (const [what, sent] of [
        ["of 2 MiB", post(JSON.stringify({ name: "a".repeat(2 * 1024 * 1024) }))],
        ["that is no JSON", post("{")],
        [
          "of invalid UTF-8",
          post(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) as unknown as string),
        ],
        ["of another type", post("a=b", "application/x-www-form-urlencoded")],
        ["with a NUL", post(JSON.stringify({ name: "a\u0000b", reason: "\u0000" }))],
        ["nested deeply", post(`${"[".repeat(20_000)}${"]".repeat(20_000)}`)],
        ["with a prototype", post('{"__proto__":{"admin":true},"constructor":{"prototype":{}}}')],
      ] as const) {
        const answer = await sent;
        expect(answer.status, `a body ${what}: ${await answer.text()}`).to.be.within(400, 499);
      }
    });

    it("takes no header or path that would split, climb or overflow", async () => {
      const host = "Host: localhost\r\nConnection: close\r\n";
      for (const [what, request] of [
        ["a path that climbs", `GET /v1/../../etc/passwd HTTP/1.1\r\n${host}\r\n`],
        ["an encoded line break in the path", `GET /v1/%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\n${host}\r\n`],
        ["a NUL in the query", `GET ${guarded[service]}?limit=%00 HTTP/1.1\r\n${host}\r\n`],
        ["invalid UTF-8 in the query", `GET ${guarded[service]}?cursor=%ff%fe HTTP/1.1\r\n${host}\r\n`],
        ["a header of 64 KiB", `GET /healthz HTTP/1.1\r\n${host}X-Long: ${"a".repeat(65_536)}\r\n\r\n`],
        [
          "two lengths",
          `POST ${writing[service][0]} HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde`,
        ],
        [
          "a length and chunks",
          `POST ${writing[service][0]} HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        ],
        ["no HTTP at all", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n"],
      ] as const) {
        const status = await raw(service, request);
        // Some servers answer what is no HTTP by closing.
        expect(status, what).to.match(/^$|^HTTP\/1\.[01] 4\d\d/);
      }
      expect((await call(address(service), "GET", "/healthz")).status).to.equal(200);
    });
  });
}

describe("another tenant", function () {
  this.timeout(60_000);

  it("sees, changes and submits nothing of a listing that is not its own", async () => {
    const id = await submitListing(marketplace(), randomUUID(), {
      name: `Private ${randomUUID().slice(0, 8)}`,
      summary: "Not yours.",
    });
    const token = await running().token({ org: randomUUID(), roles: ["provider"] });
    for (const [verb, path, body] of [
      ["GET", `/v1/listings/${id}`, undefined],
      ["PATCH", `/v1/listings/${id}`, { summary: "mine now" }],
      ["POST", `/v1/listings/${id}/submit`, undefined],
      ["GET", `/v1/listings/${id}/audit`, undefined],
      ["GET", `/v1/listings/${id}/releases`, undefined],
    ] as const) {
      const answer = await call(address("publishing"), verb, path, {
        token,
        body,
        headers: { "if-match": "*" },
      });
      expect(answer.status, `${verb} ${path}: ${answer.text}`).to.equal(404);
    }
    const list = await expectOk(address("publishing"), "GET", "/v1/listings?limit=100", { token });
    expect(list.body.items).to.deep.equal([]);
  });

  it("sees neither keys nor usage of an organisation that is not its own", async () => {
    const admin = await running().token({ roles: ["platform-admin"] });
    const org = randomUUID();
    await expectOk(address("admin"), "PUT", `/v1/admin/organisations/${org}`, {
      token: admin,
      body: { name: "Theirs" },
    });
    const { body: key } = await expectOk(address("admin"), "POST", "/v1/admin/keys", {
      token: admin,
      body: { orgId: org, name: "theirs" },
    });
    const token = await running().token({ org: randomUUID(), roles: ["consumer", "provider"] });
    expect((await call(address("admin"), "GET", `/v1/admin/keys/${key.id}`, { token })).status).to.equal(404);
    expect(
      (await call(address("admin"), "POST", `/v1/admin/keys/${key.id}/revoke`, { token })).status,
    ).to.equal(404);
    for (const path of [
      `/v1/admin/usage?orgId=${org}`,
      `/v1/admin/keys?orgId=${org}`,
      `/v1/admin/organisations/${org}`,
    ]) {
      const answer = await call(address("admin"), "GET", path, { token });
      const shown = answer.status === 200 ? answer.body.items : [];
      expect([200, 403, 404], path).to.include(answer.status);
      expect(shown, path).to.deep.equal([]);
      expect(answer.text, path).not.to.include("Theirs");
    }
  });
});
