/** An AWS stack for tests: its context, its cloud, and the parts most tests need, each the smallest that works. */
import { create } from "../../../components/clouds/aws/index.ts";
import type {
  Cloud,
  ClusterOutputs,
  EncryptionOutputs,
  NetworkOutputs,
  NodePoolSpec,
} from "../../../components/clouds/contract.ts";
import { Cluster, type ClusterArgs } from "../../../components/cluster.ts";
import type { PlatformContext } from "../../../components/core/context.ts";
import { Encryption } from "../../../components/encryption.ts";
import { Network, type NetworkArgs } from "../../../components/network.ts";
import { plain } from "../../../simulator/properties.ts";
import type { RecordedResource } from "../../support/record.ts";

export const context: PlatformContext = {
  project: "llm-marketplace",
  stack: "test",
  environment: "dev",
  owner: "platform",
  costCentre: "marketplace",
  domain: "test.market.example.com",
  protectData: false,
};

/** The same stack where data is protected. */
export const protectedContext: PlatformContext = { ...context, environment: "production", protectData: true };

export const zones = ["us-east-1a", "us-east-1b", "us-east-1c"];
export const account = "123456789012";

export const generalPool: NodePoolSpec = {
  name: "general",
  instanceType: "t3.xlarge",
  onDemand: { minimum: 1, maximum: 2 },
  diskGiB: 50,
  zonal: false,
};

export function createAws(using: PlatformContext = context): Cloud {
  return create({ context: using, target: { cloud: "aws", region: "us-east-1", drRegion: "us-west-2" } });
}

export interface Foundation {
  readonly cloud: Cloud;
  readonly encryption: EncryptionOutputs;
  readonly network: NetworkOutputs;
  readonly cluster: ClusterOutputs;
}

export interface FoundationChanges {
  readonly context?: PlatformContext;
  readonly recovery?: boolean;
  readonly network?: Partial<NetworkArgs>;
  readonly cluster?: Partial<ClusterArgs>;
}

export function createEncryptionAndNetwork(changes: FoundationChanges = {}): Omit<Foundation, "cluster"> {
  const using = changes.context ?? context;
  const cloud = createAws(using);
  const common = { context: using, cloud };
  const encryption = new Encryption("encryption", { ...common, recovery: changes.recovery ?? false });
  const network = new Network("network", {
    ...common,
    encryption,
    cidr: "10.20.0.0/16",
    zones,
    nat: "per-zone",
    flowLogRetentionDays: 30,
    interfaceEndpoints: [],
    ...changes.network,
  });
  return { cloud, encryption, network };
}

export function createFoundation(changes: FoundationChanges = {}): Foundation {
  const base = createEncryptionAndNetwork(changes);
  const cluster = new Cluster("cluster", {
    ...base,
    context: changes.context ?? context,
    kubernetesVersion: "1.36",
    pools: [generalPool],
    apiAccess: { mode: "private" },
    auditLogRetentionDays: 90,
    administrators: [],
    ...changes.cluster,
  });
  return { ...base, cluster };
}

/** Arguments of a resource without the engine's marks. */
export function inputsOf(resource: RecordedResource): Record<string, unknown> {
  return plain(resource.inputs) as Record<string, unknown>;
}

interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: unknown;
}

/** The statements of a policy, from the argument that holds it. */
export function statementsOf(resource: RecordedResource, argument = "policy"): readonly PolicyStatement[] {
  const document = JSON.parse(String(inputsOf(resource)[argument])) as {
    readonly Version: string;
    readonly Statement: readonly PolicyStatement[];
  };
  return document.Statement;
}

/** The tags every resource of the stack carries. */
export function expectedTags(component: string, name: string, using: PlatformContext = context) {
  return {
    Name: `llm-marketplace-test-${name}`,
    Project: "llm-marketplace",
    Stack: "test",
    Environment: using.environment,
    Component: component,
    Owner: "platform",
    CostCentre: "marketplace",
    ManagedBy: "pulumi",
  };
}
