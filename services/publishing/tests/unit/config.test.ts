import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadConfig } from "../../src/config/config.ts";
import { ConfigError } from "../../src/config/variables.ts";

const production = {
  ENVIRONMENT: "production",
  OIDC_ISSUER: "https://login.marketplace.dev",
  OIDC_AUDIENCE: "llm-marketplace",
  OIDC_JWKS_URL: "https://login.marketplace.dev/jwks",
  DATABASE_HOST: "postgres.internal",
  DATABASE_PORT: "5432",
  DATABASE_NAME: "publishing",
  DATABASE_POOL_SIZE: "5",
  DATABASE_TLS: "true",
  DATABASE_AUTH: "password",
  DATABASE_USER: "publishing",
  DATABASE_PASSWORD: "v9Lw2kQz7RtYp4",
  KAFKA_BOOTSTRAP_SERVERS: "b-1.kafka:9093,b-2.kafka:9093",
  KAFKA_SECURITY_PROTOCOL: "SSL",
  KAFKA_PRODUCE_TOPICS: "listing.events",
  KAFKA_AUTH: "client-certificate",
  KAFKA_CERT_FILE: "/etc/stores/kafka-client/user.crt",
  KAFKA_KEY_FILE: "/etc/stores/kafka-client/user.key",
};

function problemsOf(changes: Record<string, string | undefined>): string[] {
  try {
    loadConfig({ ...production, ...changes });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message.split("\n");
  }
}

describe("the configuration", () => {
  it("is read from the platform's variables, and what it does not know is ignored", () => {
    const config = loadConfig({ ...production, SOMETHING_ELSE: "1" });
    assert.equal(config.port, 3001);
    assert.deepEqual(config.kafka.bootstrapServers, ["b-1.kafka:9093", "b-2.kafka:9093"]);
    assert.deepEqual(config.database.auth, {
      kind: "password",
      user: "publishing",
      password: "v9Lw2kQz7RtYp4",
    });
    assert.equal(config.tracing.endpoint, undefined);
  });

  it("is refused with every problem at once, each with name, value and what is allowed", () => {
    assert.deepEqual(
      problemsOf({ PORT: "70000", LOG_LEVEL: "loud", DATABASE_HOST: undefined, KAFKA_AUTH: "token" }),
      [
        'PORT: got "70000"; allowed: a port, 1 to 65535',
        'LOG_LEVEL: got "loud"; allowed: debug, info, warn, error',
        "DATABASE_HOST: got nothing; allowed: a host name or address",
        'KAFKA_AUTH: got "token"; allowed: password, client-certificate, cloud-identity',
      ],
    );
  });

  it("never shows a password, and takes no short, empty or placeholder one outside local and dev", () => {
    const refused =
      "DATABASE_PASSWORD: got a value (hidden); allowed: at least 12 characters, not empty and not a placeholder such as changeme";
    for (const password of [
      "",
      "short",
      "changeme-changeme",
      "my-Password-1234",
      "postgres-postgres",
      "example-example",
    ]) {
      assert.deepEqual(problemsOf({ DATABASE_PASSWORD: password }), [refused], password);
      assert.deepEqual(problemsOf({ ENVIRONMENT: "dev", DATABASE_PASSWORD: password }), []);
    }
  });

  it("takes engines without proof on local only", () => {
    const none = { DATABASE_AUTH: "none", KAFKA_AUTH: "none", KAFKA_SECURITY_PROTOCOL: "PLAINTEXT" };
    assert.deepEqual(problemsOf({ ...none, ENVIRONMENT: "local" }), []);
    for (const ENVIRONMENT of ["dev", "staging", "production"]) {
      assert.deepEqual(problemsOf({ ...none, ENVIRONMENT }).length, 2, ENVIRONMENT);
    }
  });

  it("takes plain http for tokens' keys on local and dev only", () => {
    const plain = { OIDC_JWKS_URL: "http://issuer/jwks" };
    assert.deepEqual(problemsOf({ ...plain, ENVIRONMENT: "dev" }), []);
    assert.deepEqual(problemsOf({ ...plain, ENVIRONMENT: "staging" }), [
      'OIDC_JWKS_URL: got "http://issuer/jwks"; allowed: an https URL',
    ]);
  });

  it("needs a region for a cloud's identity, and the protocol that goes with each way of proof", () => {
    const cloud = { DATABASE_AUTH: "cloud-identity", KAFKA_AUTH: "cloud-identity", KAFKA_USER: "publishing" };
    assert.deepEqual(
      problemsOf({ ...cloud, KAFKA_SECURITY_PROTOCOL: "SASL_SSL", CLOUD_REGION: "eu-west-1" }),
      [],
    );
    assert.deepEqual(problemsOf({ ...cloud, CLOUD_REGION: "eu-west-1" }), [
      'KAFKA_SECURITY_PROTOCOL: got "SSL"; allowed: SASL_SSL with KAFKA_AUTH cloud-identity',
    ]);
    const regionless = problemsOf({ ...cloud, KAFKA_SECURITY_PROTOCOL: "SASL_SSL" });
    assert.deepEqual(
      [...new Set(regionless)],
      ["CLOUD_REGION: got nothing; allowed: the cloud's region, for tokens of its identity"],
    );
  });
});
