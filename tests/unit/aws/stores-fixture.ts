/** What the AWS functions of the stores are handed: two environments, a network and a cluster that exist already. */
import * as aws from "@pulumi/aws";
import * as eks from "@pulumi/eks";
import * as pulumi from "@pulumi/pulumi";
import type { AwsEnvironment } from "../../../components/clouds/aws/environment.ts";
import type {
  ClusterOutputs,
  EncryptionOutputs,
  KafkaOutputs,
  NetworkOutputs,
  StoreOutputs,
} from "../../../components/clouds/contract.ts";
import type { PlatformContext } from "../../../components/core/context.ts";
import { type Recording, recordResources } from "../../support/record.ts";

const shared = {
  project: "llm-marketplace",
  owner: "platform",
  costCentre: "marketplace",
  domain: "market.example.com",
};
export const production: PlatformContext = {
  ...shared,
  stack: "production",
  environment: "production",
  protectData: true,
};
export const dev: PlatformContext = { ...shared, stack: "dev", environment: "dev", protectData: false };

export const key = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-a111-111111111111";
export const recoveryKey = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-4222-a222-222222222222";

export interface StoreFixture {
  readonly context: PlatformContext;
  readonly parent: pulumi.ComponentResource;
  readonly environment: AwsEnvironment;
  readonly encryption: EncryptionOutputs;
  readonly network: NetworkOutputs;
  readonly cluster: ClusterOutputs;
}

class Tier extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:test:Tier", name, {}, opts);
    this.registerOutputs({});
  }
}

/** Records what `build` makes; what it returns are the stack's outputs. */
export function recordStore(
  context: PlatformContext,
  build: (fixture: StoreFixture) => Record<string, unknown> | undefined,
): Promise<Recording> {
  return recordResources(async () => withoutUndefined(build(fixture(context)) ?? {}), {
    stack: context.stack,
  });
}

/** The SDK warns of outputs without a value. */
function withoutUndefined(outputs: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== undefined));
}

function fixture(context: PlatformContext): StoreFixture {
  const provider = new aws.Provider("aws", { region: "us-east-1" });
  const zones = ["us-east-1a", "us-east-1b", "us-east-1c"];
  const subnets = (tier: string) => zones.map((zone) => pulumi.output(`subnet-${tier}-${zone}`));
  return {
    context,
    parent: new Tier("tier", { providers: [provider] }),
    environment: {
      context,
      region: "us-east-1",
      recoveryRegion: "us-west-2",
      accountId: pulumi.output("123456789012"),
      partition: "aws",
      provider,
      recoveryProvider: new aws.Provider("aws-recovery", { region: "us-west-2" }),
      eksProvider: new eks.Provider("eks"),
    },
    encryption: { key: pulumi.output(key), recoveryKey: pulumi.output(recoveryKey) },
    network: {
      id: pulumi.output("vpc-1"),
      cidr: "10.20.0.0/16",
      zones,
      publicSubnetIds: subnets("public"),
      privateSubnetIds: subnets("private"),
      dataSubnetIds: subnets("data"),
      egressAddresses: [],
    },
    cluster: {
      name: pulumi.output("llm-marketplace-production"),
      kubeconfig: pulumi.output("{}"),
      provider,
      workloadFirewallId: pulumi.output("sg-nodes"),
      identityIssuer: pulumi.output(""),
      pools: [],
      ready: [],
    },
  };
}

/** A store that is there already, as alarms and backups are handed it. */
export function managedStore(kind: "postgres" | "redis", managed: StoreOutputs["managed"]): StoreOutputs {
  return {
    kind,
    host: pulumi.output(`${kind}.example`),
    port: 1,
    tls: true,
    auth: { kind: "cloud-identity", userName: (user) => user },
    caSecret: undefined,
    reference: pulumi.output(`${kind}-reference`),
    managed,
    namespace: undefined,
    adminSecretKey: undefined,
    ready: [],
  };
}

/** A store inside the cluster: the cloud knows nothing of it. */
export function inClusterStore(kind: "postgres" | "redis"): StoreOutputs {
  return { ...managedStore(kind, undefined), reference: undefined, namespace: "data" };
}

export function kafka(managed: KafkaOutputs["managed"]): KafkaOutputs {
  return {
    bootstrapServers: pulumi.output("b-1.example:9098"),
    protocol: "SASL_SSL",
    auth: { kind: "cloud-identity", userName: (user) => user },
    caSecret: undefined,
    reference: managed === undefined ? undefined : pulumi.output("kafka-reference"),
    managed,
    namespace: managed === undefined ? "messaging" : undefined,
    topics: [],
    ready: [],
  };
}

/** Tags that every resource of a component carries in a stack. */
export function tagsOf(context: PlatformContext, component: string, name: string): Record<string, string> {
  return {
    Name: `llm-marketplace-${context.stack}-${name}`,
    Project: "llm-marketplace",
    Stack: context.stack,
    Environment: context.environment,
    Component: component,
    Owner: "platform",
    CostCentre: "marketplace",
    ManagedBy: "pulumi",
  };
}
