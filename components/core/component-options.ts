import type * as pulumi from "@pulumi/pulumi";

/** The parts of a component's arguments that bring explicit providers. */
export interface ProviderSources {
  readonly cloud: { readonly providers: readonly pulumi.ProviderResource[] };
  readonly cluster?: { readonly provider: pulumi.ProviderResource };
}

/** Options of a component whose children find the cloud's providers and, once there is one, the cluster's. */
export function withProviders(
  sources: ProviderSources,
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.ComponentResourceOptions {
  const inCluster = sources.cluster === undefined ? [] : [sources.cluster.provider];
  return { providers: [...sources.cloud.providers, ...inCluster], ...opts };
}
