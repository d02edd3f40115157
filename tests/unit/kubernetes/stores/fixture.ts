/** What the neutral components hand to the in-cluster stores, in the smallest form that the stores read. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type {
  Cloud,
  ClusterOutputs,
  IdentitySpec,
  ObjectStoreOutputs,
} from "../../../../components/clouds/contract.ts";
import type { PlatformContext } from "../../../../components/core/context.ts";
import type {
  InClusterStoreSpec,
  StoreBackupSpec,
  StoreClient,
} from "../../../../components/kubernetes/stores-contract.ts";
import { type RecordedResource, type Recording, recordResources } from "../../../support/record.ts";

export const context: PlatformContext = {
  project: "llm-marketplace",
  stack: "test",
  environment: "production",
  owner: "platform",
  costCentre: "marketplace",
  domain: "marketplace.example",
  protectData: true,
};

const memoryPool = {
  name: "memory",
  instanceType: "r5.xlarge",
  onDemand: { minimum: 3, maximum: 6 },
  diskGiB: 50,
  zonal: true,
  taint: { key: "llm-marketplace.io/pool", value: "memory" },
} as const;

export interface Fixture {
  readonly spec: InClusterStoreSpec;
  readonly parent: pulumi.ComponentResource;
  readonly backup: StoreBackupSpec;
  /** Identities that the store asked for. */
  readonly identities: IdentitySpec[];
}

export interface FixtureOptions {
  readonly members: 1 | 3;
  readonly memoryPool?: boolean;
  readonly clients?: readonly StoreClient[];
  readonly namespace?: string;
  /** An object store inside the cluster, reached with keys, in place of the cloud's. */
  readonly localObjectStore?: boolean;
}

class Tier extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:test:Tier", name, {}, opts);
    this.registerOutputs({});
  }
}

/** Records what `build` makes of the fixture. */
export async function recordStore(
  options: FixtureOptions,
  build: (fixture: Fixture) => unknown,
): Promise<Recording> {
  return recordResources(() => {
    build(fixture(options));
  });
}

function fixture(options: FixtureOptions): Fixture {
  const provider = new k8s.Provider("kubernetes", { kubeconfig: "{}" });
  const parent = new Tier("tier", { providers: [provider] });
  const namespaceName = options.namespace ?? "data";
  const namespace = new k8s.core.v1.Namespace("namespace", { metadata: { name: namespaceName } }, { parent });
  const secrets = new k8s.core.v1.ConfigMap("secrets-ready", { metadata: { name: "a" } }, { parent });
  const identities: IdentitySpec[] = [];
  return {
    parent,
    identities,
    backup: { objectStore: objectStore(options.localObjectStore ?? false), retentionDays: 30 },
    spec: {
      context,
      cloud: cloud(identities),
      cluster: cluster(provider, options.memoryPool ?? false),
      encryption: { key: undefined, recoveryKey: undefined },
      secrets: { ready: [secrets] } as unknown as InClusterStoreSpec["secrets"],
      mesh: { ready: [] } as unknown as InClusterStoreSpec["mesh"],
      namespace: { name: namespaceName, output: namespace.metadata.name },
      members: options.members,
      storageGiB: 20,
      storageClass: "ssd",
      clients: options.clients ?? [
        { namespace: "llm-marketplace", podLabels: { "app.kubernetes.io/name": "discovery" } },
      ],
    },
  };
}

function cluster(provider: pulumi.ProviderResource, hasMemoryPool: boolean): ClusterOutputs {
  return {
    name: pulumi.output("test"),
    kubeconfig: pulumi.output("{}"),
    provider,
    workloadFirewallId: undefined,
    identityIssuer: pulumi.output(""),
    pools: hasMemoryPool ? [memoryPool] : [],
    ready: [],
  };
}

/** Only what a store may ask of a cloud. */
function cloud(identities: IdentitySpec[]): Cloud {
  const identity: Cloud["identity"] = (_parent, _name, spec) => {
    identities.push(spec);
    return {
      serviceAccountAnnotations: { "cloud/identity": `${spec.namespace}/${spec.serviceAccount}` },
      principal: undefined,
      ready: [],
    };
  };
  return { name: "aws", identity } as unknown as Cloud;
}

function objectStore(local: boolean): ObjectStoreOutputs {
  return {
    bucket: pulumi.output("backups"),
    reference: pulumi.output("arn:aws:s3:::backups"),
    region: "us-east-1",
    endpoint: local ? "http://object-store.storage.svc.cluster.local:9000" : undefined,
    credentialsSecret: local ? "object-store-credentials" : undefined,
    ready: [],
  };
}

/** The `spec` of the one object of a kind with that name. */
export function specOf(recording: Recording, kind: string, name: string): Record<string, unknown> {
  return objectOf(recording, kind, name).inputs.spec as Record<string, unknown>;
}

export function objectOf(recording: Recording, kind: string, name: string): RecordedResource {
  const found = recording.resources.filter(
    ({ type, inputs }) =>
      type.endsWith(`:${kind}`) && (inputs.metadata as { name?: string } | undefined)?.name === name,
  );
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} objects ${kind} ${name}`);
  return found[0];
}
