/** A cloud for unit tests of the neutral components: it writes down what it is asked and makes nothing itself. */
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type {
  Cloud,
  ClusterOutputs,
  DnsOutputs,
  EncryptionOutputs,
  IdentitySpec,
  KafkaOutputs,
  NetworkOutputs,
  SecretSpec,
  StoreOutputs,
} from "../../components/clouds/contract.ts";
import type { PlatformContext } from "../../components/core/context.ts";
import type { ServiceSettings, TokenIssuer } from "../../config/settings-types.ts";
import { catalog } from "../../services/catalog.ts";

export const context: PlatformContext = {
  project: "llm-marketplace",
  stack: "production",
  environment: "production",
  owner: "platform",
  costCentre: "marketplace",
  domain: "market.example.com",
  protectData: true,
};

/** The catalogue's services as production runs them. */
export const services: readonly ServiceSettings[] = catalog.map((service) => ({
  ...service,
  version: "1.2.3",
}));

export const tokens: TokenIssuer = {
  issuer: "https://identity.example.com",
  audience: "llm-marketplace",
  jwksUrl: "https://identity.example.com/.well-known/jwks.json",
};

export function service(name: string): ServiceSettings {
  const found = services.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`the catalogue has no ${name}`);
  return found;
}

export interface FakeCloud extends Cloud {
  readonly identities: IdentitySpec[];
  readonly secrets: SecretSpec[];
}

export interface FakeCloudOptions {
  readonly name?: "aws" | "local";
  /** Whether there is a DNS zone, and with it ACME. Default: true. */
  readonly zone?: boolean;
}

function unused(what: string): never {
  throw new Error(`the unit under test must not ask the cloud for ${what}`);
}

/** Call inside the program of `recordResources`: outputs belong to a run. */
export function fakeCloud({ name = "aws", zone = true }: FakeCloudOptions = {}): FakeCloud {
  const identities: IdentitySpec[] = [];
  const secrets: SecretSpec[] = [];
  const dns: DnsOutputs = {
    zoneId: zone ? pulumi.output("Z123") : undefined,
    nameServers: pulumi.output(zone ? ["ns-1.example.net", "ns-2.example.net"] : []),
    acmeSolver: zone ? { dns01: { route53: { region: "us-east-1", hostedZoneID: "Z123" } } } : undefined,
  };
  return {
    name,
    providers: [],
    region: name === "aws" ? "us-east-1" : undefined,
    recoveryRegion: undefined,
    identities,
    secrets,
    identity: (_parent, _name, spec) => {
      identities.push(spec);
      return {
        serviceAccountAnnotations: {},
        principal: pulumi.output(`role-of-${spec.serviceAccount}`),
        ready: [],
      };
    },
    secret: (_parent, _name, spec) => {
      secrets.push(spec);
      return { remoteKey: pulumi.output(`llm-marketplace/production/${spec.secretName}`) };
    },
    secretStore: () => ({
      provider: { aws: { service: "SecretsManager", region: "us-east-1" } },
      prefix: "llm-marketplace/production/",
      ready: [],
    }),
    dns: () => dns,
    gateway: () => ({
      serviceType: "LoadBalancer",
      loadBalancerClass: "service.k8s.aws/nlb",
      annotations: { "service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing" },
      proxyProtocol: true,
    }),
    encryption: () => unused("encryption"),
    network: () => unused("network"),
    cluster: () => unused("cluster"),
    registry: () => unused("registry"),
    objectStore: () => unused("objectStore"),
    postgres: () => unused("postgres"),
    redis: () => unused("redis"),
    kafka: () => unused("kafka"),
    telemetry: () => unused("telemetry"),
    backup: () => unused("backup"),
  };
}

export const encryption: EncryptionOutputs = { key: undefined, recoveryKey: undefined };

export function network(): NetworkOutputs {
  return {
    id: pulumi.output("network"),
    cidr: "10.20.0.0/16",
    zones: ["us-east-1a", "us-east-1b", "us-east-1c"],
    publicSubnetIds: [],
    privateSubnetIds: [],
    dataSubnetIds: [],
    egressAddresses: [],
  };
}

export function cluster(): ClusterOutputs {
  return {
    name: pulumi.output("cluster"),
    kubeconfig: pulumi.secret("{}"),
    provider: new kubernetes.Provider("cluster", { kubeconfig: "{}" }),
    workloadFirewallId: undefined,
    identityIssuer: pulumi.output("https://issuer.example"),
    pools: [],
    ready: [],
  };
}

function store(kind: StoreOutputs["kind"], port: number, rest: Partial<StoreOutputs>): StoreOutputs {
  return {
    kind,
    host: pulumi.output(`${kind}.example`),
    port,
    tls: true,
    auth: { kind: "cloud-identity", userName: (user) => user },
    caSecret: undefined,
    reference: undefined,
    namespace: undefined,
    adminSecretKey: undefined,
    ready: [],
    ...rest,
  };
}

const elasticsearch = () =>
  store("elasticsearch", 9200, {
    auth: { kind: "password", secretName: (user) => `elasticsearch-${user}` },
    caSecret: "elasticsearch-ca",
    namespace: "data",
  });

/** Stores as on AWS: all managed but Elasticsearch. */
export function managedStores() {
  const kafka: KafkaOutputs = {
    bootstrapServers: pulumi.output("b-1.kafka.example:9098,b-2.kafka.example:9098"),
    protocol: "SASL_SSL",
    auth: { kind: "cloud-identity", userName: (user) => user },
    caSecret: undefined,
    reference: pulumi.output("kafka-arn"),
    namespace: undefined,
    topics: [],
    ready: [],
  };
  return {
    data: {
      postgres: store("postgres", 5432, {
        reference: pulumi.output("db-id"),
        caCertificate: "-----BEGIN CERTIFICATE-----",
      }),
      redis: store("redis", 6379, {
        reference: pulumi.output("redis-arn"),
        auth: { kind: "cloud-identity", userName: (user) => `production-${user}` },
      }),
      elasticsearch: elasticsearch(),
    },
    messaging: { kafka },
  };
}

/** Stores inside the cluster, each with another way of proof. */
export function inClusterStores() {
  const kafka: KafkaOutputs = {
    bootstrapServers: pulumi.output("kafka-bootstrap.messaging.svc:9093"),
    port: 9093,
    protocol: "SSL",
    auth: { kind: "client-certificate", secretName: (user) => `kafka-${user}` },
    caSecret: "kafka-ca",
    reference: undefined,
    namespace: "messaging",
    topics: [],
    ready: [],
  };
  return {
    data: {
      postgres: store("postgres", 5432, {
        auth: { kind: "password", secretName: (user) => `postgres-${user}` },
        caSecret: "postgres-ca",
        namespace: "data",
      }),
      redis: store("redis", 6379, {
        auth: { kind: "password", secretName: (user) => `redis-${user}` },
        caSecret: "redis-ca",
        namespace: "data",
        sentinel: { hosts: ["redis-0.data.svc", "redis-1.data.svc"], port: 26379, masterName: "marketplace" },
      }),
      elasticsearch: elasticsearch(),
    },
    messaging: { kafka },
  };
}
