/** A service's variables as its pods have them where stores are entered with passwords, certificates and TLS. */
import { runtimeRole, type ServiceDefinition } from "../../../services/catalog.ts";
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
  return {
    ...localEnvironment(service, {
      ...rest,
      engines: { ...engines, redis: { host: redis.host, port: redis.port } },
    }),
    // `local` is the one environment that would take no proof at all.
    ENVIRONMENT: "dev",
    ...(service.postgres && database(service, stores, runtimeRole(service.name))),
    ...(service.redis && {
      REDIS_TLS: "true",
      ...byPassword("REDIS", service.name, redis.password(service.name), redis.caFile),
      ...(redis.sentinels !== undefined && {
        REDIS_SENTINEL_HOSTS: redis.sentinels,
        REDIS_SENTINEL_MASTER: redis.primaryName,
      }),
    }),
    ...(service.elasticsearch && {
      ELASTICSEARCH_TLS: "true",
      ...byPassword(
        "ELASTICSEARCH",
        service.name,
        stores.password(service.name),
        engines.elasticsearch?.caFile,
      ),
    }),
    ...(service.topics.length > 0 && {
      ...proof("KAFKA", service.name, stores, engines.kafka?.caFile),
      ...(stores.certificate === undefined
        ? { KAFKA_SECURITY_PROTOCOL: "SASL_SSL" }
        : {
            KAFKA_SECURITY_PROTOCOL: "SSL",
            KAFKA_BOOTSTRAP_SERVERS: `${engines.kafka?.certificateServers}`,
          }),
    }),
  };
}

/** What a migration gets: the database alone, as the owner of its tables. */
export function ownerEnvironment(service: ServiceDefinition, stores: SecureStores): Record<string, string> {
  return {
    SERVICE_NAME: service.name,
    ENVIRONMENT: "dev",
    DATABASE_HOST: `${stores.engines.postgres?.host}`,
    DATABASE_PORT: `${stores.engines.postgres?.port}`,
    DATABASE_NAME: `${service.postgres?.database}`,
    ...database(service, stores, service.name),
  };
}

function database(service: ServiceDefinition, stores: SecureStores, role: string): Record<string, string> {
  return {
    DATABASE_POOL_SIZE: `${service.postgres?.poolSize}`,
    DATABASE_TLS: "true",
    ...proof("DATABASE", role, stores, stores.engines.postgres?.caFile),
  };
}

/** A certificate where the stores ask for one, else a password. */
function proof(
  variable: string,
  user: string,
  { certificate, password }: SecureStores,
  caFile: unknown,
): Record<string, string> {
  if (certificate === undefined) return byPassword(variable, user, password(user), caFile);
  const { certFile, keyFile } = certificate(user);
  return {
    [`${variable}_AUTH`]: "client-certificate",
    [`${variable}_USER`]: user,
    [`${variable}_CERT_FILE`]: certFile,
    [`${variable}_KEY_FILE`]: keyFile,
    [`${variable}_CA_FILE`]: `${caFile}`,
  };
}

function byPassword(
  variable: string,
  user: string,
  password: string,
  caFile: unknown,
): Record<string, string> {
  return {
    [`${variable}_AUTH`]: "password",
    [`${variable}_USER`]: user,
    [`${variable}_PASSWORD`]: password,
    [`${variable}_CA_FILE`]: `${caFile}`,
  };
}
