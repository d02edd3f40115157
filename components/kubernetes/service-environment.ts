import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ServiceSettings, TokenIssuer } from "../../config/settings-types.ts";
import type { PlatformContext } from "../core/context.ts";
import { collector } from "./places.ts";
import { callees, serviceNames } from "./service-names.ts";
import { ownerUse, type PlatformStores, type StoreUse, storeUses, topicsOf } from "./service-stores.ts";
import { storeSecrets } from "./store-credentials.ts";

export type EnvVar = kubernetes.types.input.core.v1.EnvVar;
export type Volume = kubernetes.types.input.core.v1.Volume;
export type VolumeMount = kubernetes.types.input.core.v1.VolumeMount;

export interface MigrationSpec extends PlatformStores {
  readonly context: PlatformContext;
  readonly service: ServiceSettings;
  /** Region of the cloud, for tokens of its identity; undefined on local. */
  readonly region: string | undefined;
}

export interface EnvironmentSpec extends MigrationSpec {
  /** Every service of the stack: the addresses of those it calls. */
  readonly services: readonly ServiceSettings[];
  /** Who issues the access tokens of callers. */
  readonly tokens: TokenIssuer;
}

type Text = pulumi.Input<string>;

/** Folder in which certificates of stores are mounted, one folder a store. */
const storesFolder = "/etc/stores";
const providersFolder = "/etc/providers";

/**
 * Every environment variable that a service gets, the contract between the platform and the services' code. Absent
 * means that the service does not use it. Secrets come by `secretKeyRef` alone.
 */
