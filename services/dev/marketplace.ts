/** What people do on the marketplace, as calls of the services: a provider, a reviewer, a consumer. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { type Answer, call, eventually, expectOk } from "./client.ts";

/** Where the services are and how one becomes somebody. */
export interface Marketplace {
  readonly urls: Readonly<Record<string, string>>;
  readonly token: (claims: {
    readonly sub?: string;
    readonly org?: string;
    readonly roles?: readonly string[];
  }) => Promise<string>;
}

export interface NewListing {
  readonly name: string;
  readonly summary: string;
  readonly tags?: readonly string[];
  readonly categories?: readonly string[];
  readonly kind?: "model" | "prompt";
  /** How the built-in provider behaves, `delayMs=20&tokens=16`. */
  readonly echo?: string;
  readonly inputPrice?: number;
  readonly outputPrice?: number;
}

const url = ({ urls }: Marketplace, service: string): string => {
  const found = urls[service];
  if (found === undefined) throw new Error(`${service}: no address of this service was given`);
  return found;
};

/** Registers a prompt's text, signed with a new key of the organisation; resolves to its SHA-256. */
async function registerPrompt(base: string, token: string, org: string, text: string): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { body: key } = await expectOk(base, "POST", "/v1/listings/publisher-keys", {
    token,
    body: { name: "trial", algorithm: "ed25519", publicKey: publicKey.export({ format: "jwk" }).x },
  });
  const artefact = {
    sha256: createHash("sha256").update(text).digest("hex"),
    sizeBytes: Buffer.byteLength(text),
    mediaType: "text/plain",
  };
  const signature = signArtefact(privateKey, org, artefact);
  await expectOk(base, "POST", "/v1/listings/artefacts", {
    token,
    body: { ...artefact, keyId: key.id, signature },
  });
  return artefact.sha256;
}

/** What a publisher signs is said in publishing's document. */
function signArtefact(
  key: KeyObject,
  org: string,
  { sha256, sizeBytes, mediaType }: { sha256: string; sizeBytes: number; mediaType: string },
): string {
  const lines = ["llm-marketplace/artefact/v1", org, sha256, `${sizeBytes}`, mediaType];
  return sign(null, Buffer.from(lines.join("\n")), key).toString("base64url");
}

/** A listing with one release, submitted for review; resolves to its id. */
export async function submitListing(
  marketplace: Marketplace,
  org: string,
  listing: NewListing,
): Promise<string> {
  const base = url(marketplace, "publishing");
  const token = await marketplace.token({ sub: "provider", org, roles: ["provider"] });
  const { body } = await expectOk(base, "POST", "/v1/listings", {
    token,
    body: {
      kind: listing.kind ?? "model",
      name: listing.name,
      summary: listing.summary,
      description: `${listing.summary} Made for trying the marketplace out.`,
      tags: listing.tags ?? [],
      categories: listing.categories ?? ["chat"],
      licence: "Apache-2.0",
    },
  });
  const substance =
    listing.kind === "prompt"
      ? { artefactSha256: await registerPrompt(base, token, org, listing.summary) }
      : { endpoint: echoEndpoint(listing.echo) };
  await expectOk(base, "POST", `/v1/listings/${body.id}/releases`, {
    token,
    headers: { "if-match": "*" },
    body: {
      number: "1.0.0",
      notes: "first",
      ...substance,
      pricing: {
        inputUsdMicrosPerThousandTokens: listing.inputPrice ?? 500,
        outputUsdMicrosPerThousandTokens: listing.outputPrice ?? 1500,
      },
    },
  });
  await expectOk(base, "POST", `/v1/listings/${body.id}/submit`, { token, headers: { "if-match": "*" } });
  return body.id;
}

function echoEndpoint(behaviour: string | undefined) {
  const url = behaviour === undefined ? "echo:" : `echo:?${behaviour}`;
  return { url, protocol: "echo", model: "echo-1", timeoutSeconds: 30 };
}

/** A reviewer approves a listing through admin. */
export async function approveListing(marketplace: Marketplace, id: string): Promise<void> {
  const token = await marketplace.token({ sub: "reviewer", roles: ["reviewer"] });
  await expectOk(url(marketplace, "admin"), "POST", `/v1/admin/reviews/${id}/approve`, { token });
}

/** Waits until a listing is found by its name: discovery gives an answer again for 30 s, so an early look delays it. */
export async function awaitSearchable(
  marketplace: Marketplace,
  id: string,
  words: string,
  seconds = 60,
): Promise<void> {
  await eventually(
    `${id} being found by "${words}"`,
    async () => {
      const query = new URLSearchParams({ q: words, limit: "50" });
      const { body } = await expectOk(url(marketplace, "discovery"), "GET", `/v1/search?${query}`);
      return body.items.some((item: { id: string }) => item.id === id) ? true : undefined;
    },
    seconds,
  );
}

/** An API key of an organisation, made there where it is not. Resolves to the key itself. */
export async function issueKey(
  marketplace: Marketplace,
  org: string,
  limits: { readonly requestsPerMinute?: number; readonly tokensPerMonth?: number } = {},
): Promise<string> {
  const base = url(marketplace, "admin");
  const token = await marketplace.token({ sub: "administrator", roles: ["platform-admin"] });
  await expectOk(base, "PUT", `/v1/admin/organisations/${org}`, {
    token,
    body: { name: `Organisation ${org.slice(0, 8)}` },
  });
  if (limits.requestsPerMinute !== undefined && limits.requestsPerMinute > 1000) {
    await expectOk(base, "PATCH", `/v1/admin/organisations/${org}`, {
      token,
      body: { maxRequestsPerMinute: limits.requestsPerMinute },
    });
  }
  const { body } = await expectOk(base, "POST", "/v1/admin/keys", {
    token,
    body: { orgId: org, name: "trial", requestsPerMinute: 600, ...limits },
  });
  return body.key;
}

/** A call of a listing's model with an API key. */
export function callModel(
  marketplace: Marketplace,
  key: string,
  listingId: string,
  options: { readonly content?: string; readonly stream?: boolean } = {},
): Promise<Answer> {
  const { content = "Say something.", stream = false } = options;
  return call(url(marketplace, "consumption"), "POST", "/v1/calls", {
    token: key,
    body: { listingId, input: { messages: [{ role: "user", content }] }, stream },
  });
}

/** Waits until consumption knows a key: it comes to it through Kafka. */
export async function awaitCallable(
  marketplace: Marketplace,
  key: string,
  listingId: string,
  seconds = 30,
): Promise<Answer> {
  return eventually(
    `a call of ${listingId}`,
    async () => {
      const answer = await callModel(marketplace, key, listingId);
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
      return answer;
    },
    seconds,
  );
}
