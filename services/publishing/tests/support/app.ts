import type { FastifyInstance } from "fastify";
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { Artefacts } from "../../src/application/artefacts.ts";
import { Listings } from "../../src/application/listings.ts";
import type { Surroundings, UnitOfWork } from "../../src/application/store.ts";
import { createApp } from "../../src/http/app.ts";
import { createAuthenticate } from "../../src/http/auth.ts";
import { createLog } from "../../src/log.ts";
import { createMetrics, type Metrics } from "../../src/metrics.ts";
import { Unavailable } from "../../src/storage/unavailable.ts";

export const oidc = {
  issuer: "https://issuer.test",
  audience: "llm-marketplace",
  jwksUrl: "https://issuer.test/jwks",
};
export const orgId = "01980000-0000-7000-8000-00000000000a";

export interface TestApp {
  readonly app: FastifyInstance;
  readonly metrics: Metrics;
  readonly privateKey: CryptoKey;
  readonly logged: () => Record<string, unknown>[];
  readonly token: (
    claims?: JWTPayload,
    header?: { alg?: string; kid?: string | undefined },
  ) => Promise<string>;
}

const gone: UnitOfWork = {
  transaction: () => Promise.reject(new Unavailable("postgres", new Error("there is none in unit tests"))),
};

/** The HTTP side alone, with keys of its own; where it would ask the database, `unit` answers. */
export async function createTestApp(unit: UnitOfWork = gone): Promise<TestApp> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: "one", alg: "ES256" }] });
  const lines: string[] = [];
  const log = createLog(
    { service: "publishing", version: "1.2.3", logLevel: "debug" },
    { write: (line: string) => void lines.push(line) },
  );
  const metrics = createMetrics();
  const surroundings = { echoAllowed: true } as Surroundings;
  const app = await createApp({
    log,
    metrics,
    authenticate: createAuthenticate(oidc, keys),
    unit,
    listings: new Listings(surroundings),
    artefacts: new Artefacts(surroundings),
    readiness: () => ({ ready: false, draining: false, dependencies: { postgres: "down", kafka: "up" } }),
  });
  const token: TestApp["token"] = (claims = {}, header = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const usual = { sub: "somebody", org: orgId, roles: ["provider"], iss: oidc.issuer, aud: oidc.audience };
    return new SignJWT({ ...usual, iat: now, exp: now + 300, ...claims })
      .setProtectedHeader({ alg: "ES256", kid: "one", ...header })
      .sign(privateKey);
  };
  return { app, metrics, privateKey, token, logged: () => lines.map((line) => JSON.parse(line)) };
}
