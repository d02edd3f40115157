import type * as pulumi from "@pulumi/pulumi";
import type { Cloud, ClusterOutputs, DnsOutputs, EncryptionOutputs } from "../clouds/contract.ts";
import type { PlatformContext } from "../core/context.ts";
import { containerResources } from "../core/footprint.ts";
import { physicalName } from "../core/naming.ts";
import { createNamespace } from "./namespace.ts";
import { namespaces } from "./places.ts";
import { createRelease } from "./release.ts";

export interface ExternalDnsSpec {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  readonly dns: DnsOutputs;
  readonly zoneId: pulumi.Output<string>;
  /** The mesh's kinds: external-dns reads host names from Gateway objects. */
  readonly mesh: readonly pulumi.Resource[];
}

const component = "edge";
const serviceAccount = "external-dns";

/** external-dns's own names of the clouds. */
const providerNames = { aws: "aws", gcp: "google", azure: "azure", local: undefined } as const;

/** Keeps the records of the platform's gateways in the zone, and nothing else in it. */
export function createExternalDns(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ExternalDnsSpec,
): void {
  const { context, cloud, cluster, encryption, dns } = spec;
  const namespace = createNamespace(parent, namespaces.dns, {
    context,
    component,
    podSecurity: "restricted",
    mesh: false,
    traffic: { apiServer: true, cloud: true, metricsPorts: [7979] },
  });
  const identity = cloud.identity(parent, `${name}-external-dns`, {
    context,
    cluster,
    encryption,
    namespace: namespaces.dns,
    serviceAccount,
    grants: [{ to: "dns", dns }],
  });
  createRelease(
    parent,
    `${name}-external-dns`,
    {
      context,
      chart: "external-dns",
      namespace: namespace.metadata.name,
      values: {
        provider: { name: providerNames[cloud.name] },
        sources: ["istio-gateway"],
        // Removes what it made itself; the owner id tells its records from others' in the same zone.
        policy: "sync",
        registry: "txt",
        txtOwnerId: physicalName(context, "dns"),
        domainFilters: [context.domain],
        extraArgs: { "zone-id-filter": spec.zoneId },
        priorityClassName: "platform-critical",
        serviceAccount: {
          create: true,
          name: serviceAccount,
          annotations: identity.serviceAccountAnnotations,
        },
        resources: containerResources("external-dns", context.environment),
        serviceMonitor: { enabled: false },
      },
    },
    { dependsOn: [...spec.mesh, ...identity.ready] },
  );
}
