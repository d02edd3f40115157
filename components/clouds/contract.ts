import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";

/**
 * What a cloud must build for each component. Every cloud has the same file names under `clouds/<name>/`, and its
 * `index.ts` returns an object that `satisfies Cloud`. The neutral components call these functions with themselves
 * as parent and hold what is the same everywhere; nothing outside `clouds/` and `kubernetes/` imports a provider SDK.
 */
export interface Cloud {
  readonly name: CloudName;
  /** The explicit providers of the cloud; a component passes them all on to its children. */
  readonly providers: pulumi.ProviderResource[];
  /** Attributes that others need: region, recovery region. `undefined` where the cloud has none. */
  readonly region: string | undefined;
  readonly recoveryRegion: string | undefined;

  encryption(parent: pulumi.ComponentResource, name: string, spec: EncryptionSpec): EncryptionOutputs;
  network(parent: pulumi.ComponentResource, name: string, spec: NetworkSpec): NetworkOutputs;
  cluster(parent: pulumi.ComponentResource, name: string, spec: ClusterSpec): ClusterOutputs;
  registry(parent: pulumi.ComponentResource, name: string, spec: RegistrySpec): RegistryOutputs;
  dns(parent: pulumi.ComponentResource, name: string, spec: DnsSpec): DnsOutputs;
  /** A workload's own cloud identity, bound to one ServiceAccount, with only the grants given. */
  identity(parent: pulumi.ComponentResource, name: string, spec: IdentitySpec): IdentityOutputs;
  objectStore(parent: pulumi.ComponentResource, name: string, spec: ObjectStoreSpec): ObjectStoreOutputs;
  /** The `provider` block of the ClusterSecretStore through which External Secrets reads the cloud's secret store. */
  secretStore(parent: pulumi.ComponentResource, name: string, spec: SecretStoreSpec): SecretStoreOutputs;
  /** An empty secret of the cloud's secret store, to be filled by people or by rotation, never by the program. */
  secret(parent: pulumi.ComponentResource, name: string, spec: SecretSpec): SecretOutputs;
  postgres(parent: pulumi.ComponentResource, name: string, spec: ManagedPostgresSpec): StoreOutputs;
  redis(parent: pulumi.ComponentResource, name: string, spec: ManagedRedisSpec): StoreOutputs;
  kafka(parent: pulumi.ComponentResource, name: string, spec: ManagedKafkaSpec): KafkaOutputs;
  /** The cloud's own telemetry: alarms on managed stores, and what the OpenTelemetry collector exports to it. */
  telemetry(parent: pulumi.ComponentResource, name: string, spec: TelemetrySpec): TelemetryOutputs;
  /** Backups that the cloud takes of what it manages, and copies in the recovery region. */
  backup(parent: pulumi.ComponentResource, name: string, spec: BackupSpec): BackupOutputs;
  /** How the mesh's gateway is exposed: annotations and class of its LoadBalancer Service. */
  gateway(spec: GatewaySpec): GatewayExposure;
}

export type CloudName = "aws" | "gcp" | "azure" | "local";

/** The first parameter of every cloud's `create`. */
export interface CloudArgs {
  readonly context: PlatformContext;
}

// ---------------------------------------------------------------- encryption

export interface EncryptionSpec {
  readonly context: PlatformContext;
  /** Whether copies are kept in the recovery region, which then has a key of its own. */
  readonly recovery: boolean;
}

export interface EncryptionOutputs {
  /** Reference (ARN, resource name or id) of the platform's customer key; undefined on local. */
  readonly key: pulumi.Output<string> | undefined;
  /** Key of the recovery region. */
  readonly recoveryKey: pulumi.Output<string> | undefined;
}

// ------------------------------------------------------------------- network

export type NatMode = "per-zone" | "single" | "none";

export interface NetworkSpec {
  readonly context: PlatformContext;
  /** IPv4 range of the whole network, for example `10.20.0.0/16`. */
  readonly cidr: string;
  /** Names of the zones, in order, for example `us-east-1a`. */
  readonly zones: readonly string[];
  readonly nat: NatMode;
  /** Days that flow logs are kept; 0 turns them off. */
  readonly flowLogRetentionDays: number;
  /** Managed services reached by interface endpoints, by the cloud's short name (`ecr.api`). */
  readonly interfaceEndpoints: readonly string[];
  readonly encryption: EncryptionOutputs;
}

export interface NetworkOutputs {
  readonly id: pulumi.Output<string>;
  readonly cidr: string;
  readonly zones: readonly string[];
  readonly publicSubnetIds: readonly pulumi.Output<string>[];
  readonly privateSubnetIds: readonly pulumi.Output<string>[];
  readonly dataSubnetIds: readonly pulumi.Output<string>[];
  /** Addresses from which the platform's traffic leaves, for the allow-lists of others. */
  readonly egressAddresses: readonly pulumi.Output<string>[];
}

