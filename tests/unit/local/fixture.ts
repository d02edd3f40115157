/** The local cloud with what stands before the parts under test. */
import * as pulumi from "@pulumi/pulumi";
import type { Cloud, ClusterOutputs } from "../../../components/clouds/contract.ts";
import { create } from "../../../components/clouds/local/index.ts";
import type { PlatformContext } from "../../../components/core/context.ts";
import type { LocalTarget } from "../../../config/settings-types.ts";
import { type Recording, recordResources } from "../../support/record.ts";

export const context: PlatformContext = {
  project: "llm-marketplace",
  stack: "local",
  environment: "local",
  owner: "platform",
  costCentre: "marketplace",
  domain: "market.localhost.test",
  protectData: false,
};

export const target: LocalTarget = {
  cloud: "local",
  kubeContext: "kind-llm-marketplace",
  storageProvisioner: "rancher.io/local-path",
  registry: "localhost:5001",
};

export const encryption = { key: undefined, recoveryKey: undefined };

/** A component to be the parent of what the cloud makes. */
export class Part extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:test:Part", name, {}, opts);
    this.registerOutputs({});
  }
}

export interface Laptop {
  readonly cloud: Cloud;
  readonly part: (name: string) => Part;
  readonly cluster: (parent: Part) => ClusterOutputs;
}

export function recordLocal(build: (laptop: Laptop) => Record<string, unknown>): Promise<Recording> {
  return recordResources(
    () => {
      const cloud = create({ context, target });
      const part = (name: string) => new Part(name, { providers: [...cloud.providers] });
      const cluster = (parent: Part) =>
        cloud.cluster(parent, "cluster", {
          context,
          network: network(cloud, parent),
          encryption,
          kubernetesVersion: "1.36",
          pools: [],
          apiAccess: { mode: "private" },
          auditLogRetentionDays: 1,
          administrators: [],
        });
      return build({ cloud, part, cluster });
    },
    { stack: "local" },
  );
}

export function network(cloud: Cloud, parent: Part) {
  return cloud.network(parent, "network", {
    context,
    cidr: "10.0.0.0/16",
    zones: ["local"],
    nat: "none",
    flowLogRetentionDays: 0,
    interfaceEndpoints: [],
    encryption,
  });
}
