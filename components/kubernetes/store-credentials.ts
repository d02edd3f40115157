import type * as pulumi from "@pulumi/pulumi";
import { createSecretCopies } from "./secret-copies.ts";
import { type ServicePart, serviceComponent } from "./service-names.ts";
import { type PlatformStores, type StoreUse, storeUses } from "./service-stores.ts";

export interface StoreCredentialsSpec extends ServicePart, PlatformStores {
  /** The secrets operator. */
  readonly ready: readonly pulumi.Resource[];
}

/** Where a service finds what it needs to enter a store; the keys are the same wherever they come from. */
export interface StoreSecrets {
  /** Secret with `password`, or with `user.crt` and `user.key`; undefined with a cloud identity. */
  readonly credentials: string | undefined;
  /** Secret with `ca.crt`. */
  readonly authority: string | undefined;
}

/**
 * Names of a store's secrets as a workload sees them: a store inside the cluster keeps its own in its own namespace,
 * and the workload, a service or its migration, has a copy in one secret, `<workload>-<store>`.
 */
export function storeSecrets(use: StoreUse, workload: string): StoreSecrets {
  const { auth, caSecret, namespace } = use;
  const copy = namespace === undefined ? undefined : `${workload}-${use.kind}`;
  return {
    credentials: auth.kind === "cloud-identity" ? undefined : (copy ?? auth.secretName(use.user)),
    authority: caSecret === undefined ? undefined : (copy ?? caSecret),
  };
}

/** Copies the service's own credentials, and nobody else's, out of the namespaces of stores inside the cluster. */
export function createStoreCredentials(
  parent: pulumi.ComponentResource,
  name: string,
  spec: StoreCredentialsSpec,
): pulumi.Resource[] {
  return copyCredentials(
    parent,
    name,
    { ...spec, workload: spec.service.name },
    storeUses(spec.service, spec),
  );
}

/** Copies a workload's credentials of these stores into the workload's own secrets. */
export function copyCredentials(
  parent: pulumi.ComponentResource,
  name: string,
  spec: StoreCredentialsSpec & { readonly workload: string },
  uses: readonly StoreUse[],
): pulumi.Resource[] {
  const { context, namespace } = spec;
  return uses.flatMap((use) => {
    if (use.namespace === undefined) return [];
    const copy = `${spec.workload}-${use.kind}`;
    return createSecretCopies(parent, `${name}-${use.kind}`, {
      context,
      component: serviceComponent,
      reader: `${copy}-reader`,
      from: use.namespace,
      to: namespace,
      secrets: copiedKeys(use),
      into: copy,
      dependsOn: [...spec.ready, ...use.ready],
    });
  });
}

/** What is copied of a store: names of its secrets with the keys that a client needs. */
function copiedKeys({ auth, caSecret, user }: StoreUse): Record<string, string[]> {
  const credentials = { password: ["username", "password"], "client-certificate": ["user.crt", "user.key"] };
  return {
    ...(auth.kind === "cloud-identity" ? {} : { [auth.secretName(user)]: credentials[auth.kind] }),
    ...(caSecret === undefined ? {} : { [caSecret]: ["ca.crt"] }),
  };
}