// ------------------------------------------------------------------- cluster

export interface NodeCount {
  readonly minimum: number;
  readonly maximum: number;
}

export type PoolName = "general" | "compute" | "memory";

export interface NodePoolSpec {
  readonly name: PoolName;
  readonly instanceType: string;
  /** Nodes that are paid on demand; a pool with `zonal` spreads them evenly, one node group per zone. */
  readonly onDemand: NodeCount;
  /** Nodes that the cloud may take back at two minutes' notice. */
  readonly spot?: NodeCount & { readonly alternativeInstanceTypes: readonly string[] };
  readonly diskGiB: number;
  readonly zonal: boolean;
  /** Taint that keeps other pods away, `<key>=<value>:NoSchedule`. */
  readonly taint?: { readonly key: string; readonly value: string };
}

export type ApiAccess =
  | { readonly mode: "private" }
  | { readonly mode: "restricted"; readonly allowedCidrs: readonly string[] };

export interface ClusterSpec {
  readonly context: PlatformContext;
  readonly network: NetworkOutputs;
  readonly encryption: EncryptionOutputs;
  /** Kubernetes minor, `1.35`. */
  readonly kubernetesVersion: string;
  readonly pools: readonly NodePoolSpec[];
  readonly apiAccess: ApiAccess;
  readonly auditLogRetentionDays: number;
  /** Identities (role ARNs, groups, principals) that administer the cluster. */
  readonly administrators: readonly string[];
}

export interface ClusterOutputs {
  readonly name: pulumi.Output<string>;
  readonly kubeconfig: pulumi.Output<string>;
  /** The explicit Kubernetes provider of everything inside. */
  readonly provider: pulumi.ProviderResource;
  /** Security group, network tag or application group of the nodes: what data stores let in. */
  readonly workloadFirewallId: pulumi.Output<string> | undefined;
  readonly identityIssuer: pulumi.Output<string>;
  readonly pools: readonly NodePoolSpec[];
  /** Resources that must exist before pods can run and be reached (nodes, network add-ons, autoscaler). */
  readonly ready: readonly pulumi.Resource[];
}

// ------------------------------------------------------- registry, dns, edge

export interface RegistrySpec {
  readonly context: PlatformContext;
  readonly encryption: EncryptionOutputs;
  /** One repository each. */
  readonly repositories: readonly string[];
  /** Images kept per repository. */
  readonly keepImages: number;
}

export interface RegistryOutputs {
  /** Address of each repository without a tag. */
  readonly repositoryUrls: Readonly<Record<string, pulumi.Output<string>>>;
}

export interface DnsSpec {
  readonly context: PlatformContext;
  /** Identity of the DNS controller and certificate issuer is bound by the caller. */
  readonly domain: string;
}

export interface DnsOutputs {
  /** Zone in which external-dns writes records and cert-manager answers challenges; undefined on local. */
  readonly zoneId: pulumi.Output<string> | undefined;
  readonly nameServers: pulumi.Output<string[]>;
  /** cert-manager's solver for ACME DNS-01; undefined where certificates are self-signed (local). */
  readonly acmeSolver: object | undefined;
}

export interface GatewaySpec {
  readonly context: PlatformContext;
  readonly network: NetworkOutputs;
}

export interface GatewayExposure {
  readonly serviceType: "LoadBalancer" | "NodePort";
  readonly loadBalancerClass?: string;
  readonly annotations: Record<string, pulumi.Input<string>>;
  /** Whether the load balancer prepends the PROXY protocol, which the gateway must then read. */
  readonly proxyProtocol: boolean;
}

// ------------------------------------------------------ identity and secrets

/** A right of a workload, in words that every cloud can translate to its own. */
export type Grant =
  | {
      readonly to: "object-store";
      readonly store: ObjectStoreOutputs;
      readonly access: "read" | "read-write";
    }
  | { readonly to: "secrets"; readonly prefix: string; readonly extra?: readonly pulumi.Input<string>[] }
  | { readonly to: "postgres"; readonly store: StoreOutputs; readonly user: string }
  | { readonly to: "redis"; readonly store: StoreOutputs; readonly user: string }
  | {
      readonly to: "kafka";
      readonly kafka: KafkaOutputs;
      readonly produce: readonly string[];
      readonly consume: readonly string[];
      readonly groupPrefix: string;
    }
  | { readonly to: "dns"; readonly dns: DnsOutputs }
  | { readonly to: "traces" }
  | { readonly to: "metrics-and-logs" }
  /** Reads the cloud's own metrics of what it manages. */
  | { readonly to: "cloud-metrics" }
  /** Describes every topic and consumer group of a managed Kafka, and reads no message. */
  | { readonly to: "kafka-metrics"; readonly kafka: KafkaOutputs }
  | { readonly to: "volume-snapshots" };

