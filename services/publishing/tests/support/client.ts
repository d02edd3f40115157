import { randomUUID } from "node:crypto";
import { token } from "./engines.ts";

// biome-ignore lint/suspicious/noExplicitAny: what a service answers is what the tests are about
type Json = any;

export interface Reply {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

/** One caller of the API. */
export class Client {
  readonly url: string;
  readonly org: string;
  readonly #token: string;

  private constructor(url: string, org: string, accessToken: string) {
    this.url = url;
    this.org = org;
    this.#token = accessToken;
  }

  static async of(url: string, roles: readonly string[], org: string = randomUUID()): Promise<Client> {
    return new Client(url, org, await token({ org, roles, sub: `user-of-${roles.join("-")}` }));
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === "" ? undefined : JSON.parse(text),
      headers: response.headers,
    };
  }

  get = (path: string) => this.call("GET", path);
  post = (path: string, body?: unknown, headers?: Record<string, string>) =>
    this.call("POST", path, body, headers);
}

export const model = (name = "Small Talk 7B") => ({
  kind: "model",
  name,
  summary: "Chats about anything.",
  licence: "Apache-2.0",
  tags: ["small", "chat"],
  categories: ["chat"],
});

export const release = (number = "1.0.0") => ({
  number,
  endpoint: { url: "echo:?tokens=8", protocol: "echo", model: "small", timeoutSeconds: 30 },
  pricing: { inputUsdMicrosPerThousandTokens: 150, outputUsdMicrosPerThousandTokens: 600 },
});

/** A listing that a reviewer has published. */
export async function published(provider: Client, reviewer: Client, name?: string): Promise<Json> {
  const { body } = await provider.post("/v1/listings", model(name));
  await provider.post(`/v1/listings/${body.id}/releases`, release());
  await provider.post(`/v1/listings/${body.id}/submit`);
  return (await reviewer.post(`/v1/listings/${body.id}/review`, { decision: "approve" })).body;
}

/** Waits until `look` answers something, at most `seconds`. */
export async function eventually<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`not within ${seconds} s: ${what}`, { cause: last });
}
