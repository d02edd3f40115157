/**
 * The environment of a service as a process on this machine: the variables that the platform gives its pod
 * (components/kubernetes/service-environment.ts), with addresses on loopback. A test holds the names of both equal.
 */
import type { ServiceDefinition } from "../../catalog.ts";
import { catalog, runtimeRole } from "../../catalog.ts";
import type { EngineName } from "../engines/engine.ts";

export type EngineAddress = Readonly<Record<string, string | number | null>>;

export interface LocalAddresses {
  /** Where each engine is; those that nobody asks for may be missing. */
  readonly engines: Readonly<Partial<Record<EngineName, EngineAddress>>>;
  /** Host and port of every service, by its name. */
  readonly services: Readonly<Record<string, { readonly host: string; readonly port: number }>>;
  /** OTLP endpoint; undefined where nobody collects traces. */
  readonly otlpEndpoint?: string;
}

/** The variables of a service's migration: the service's own, and the role that owns its tables. */
export function migrationEnvironment(
  service: ServiceDefinition,
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  return { ...environment, DATABASE_USER: service.name };
}

/** A service's variables, by its entry of the catalogue. */
export function localEnvironment(
  service: ServiceDefinition,
  { engines, services, otlpEndpoint }: LocalAddresses,
): Record<string, string> {
  const address = (name: EngineName, key: string) => {
    const value = engines[name]?.[key];
    if (value === undefined) throw new Error(`${service.name} needs ${name}, which is not running`);
    return `${value}`;
  };
  const at = (name: string) => {
    const place = services[name];
    if (place === undefined) throw new Error(`${name}: no address of this service is known`);
    return place;
  };
  const topicsWith = (right: "produce" | "consume") =>
    service.topics
      .filter((use) => use.rights.includes(right))
      .map((use) => use.topic)
      .join(",");
  return {
    SERVICE_NAME: service.name,
    SERVICE_VERSION: "0.0.0-local",
    ENVIRONMENT: "local",
    PORT: `${at(service.name).port}`,
    LOG_LEVEL: "info",
    OTEL_SERVICE_NAME: service.name,
    OTEL_RESOURCE_ATTRIBUTES: "service.namespace=llm-marketplace,deployment.environment.name=local",
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint ?? "",
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    OIDC_ISSUER: address("issuer", "issuer"),
    OIDC_AUDIENCE: address("issuer", "audience"),
    OIDC_JWKS_URL: address("issuer", "jwksUrl"),
    ...Object.fromEntries(
      catalog
        .filter((other) => other.callers.includes(service.name))
        .map((callee) => [
          `${callee.name.toUpperCase().replaceAll("-", "_")}_URL`,
          `http://${at(callee.name).host}:${at(callee.name).port}`,
        ]),
    ),
    ...(service.postgres && {
      DATABASE_HOST: address("postgres", "host"),
      DATABASE_PORT: address("postgres", "port"),
      DATABASE_NAME: service.postgres.database,
      DATABASE_POOL_SIZE: `${service.postgres.poolSize}`,
      DATABASE_TLS: "false",
      DATABASE_AUTH: "none",
      DATABASE_USER: runtimeRole(service.name),
    }),
    ...(service.redis && {
      REDIS_HOST: address("redis", "host"),
      REDIS_PORT: address("redis", "port"),
      REDIS_TLS: "false",
      REDIS_KEY_PREFIX: service.redis.keyPrefix,
      REDIS_AUTH: "none",
    }),
    ...(service.elasticsearch && {
      ELASTICSEARCH_HOST: address("elasticsearch", "host"),
      ELASTICSEARCH_PORT: address("elasticsearch", "port"),
      ELASTICSEARCH_TLS: "false",
      ELASTICSEARCH_INDEX_PREFIX: service.elasticsearch.indexPrefix,
      ELASTICSEARCH_AUTH: "none",
    }),
    ...(service.topics.length > 0 && {
      KAFKA_BOOTSTRAP_SERVERS: address("kafka", "bootstrapServers"),
      KAFKA_SECURITY_PROTOCOL: "PLAINTEXT",
      KAFKA_GROUP_PREFIX: service.name,
      KAFKA_PRODUCE_TOPICS: topicsWith("produce"),
      KAFKA_CONSUME_TOPICS: topicsWith("consume"),
      KAFKA_AUTH: "none",
    }),
  };
}