export interface IdentitySpec {
  readonly context: PlatformContext;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly grants: readonly Grant[];
}

export interface IdentityOutputs {
  /** Annotations that the ServiceAccount needs on clouds that bind by annotation. */
  readonly serviceAccountAnnotations: Record<string, pulumi.Input<string>>;
  readonly principal: pulumi.Output<string> | undefined;
  /** Depend on these before pods of the ServiceAccount start. */
  readonly ready: readonly pulumi.Resource[];
}

export interface ObjectStoreSpec {
  readonly context: PlatformContext;
  readonly encryption: EncryptionOutputs;
  readonly purpose: string;
  /** Days after which objects expire; 0 keeps them. */
  readonly expireDays: number;
  /** Whether objects are copied to the recovery region. */
  readonly replicate: boolean;
}

export interface ObjectStoreOutputs {
  readonly bucket: pulumi.Output<string>;
  /** Reference of the bucket for policies (its ARN or resource name). */
  readonly reference: pulumi.Output<string>;
  readonly region: string;
  /** S3 endpoint inside the cluster (local); undefined where the cloud's default applies. */
  readonly endpoint: string | undefined;
  /** Kubernetes secret with `access-key` and `secret-key` (local), by namespace-independent name. */
  readonly credentialsSecret: string | undefined;
  readonly ready: readonly pulumi.Resource[];
}

export interface SecretStoreSpec {
  readonly context: PlatformContext;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
}

export interface SecretStoreOutputs {
  /** Body of `ClusterSecretStore.spec.provider`. */
  readonly provider: pulumi.Input<object>;
  /** Prefix under which the platform's secrets are kept, `llm-marketplace/<stack>/`. */
  readonly prefix: string;
  /** Secrets outside the prefix that managed databases make for their administrators, for the operator's rights. */
  readonly databaseSecrets?: readonly pulumi.Input<string>[];
  readonly ready: readonly pulumi.Resource[];
}

export interface SecretSpec {
  readonly context: PlatformContext;
  readonly encryption: EncryptionOutputs;
  /** Name under the prefix, for example `pagerduty`. */
  readonly secretName: string;
  readonly description: string;
}

export interface SecretOutputs {
  /** Key by which an ExternalSecret refers to it. */
  readonly remoteKey: pulumi.Output<string>;
}

// -------------------------------------------------------------------- stores

/** How a client proves who it is. No value in here is a password. */
export type StoreAuth =
  /** A short-lived token of the workload's own cloud identity; `userName` is what the store calls a service's user. */
  | { readonly kind: "cloud-identity"; readonly userName: (user: string) => string }
  /** A Kubernetes secret per user, named by `secretName(user)`, with the keys `username` and `password`. */
  | { readonly kind: "password"; readonly secretName: (user: string) => string }
  /** A client certificate per user in a Kubernetes secret with the keys `user.crt` and `user.key`. */
  | { readonly kind: "client-certificate"; readonly secretName: (user: string) => string };

/** Plain facts of a managed store or Kafka on which alarms depend. */
export interface ManagedFacts {
  /** Nodes or brokers; each has metrics of its own. */
  readonly nodes: number;
  readonly maxConnections?: number;
  readonly storageGiB?: number;
}

/** Address of a store, the same form everywhere. */
export interface StoreOutputs {
  readonly kind: "postgres" | "redis" | "elasticsearch";
  readonly host: pulumi.Output<string>;
  readonly port: number;
  readonly tls: boolean;
  readonly auth: StoreAuth;
  /** Kubernetes secret with the key `ca.crt` that signs the store's certificate; undefined for public roots. */
  readonly caSecret: string | undefined;
  /** Redis Sentinel: clients ask these for the primary of `masterName`. */
  readonly sentinel?: {
    readonly hosts: readonly string[];
    readonly port: number;
    readonly masterName: string;
  };
  /** The cloud's own reference (resource id) for grants and alarms; undefined in the cluster. */
  readonly reference: pulumi.Output<string> | undefined;
  /** The root certificate itself, PEM, where a managed store's is neither a public root nor in `caSecret`. */
  readonly caCertificate?: string;
  /** What alarms on a managed store need to know; undefined in the cluster. */
  readonly managed?: ManagedFacts;
  /** The namespace in which the store runs; undefined for managed stores. */
  readonly namespace: string | undefined;
  /** Secret of the administrator in the cloud's secret store; undefined where there is none. */
  readonly adminSecretKey: pulumi.Output<string> | undefined;
  readonly ready: readonly pulumi.Resource[];
}

