import type * as pulumi from "@pulumi/pulumi";
import type { ServiceSettings } from "../../config/settings-types.ts";
import { runtimeRole } from "../../services/catalog.ts";
import type { Grant, KafkaOutputs, StoreAuth, StoreOutputs } from "../clouds/contract.ts";

/** The stores of the platform, as DataTier and Messaging give them. */
export interface PlatformStores {
  readonly data: {
    readonly postgres: StoreOutputs;
    readonly redis: StoreOutputs;
    readonly elasticsearch: StoreOutputs;
  };
  readonly messaging: { readonly kafka: KafkaOutputs };
}

/** One store that a service uses, in the form that environment, policies and volumes need. */
export interface StoreUse {
  readonly kind: "postgres" | "redis" | "elasticsearch" | "kafka";
  /** Prefix of its environment variables: `DATABASE`. */
  readonly variable: string;
  /** The service's name in the store. */
  readonly user: string;
  /** Ports to which connections go, Sentinels included. */
  readonly ports: readonly number[];
  readonly auth: StoreAuth;
  readonly caSecret: string | undefined;
  readonly caCertificate: string | undefined;
  /** Namespace in which it runs; undefined for managed stores. */
  readonly namespace: string | undefined;
  readonly ready: readonly pulumi.Resource[];
}

/** The stores that the catalogue says a service uses. */
export function storeUses(service: ServiceSettings, { data, messaging }: PlatformStores): StoreUse[] {
  const { name } = service;
  return [
    ...(service.postgres ? [storeUse("DATABASE", data.postgres, runtimeRole(name))] : []),
    ...(service.redis ? [storeUse("REDIS", data.redis, name)] : []),
    ...(service.elasticsearch ? [storeUse("ELASTICSEARCH", data.elasticsearch, name)] : []),
    ...(service.topics.length > 0 ? [kafkaUse(messaging.kafka, name)] : []),
  ];
}

/** The database as the owner of the service's tables sees it, who is named after the service; undefined without one. */
export function ownerUse(service: ServiceSettings, { data }: PlatformStores): StoreUse | undefined {
  return service.postgres && storeUse("DATABASE", data.postgres, service.name);
}

function storeUse(variable: string, store: StoreOutputs, user: string): StoreUse {
  return {
    kind: store.kind,
    variable,
    user,
    ports: store.sentinel === undefined ? [store.port] : [store.port, store.sentinel.port],
    auth: store.auth,
    caSecret: store.caSecret,
    caCertificate: store.caCertificate,
    namespace: store.namespace,
    ready: store.ready,
  };
}

function kafkaUse(kafka: KafkaOutputs, user: string): StoreUse {
  return {
    kind: "kafka",
    variable: "KAFKA",
    user,
    ports: [kafka.port ?? (kafka.auth.kind === "cloud-identity" ? 9098 : 9093)],
    auth: kafka.auth,
    caSecret: kafka.caSecret,
    caCertificate: undefined,
    namespace: kafka.namespace,
    ready: kafka.ready,
  };
}

/** Topics that a service writes (`produce`) or reads (`consume`). */
export function topicsOf(service: ServiceSettings, right: "produce" | "consume"): string[] {
  return service.topics.filter((use) => use.rights.includes(right)).map((use) => use.topic);
}

/** Rights of the migration's cloud identity: the tables' owner, where the database accepts it. */
export function ownerGrants(service: ServiceSettings, { data: { postgres } }: PlatformStores): Grant[] {
  return service.postgres && postgres.auth.kind === "cloud-identity"
    ? [{ to: "postgres", store: postgres, user: service.name }]
    : [];
}

/** Rights of the service's cloud identity: the stores that accept it, and in them only what is the service's own. */
export function serviceGrants(service: ServiceSettings, { data, messaging }: PlatformStores): Grant[] {
  const user = service.name;
  const accepts = (store: { readonly auth: StoreAuth }) => store.auth.kind === "cloud-identity";
  const grants: Grant[] = [];
  if (service.postgres && accepts(data.postgres)) {
    grants.push({ to: "postgres", store: data.postgres, user: runtimeRole(user) });
  }
  if (service.redis && accepts(data.redis)) grants.push({ to: "redis", store: data.redis, user });
  if (service.topics.length > 0 && accepts(messaging.kafka)) {
    grants.push({
      to: "kafka",
      kafka: messaging.kafka,
      produce: topicsOf(service, "produce"),
      consume: topicsOf(service, "consume"),
      groupPrefix: user,
    });
  }
  return grants;
}
