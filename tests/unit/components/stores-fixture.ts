/** A cloud that only notes what it is asked for, and the parts that stand before the stores. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type {
  BackupSpec,
  Cloud,
  ClusterOutputs,
  EncryptionOutputs,
  IdentitySpec,
  KafkaOutputs,
  ManagedKafkaSpec,
  ManagedPostgresSpec,
  ManagedRedisSpec,
  NetworkOutputs,
  ObjectStoreSpec,
  StoreOutputs,
} from "../../../components/clouds/contract.ts";
import type { PlatformContext } from "../../../components/core/context.ts";
import type { Edge } from "../../../components/edge.ts";
import type { Mesh } from "../../../components/mesh.ts";
import type { Secrets } from "../../../components/secrets.ts";
import type { ServiceSettings } from "../../../config/settings-types.ts";
import { catalog } from "../../../services/catalog.ts";
import { type RecordedResource, type Recording, recordResources } from "../../support/record.ts";

export const production: PlatformContext = {
  project: "llm-marketplace",
  stack: "production",
  environment: "production",
  owner: "platform",
  costCentre: "marketplace",
  domain: "market.example.com",
  protectData: true,
};
export const local: PlatformContext = {
  ...production,
  stack: "local",
  environment: "local",
  protectData: false,
};

export const services: readonly ServiceSettings[] = catalog.map((service) => ({
  ...service,
  version: "0.1.0",
}));

/** What the cloud was asked for, without the objects that every call carries. */
export interface Asked {
  postgres: ManagedPostgresSpec[];
  redis: ManagedRedisSpec[];
  kafka: ManagedKafkaSpec[];
  objectStores: ObjectStoreSpec[];
  identities: IdentitySpec[];
  backups: BackupSpec[];
}

export interface Platform {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly encryption: EncryptionOutputs;
  readonly network: NetworkOutputs;
  readonly cluster: ClusterOutputs;
  readonly mesh: Mesh;
  readonly edge: Edge;
  readonly secrets: Secrets;
}

export interface PlatformRecording extends Recording {
  readonly asked: Asked;
}

/** Records what `build` makes of a platform on a cloud (production) or on a laptop (local). */
export async function recordOn(
  context: PlatformContext,
  build: (platform: Platform) => Record<string, unknown> | undefined,
): Promise<PlatformRecording> {
  const asked: Asked = { postgres: [], redis: [], kafka: [], objectStores: [], identities: [], backups: [] };
  const recording = await recordResources(async () => build(platform(context, asked)) ?? {}, {
    stack: context.stack,
  });
  return { ...recording, asked };
}

function platform(context: PlatformContext, asked: Asked): Platform {
  const provider = new k8s.Provider("kubernetes", { kubeconfig: "{}" });
  const marker = (name: string) =>
    new k8s.core.v1.ConfigMap(`${name}-ready`, { metadata: { name } }, { provider });
  return {
    context,
    cloud: context.environment === "local" ? cloudOf(asked, false) : cloudOf(asked, true),
    encryption: { key: pulumi.output("key"), recoveryKey: pulumi.output("recovery-key") },
    network: {
      id: pulumi.output("network"),
      cidr: "10.20.0.0/16",
      zones: ["a", "b", "c"],
      publicSubnetIds: [],
      privateSubnetIds: [],
      dataSubnetIds: [],
      egressAddresses: [],
    },
    cluster: {
      name: pulumi.output("cluster"),
      kubeconfig: pulumi.output("{}"),
      provider,
      workloadFirewallId: undefined,
      identityIssuer: pulumi.output(""),
      pools: [],
      ready: [marker("cluster")],
    },
    mesh: { ready: [marker("mesh")] } as unknown as Mesh,
    edge: marker("edge") as unknown as Edge,
    secrets: { ready: [marker("secrets")] } as unknown as Secrets,
  };
}

function cloudOf(asked: Asked, managed: boolean): Cloud {
  const cloud: Partial<Cloud> = {
    name: managed ? "aws" : "local",
    providers: [],
    region: managed ? "us-east-1" : undefined,
    postgres: (_parent, _name, spec) => {
      asked.postgres.push(spec);
      return { ...store("postgres"), adminSecretKey: pulumi.output("rds!db-1"), caCertificate: "root" };
    },
    redis: (_parent, _name, spec) => {
      asked.redis.push(spec);
      return store("redis");
    },
    kafka: (_parent, _name, spec) => {
      asked.kafka.push(spec);
      return kafka(spec);
    },
    identity: (_parent, _name, spec) => {
      asked.identities.push(spec);
      return { serviceAccountAnnotations: { "cloud/identity": "a" }, principal: undefined, ready: [] };
    },
    objectStore: (_parent, _name, spec) => {
      asked.objectStores.push(spec);
      return {
        bucket: pulumi.output(`bucket-${spec.purpose}`),
        reference: pulumi.output(`arn:aws:s3:::bucket-${spec.purpose}`),
        region: "us-east-1",
        endpoint: managed ? undefined : "http://object-store.object-store.svc.cluster.local:7070",
        credentialsSecret: managed ? undefined : "object-store-credentials",
        ready: [],
      };
    },
    backup: (_parent, _name, spec) => {
      asked.backups.push(spec);
      return { vault: managed ? pulumi.output("vault") : undefined };
    },
  };
  return cloud as Cloud;
}

export function store(kind: "postgres" | "redis"): StoreOutputs {
  return {
    kind,
    host: pulumi.output(`${kind}.example`),
    port: kind === "postgres" ? 5432 : 6379,
    tls: true,
    auth: { kind: "cloud-identity", userName: (user) => user },
    caSecret: undefined,
    reference: pulumi.output(`${kind}-reference`),
    namespace: undefined,
    adminSecretKey: undefined,
    ready: [],
  };
}

function kafka({ topics }: ManagedKafkaSpec): KafkaOutputs {
  return {
    bootstrapServers: pulumi.output("b-1.example:9098"),
    protocol: "SASL_SSL",
    auth: { kind: "cloud-identity", userName: (user) => user },
    caSecret: undefined,
    reference: pulumi.output("kafka-reference"),
    namespace: undefined,
    topics,
    ready: [],
  };
}

/** The one Kubernetes object of a kind with that `metadata.name`. */
export function objectOf({ resources }: Recording, kind: string, name: string): RecordedResource {
  const found = resources.filter(
    ({ type, inputs }) =>
      type.startsWith("kubernetes:") &&
      type.endsWith(`:${kind}`) &&
      (inputs.metadata as { name?: string } | undefined)?.name === name,
  );
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} objects ${kind} ${name}`);
  return found[0];
}

/** Kinds of the Kubernetes objects that were made, each once, in order. */
export function kindsOf({ resources }: Recording): string[] {
  const kinds = resources
    .filter(({ type, name }) => type.startsWith("kubernetes:") && !name.endsWith("-ready"))
    .map(({ type }) => type.slice(type.lastIndexOf(":") + 1));
  return [...new Set(kinds)].sort();
}