export interface ManagedPostgresSpec {
  readonly context: PlatformContext;
  readonly network: NetworkOutputs;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  /** `15.18` or newer. */
  readonly version: string;
  readonly instanceClass: string;
  readonly storageGiB: number;
  readonly maxStorageGiB: number;
  readonly highlyAvailable: boolean;
  readonly maxConnections: number;
  readonly retentionDays: number;
  readonly crossRegionCopies: boolean;
  readonly logRetentionDays: number;
}

export interface ManagedRedisSpec {
  readonly context: PlatformContext;
  readonly network: NetworkOutputs;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  readonly engine: "redis" | "valkey";
  readonly version: string;
  readonly nodeType: string;
  readonly replicas: number;
  /** Snapshots kept; 0 turns them off. */
  readonly snapshotRetentionDays: number;
  /** User per service with its key prefix and rights. */
  readonly users: readonly {
    readonly name: string;
    readonly keyPrefix: string;
    readonly rights: "read" | "read-write";
  }[];
  readonly logRetentionDays: number;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly retentionHours: number;
  readonly cleanup: "delete" | "compact";
}

export interface ManagedKafkaSpec {
  readonly context: PlatformContext;
  readonly network: NetworkOutputs;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  readonly version: string;
  readonly brokerType: string;
  readonly brokers: number;
  readonly storageGiBPerBroker: number;
  readonly topics: readonly TopicSpec[];
  readonly logRetentionDays: number;
}

export interface KafkaOutputs {
  readonly bootstrapServers: pulumi.Output<string>;
  /** Port of the brokers, for policies. Default: 9098 with a cloud identity, else 9093. */
  readonly port?: number;
  readonly protocol: "SASL_SSL" | "SSL";
  readonly auth: StoreAuth;
  readonly caSecret: string | undefined;
  readonly reference: pulumi.Output<string> | undefined;
  readonly namespace: string | undefined;
  readonly topics: readonly TopicSpec[];
  /** What alarms on a managed Kafka need to know; undefined in the cluster. */
  readonly managed?: ManagedFacts;
  readonly ready: readonly pulumi.Resource[];
}

// ---------------------------------------------------- telemetry and backups

export interface TelemetrySpec {
  readonly context: PlatformContext;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  readonly postgres: StoreOutputs;
  readonly redis: StoreOutputs;
  readonly kafka: KafkaOutputs;
  readonly logRetentionDays: number;
}

export interface TelemetryOutputs {
  /** Exporters and extensions that the OpenTelemetry collector adds to its own; empty on local. */
  readonly collector: {
    readonly exporters: Record<string, unknown>;
    readonly extensions: Record<string, unknown>;
    /** Names of exporters that receive traces. */
    readonly traceExporters: readonly string[];
  };
  /** Rights the collector's identity needs. */
  readonly grants: readonly Grant[];
  /** Where alarms on managed stores are published, for subscriptions made by hand; undefined on local. */
  readonly alarmTopic?: pulumi.Output<string>;
  /** Exporters that make metrics of managed stores readable for Prometheus; absent where nothing is managed. */
  readonly exporters?: readonly CloudExporter[];
}

/** An exporter as a chart of `config/versions.json`, with those of its values that only the cloud knows. */
export interface CloudExporter {
  /** Row of `config/footprint.json`, and name of release, ServiceAccount and job. */
  readonly name: "cloudwatch-exporter" | "kafka-exporter";
  readonly chart: "prometheus-yet-another-cloudwatch-exporter" | "prometheus-kafka-exporter";
  readonly values: Record<string, unknown>;
  /** Rights of its identity. */
  readonly grants: readonly Grant[];
  /** Ports inside the platform's network that it calls, beside the cloud's own endpoints. */
  readonly ports: readonly number[];
  readonly ready: readonly pulumi.Resource[];
}

export interface BackupSpec {
  readonly context: PlatformContext;
  readonly encryption: EncryptionOutputs;
  readonly cluster: ClusterOutputs;
  readonly postgres: StoreOutputs;
  readonly redis: StoreOutputs;
  readonly retentionDays: number;
  /** Hours that hourly snapshots of PostgreSQL are kept. */
  readonly hourlyRetentionHours: number;
  readonly crossRegionCopies: boolean;
}

export interface BackupOutputs {
  readonly vault: pulumi.Output<string> | undefined;
}
