/**
 * An OIDC issuer for development and tests. It gives a token with whatever claims it is asked for, so it listens on
 * loopback only and makes new keys at every start; nothing outside development may trust it.
 *
 * `POST /token` `{ sub?, org?, roles?, audience?, alg?: "RS256" | "ES256", ttlSeconds?, claims? }` → `{ access_token }`.
 * `POST /rotate` puts new keys in the place of the old ones.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import type { Engine } from "./engine.ts";

const algorithms = ["RS256", "ES256"] as const;
type Algorithm = (typeof algorithms)[number];
const audience = "llm-marketplace";
const usualTtlSeconds = 3600;

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

interface TokenRequest {
  readonly sub?: string;
  readonly org?: string;
  readonly roles?: readonly string[];
  readonly audience?: string;
  readonly alg?: Algorithm;
  readonly ttlSeconds?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export async function startIssuer(): Promise<Engine> {
  const issuer = new Issuer();
  await issuer.rotate();
  const server = createServer((request, response) => {
    issuer.answer(request, response).catch((error: Error) => send(response, 400, { error: error.message }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  issuer.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  return {
    name: "issuer",
    address: {
      issuer: issuer.url,
      jwksUrl: `${issuer.url}/.well-known/jwks.json`,
      audience,
      tokenUrl: `${issuer.url}/token`,
    },
    server: undefined,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Issuer {
  url = "";
  #keys = new Map<Algorithm, SigningKey>();

  async rotate(): Promise<void> {
    const made = await Promise.all(
      algorithms.map(async (alg): Promise<[Algorithm, SigningKey]> => {
        const { privateKey, publicKey } = await generateKeyPair(alg);
        const kid = randomUUID();
        return [
          alg,
          { kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } },
        ];
      }),
    );
    this.#keys = new Map(made);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = `${request.method} ${request.url}`;
    switch (route) {
      case "GET /.well-known/openid-configuration":
        return send(response, 200, {
          issuer: this.url,
          jwks_uri: `${this.url}/.well-known/jwks.json`,
          token_endpoint: `${this.url}/token`,
          id_token_signing_alg_values_supported: algorithms,
        });
      case "GET /.well-known/jwks.json":
        return send(response, 200, { keys: [...this.#keys.values()].map((key) => key.publicJwk) });
      case "POST /token":
        return send(response, 200, await this.#token(JSON.parse((await body(request)) || "{}")));
      case "POST /rotate":
        await this.rotate();
        return send(response, 200, {});
      default:
        return send(response, 404, { error: `nothing answers ${route}` });
    }
  }

  async #token(
    asked: TokenRequest,
  ): Promise<{ access_token: string; token_type: string; expires_in: number }> {
    const alg = asked.alg ?? "RS256";
    const key = this.#keys.get(alg);
    if (key === undefined) throw new Error(`alg: ${alg} is not one of ${algorithms.join(", ")}`);
    const ttlSeconds = asked.ttlSeconds ?? usualTtlSeconds;
    const now = Math.floor(Date.now() / 1000);
    const token = await new SignJWT({
      org: asked.org ?? randomUUID(),
      roles: asked.roles ?? [],
      ...asked.claims,
    })
      .setProtectedHeader({ alg, kid: key.kid, typ: "JWT" })
      .setIssuer(this.url)
      .setSubject(asked.sub ?? "developer")
      .setAudience(asked.audience ?? audience)
      .setIssuedAt(now)
      .setExpirationTime(now + ttlSeconds)
      .sign(key.privateKey);
    return { access_token: token, token_type: "Bearer", expires_in: ttlSeconds };
  }
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}
