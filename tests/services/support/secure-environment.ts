/** A service's variables as its pods have them where stores are entered with passwords, certificates and TLS. */
import type { ServiceDefinition } from "../../../services/catalog.ts";
import type { Certificate } from "../../../services/dev/engines/authority.ts";
import type { EngineName } from "../../../services/dev/engines/engine.ts";
import {
  type EngineAddress,
  type LocalAddresses,
  localEnvironment,
} from "../../../services/dev/platform/environment.ts";

export interface SecureRedis {
  /** The name that its certificate is for, and the primary's port. */
  readonly host: string;
  readonly port: number;
  /** `host:port,…`; undefined where the primary never moves. */
  readonly sentinels?: string;
  readonly primaryName: string;
  readonly caFile: string;
  readonly password: (user: string) => string;
}

export interface SecureStores {
  readonly engines: Readonly<Partial<Record<EngineName, EngineAddress>>>;
  readonly redis: SecureRedis;
  readonly password: (user: string) => string;
  /** The client's certificate of PostgreSQL and Kafka; undefined where passwords are the proof. */
  readonly certificate?: (user: string) => Certificate;
}

export function secureEnvironment(
  service: ServiceDefinition,
  stores: SecureStores,
  rest: Omit<LocalAddresses, "engines">,
): Record<string, string> {
  const { engines, redis } = stores;
  const proof = (variable: string, caFile: unknown, password = stores.password(service.name)) => ({
    [`${variable}_AUTH`]: "password",
    [`${variable}_USER`]: service.name,
    [`${variable}_PASSWORD`]: password,
    [`${variable}_CA_FILE`]: `${caFile}`,
  });
  const ownProof = (variable: string, caFile: unknown): Record<string, string> => {
    if (stores.certificate === undefined) return proof(variable, caFile);
    const { certFile, keyFile } = stores.certificate(service.name);
    return {
      [`${variable}_AUTH`]: "client-certificate",
      [`${variable}_USER`]: service.name,
      [`${variable}_CERT_FILE`]: certFile,
      [`${variable}_KEY_FILE`]: keyFile,
      [`${variable}_CA_FILE`]: `${caFile}`,
    };
  };
  return {
    ...localEnvironment(service, {
      ...rest,
      engines: { ...engines, redis: { host: redis.host, port: redis.port } },
    }),
    // `local` is the one environment that would take no proof at all.
    ENVIRONMENT: "dev",
    ...(service.postgres && {
      DATABASE_TLS: "true",
      ...ownProof("DATABASE", engines.postgres?.caFile),
    }),
    ...(service.redis && {
      REDIS_TLS: "true",
      ...proof("REDIS", redis.caFile, redis.password(service.name)),
      ...(redis.sentinels !== undefined && {
        REDIS_SENTINEL_HOSTS: redis.sentinels,
        REDIS_SENTINEL_MASTER: redis.primaryName,
      }),
    }),
    ...(service.elasticsearch && {
      ELASTICSEARCH_TLS: "true",
      ...proof("ELASTICSEARCH", engines.elasticsearch?.caFile),
    }),
    ...(service.topics.length > 0 && {
      ...ownProof("KAFKA", engines.kafka?.caFile),
      ...(stores.certificate === undefined
        ? { KAFKA_SECURITY_PROTOCOL: "SASL_SSL" }
        : {
            KAFKA_SECURITY_PROTOCOL: "SSL",
            KAFKA_BOOTSTRAP_SERVERS: `${engines.kafka?.certificateServers}`,
          }),
    }),
  };
}