export function serviceEnvironment(spec: EnvironmentSpec): EnvVar[] {
  const { context, service } = spec;
  return [
    text("SERVICE_NAME", service.name),
    text("SERVICE_VERSION", service.version),
    text("ENVIRONMENT", context.environment),
    text("PORT", `${service.port}`),
    text("LOG_LEVEL", context.environment === "production" ? "info" : "debug"),
    ...(spec.region === undefined ? [] : [text("CLOUD_REGION", spec.region)]),
    text("OTEL_EXPORTER_OTLP_ENDPOINT", `http://${collector.host}:${collector.grpcPort}`),
    text("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    text("OTEL_SERVICE_NAME", service.name),
    text(
      "OTEL_RESOURCE_ATTRIBUTES",
      `service.namespace=${context.project},service.version=${service.version},deployment.environment.name=${context.stack}`,
    ),
    text("OIDC_ISSUER", spec.tokens.issuer),
    text("OIDC_AUDIENCE", spec.tokens.audience),
    text("OIDC_JWKS_URL", spec.tokens.jwksUrl),
    ...callees(service, spec.services).map((callee) =>
      text(`${variableName(callee.name)}_URL`, `http://${serviceNames(callee.name).host}:${callee.port}`),
    ),
    ...(service.egress === "providers" ? [text("PROVIDERS_FOLDER", providersFolder)] : []),
    ...databaseEnvironment(spec),
    ...redisEnvironment(spec),
    ...elasticsearchEnvironment(spec),
    ...kafkaEnvironment(spec),
    ...storeUses(service, spec).flatMap((use) => authEnvironment(use, service.name)),
  ];
}

/** What a migration gets of that: the database, as the owner of its tables, and nothing else. */
export function migrationEnvironment(spec: MigrationSpec): EnvVar[] {
  const { context, service } = spec;
  const use = ownerUse(service, spec);
  return [
    text("SERVICE_NAME", service.name),
    text("ENVIRONMENT", context.environment),
    ...(spec.region === undefined ? [] : [text("CLOUD_REGION", spec.region)]),
    ...databaseEnvironment(spec),
    ...(use === undefined ? [] : authEnvironment(use, serviceNames(service.name).migration)),
  ];
}

function databaseEnvironment({ service, data: { postgres } }: MigrationSpec): EnvVar[] {
  if (!service.postgres) return [];
  return [
    text("DATABASE_HOST", postgres.host),
    text("DATABASE_PORT", `${postgres.port}`),
    text("DATABASE_NAME", service.postgres.database),
    text("DATABASE_POOL_SIZE", `${service.postgres.poolSize}`),
    text("DATABASE_TLS", `${postgres.tls}`),
  ];
}

function redisEnvironment({ service, data: { redis } }: EnvironmentSpec): EnvVar[] {
  if (!service.redis) return [];
  const { sentinel } = redis;
  return [
    text("REDIS_HOST", redis.host),
    text("REDIS_PORT", `${redis.port}`),
    text("REDIS_TLS", `${redis.tls}`),
    text("REDIS_KEY_PREFIX", service.redis.keyPrefix),
    ...(sentinel === undefined
      ? []
      : [
          text(
            "REDIS_SENTINEL_HOSTS",
            sentinel.hosts.map((host) => (host.includes(":") ? host : `${host}:${sentinel.port}`)).join(","),
          ),
          text("REDIS_SENTINEL_MASTER", sentinel.masterName),
        ]),
  ];
}

function elasticsearchEnvironment({ service, data: { elasticsearch } }: EnvironmentSpec): EnvVar[] {
  if (!service.elasticsearch) return [];
  return [
    text("ELASTICSEARCH_HOST", elasticsearch.host),
    text("ELASTICSEARCH_PORT", `${elasticsearch.port}`),
    text("ELASTICSEARCH_TLS", `${elasticsearch.tls}`),
    text("ELASTICSEARCH_INDEX_PREFIX", service.elasticsearch.indexPrefix),
  ];
}

function kafkaEnvironment({ service, messaging: { kafka } }: EnvironmentSpec): EnvVar[] {
  if (service.topics.length === 0) return [];
  return [
    text("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrapServers),
    text("KAFKA_SECURITY_PROTOCOL", kafka.protocol),
    text("KAFKA_GROUP_PREFIX", service.name),
    text("KAFKA_PRODUCE_TOPICS", topicsOf(service, "produce").join(",")),
    text("KAFKA_CONSUME_TOPICS", topicsOf(service, "consume").join(",")),
  ];
}

/** How a workload proves itself: `<STORE>_AUTH`, `_USER`, and what the way of proof needs. */
function authEnvironment(use: StoreUse, workload: string): EnvVar[] {
  const { variable, kind, auth, user } = use;
  const { credentials } = storeSecrets(use, workload);
  const trusts = use.caSecret !== undefined || use.caCertificate !== undefined;
  return [
    text(`${variable}_AUTH`, auth.kind),
    text(`${variable}_USER`, auth.kind === "cloud-identity" ? auth.userName(user) : user),
    ...(auth.kind === "password" && credentials !== undefined
      ? [secret(`${variable}_PASSWORD`, credentials, "password")]
      : []),
    ...(auth.kind === "client-certificate"
      ? [
          text(`${variable}_CERT_FILE`, `${storesFolder}/${kind}-client/user.crt`),
          text(`${variable}_KEY_FILE`, `${storesFolder}/${kind}-client/user.key`),
        ]
      : []),
    ...(trusts ? [text(`${variable}_CA_FILE`, `${storesFolder}/${kind}/ca.crt`)] : []),
  ];
}

interface MountedVolume {
  readonly volume: { readonly name: string } & Volume;
  readonly mountPath: string;
  readonly readOnly: boolean;
}

/** Certificates of stores and credentials of providers, as files. */
export function serviceVolumes(spec: EnvironmentSpec): { volumes: Volume[]; mounts: VolumeMount[] } {
  const { service } = spec;
  const names = serviceNames(service.name);
  const uses = storeUses(service, spec);
  return split([
    ...storeVolumes(uses, service.name, names.storeRoots),
    ...(service.egress === "providers"
      ? [
          {
            // Optional: the secret is empty until someone fills it in the cloud's secret store.
            volume: { name: "providers", secret: { secretName: names.providersSecret, optional: true } },
            mountPath: providersFolder,
            readOnly: true,
          },
        ]
      : []),
  ]);
}

/** The same for its migration, which enters the database alone. */
export function migrationVolumes(spec: MigrationSpec): { volumes: Volume[]; mounts: VolumeMount[] } {
  const names = serviceNames(spec.service.name);
  const use = ownerUse(spec.service, spec);
  return split(storeVolumes(use === undefined ? [] : [use], names.migration, names.storeRoots));
}

function storeVolumes(uses: readonly StoreUse[], workload: string, roots: string): MountedVolume[] {
  return [
    { volume: { name: "tmp", emptyDir: { sizeLimit: "64Mi" } }, mountPath: "/tmp", readOnly: false },
    ...uses.flatMap((use) => authorityVolume(use, workload, roots)),
    ...uses.flatMap((use) => clientVolume(use, workload)),
  ];
}

function split(entries: readonly MountedVolume[]): { volumes: Volume[]; mounts: VolumeMount[] } {
  return {
    volumes: entries.map(({ volume }) => volume),
    mounts: entries.map(({ volume, mountPath, readOnly }) => ({ name: volume.name, mountPath, readOnly })),
  };
}

function authorityVolume(use: StoreUse, workload: string, roots: string): MountedVolume[] {
  const { kind, caCertificate } = use;
  const { authority } = storeSecrets(use, workload);
  const mountPath = `${storesFolder}/${kind}`;
  const name = `${kind}-ca`;
  if (authority !== undefined) {
    const items = [{ key: "ca.crt", path: "ca.crt" }];
    return [{ volume: { name, secret: { secretName: authority, items } }, mountPath, readOnly: true }];
  }
  if (caCertificate === undefined) return [];
  const items = [{ key: `${kind}.crt`, path: "ca.crt" }];
  return [
    {
      volume: { name, configMap: { name: roots, items } },
      mountPath,
      readOnly: true,
    },
  ];
}

function clientVolume(use: StoreUse, workload: string): MountedVolume[] {
  const { credentials } = storeSecrets(use, workload);
  if (use.auth.kind !== "client-certificate" || credentials === undefined) return [];
  const items = ["user.crt", "user.key"].map((key) => ({ key, path: key }));
  return [
    {
      volume: { name: `${use.kind}-client`, secret: { secretName: credentials, items } },
      mountPath: `${storesFolder}/${use.kind}-client`,
      readOnly: true,
    },
  ];
}

function text(name: string, value: Text): EnvVar {
  return { name, value };
}

function secret(name: string, secretName: string, key: string): EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secretName, key } } };
}

function variableName(service: string): string {
  return service.toUpperCase().replaceAll("-", "_");
}
