import { z } from "zod";
import { type DatabaseConfig, type KafkaConfig, parseDatabase, parseKafka } from "./stores.ts";
import { choice, integer, Sections, text, url, type Variables } from "./variables.ts";

export const environments = ["local", "dev", "staging", "production"] as const;
export type Environment = (typeof environments)[number];

export interface OidcConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
}

export interface TracingConfig {
  /** Undefined: spans are made and propagated, not exported. */
  readonly endpoint: string | undefined;
  readonly serviceName: string;
  readonly resourceAttributes: string | undefined;
  readonly sampledShare: number;
}

export interface Config {
  readonly service: string;
  readonly version: string;
  readonly environment: Environment;
  readonly port: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly shutdownDelaySeconds: number;
  readonly oidc: OidcConfig;
  readonly tracing: TracingConfig;
  readonly database: DatabaseConfig;
  readonly kafka: KafkaConfig;
}

/**
 * Reads the whole environment.
 * @throws ConfigError with every problem at once.
 */
export function loadConfig(given: Variables): Config {
  const variables = withoutEmptyTracing(given);
  const sections = new Sections(variables);
  const base = sections.parse(
    z.object({
      SERVICE_NAME: text("a service's name", /^[a-z][a-z0-9-]{0,62}$/).default("publishing"),
      SERVICE_VERSION: text("a version", /^[A-Za-z0-9._+-]{1,64}$/).default("0.0.0"),
      ENVIRONMENT: choice(environments),
      PORT: integer("a port, 1 to 65535", 1, 65535).default(3001),
      LOG_LEVEL: choice(["debug", "info", "warn", "error"]).default("info"),
      SHUTDOWN_DELAY_SECONDS: integer("seconds, 0 to 60", 0, 60).default(0),
      CLOUD_REGION: text("a cloud's region", /^[a-z0-9-]{2,32}$/).optional(),
    }),
  );
  // An environment that could not be read is held to the strictest rules.
  const named = environments.find((name) => name === variables.ENVIRONMENT) ?? "production";
  const strict = named === "staging" || named === "production";
  const oidc = sections.parse(
    z.object({ OIDC_ISSUER: url(!strict), OIDC_AUDIENCE: text("an audience"), OIDC_JWKS_URL: url(!strict) }),
  );
  const tracing = sections.parse(
    z.object({
      OTEL_EXPORTER_OTLP_ENDPOINT: url(true).optional(),
      OTEL_EXPORTER_OTLP_PROTOCOL: choice(["grpc"]).default("grpc"),
      OTEL_SERVICE_NAME: text("a service's name").optional(),
      OTEL_RESOURCE_ATTRIBUTES: text("key=value,…", /^[^=,]+=[^,]*(,[^=,]+=[^,]*)*$/).optional(),
      OTEL_TRACES_SAMPLER_ARG: text("a share, 0 to 1", /^(0(\.\d+)?|1(\.0+)?)$/)
        .transform(Number)
        .default(0.1),
    }),
  );
  const rules = { strict, allowNone: named === "local", region: variables.CLOUD_REGION };
  const database = parseDatabase(sections, rules);
  const kafka = parseKafka(sections, rules);
  sections.finish();
  if (!base || !oidc || !tracing || !database || !kafka)
    throw new Error("a section without value or problem");
  return {
    service: base.SERVICE_NAME,
    version: base.SERVICE_VERSION,
    environment: base.ENVIRONMENT,
    port: base.PORT,
    logLevel: base.LOG_LEVEL,
    shutdownDelaySeconds: base.SHUTDOWN_DELAY_SECONDS,
    oidc: { issuer: oidc.OIDC_ISSUER, audience: oidc.OIDC_AUDIENCE, jwksUrl: oidc.OIDC_JWKS_URL },
    tracing: {
      endpoint: tracing.OTEL_EXPORTER_OTLP_ENDPOINT,
      serviceName: tracing.OTEL_SERVICE_NAME ?? base.SERVICE_NAME,
      resourceAttributes: tracing.OTEL_RESOURCE_ATTRIBUTES,
      sampledShare: tracing.OTEL_TRACES_SAMPLER_ARG,
    },
    database,
    kafka,
  };
}

/** The configuration of `make migrate`: the database alone. */
export function loadDatabaseConfig(variables: Variables): DatabaseConfig {
  const sections = new Sections(variables);
  const named = sections.parse(z.object({ ENVIRONMENT: choice(environments) }))?.ENVIRONMENT ?? "production";
  const strict = named === "staging" || named === "production";
  const database = parseDatabase(sections, {
    strict,
    allowNone: named === "local",
    region: variables.CLOUD_REGION,
  });
  sections.finish();
  if (!database) throw new Error("a section without value or problem");
  return database;
}

/** OpenTelemetry's own rule: an empty variable is one that is not set. */
function withoutEmptyTracing(variables: Variables): Variables {
  return Object.fromEntries(
    Object.entries(variables).filter(([name, value]) => !(name.startsWith("OTEL_") && value === "")),
  );
}
