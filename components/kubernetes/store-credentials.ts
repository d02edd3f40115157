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
 * Names of a store's secrets as the service sees them: a store inside the cluster keeps its own in its own namespace,
 * and the service has a copy in one secret, `<service>-<store>`.
 */
export function storeSecrets(use: StoreUse, service: string): StoreSecrets {
  const { auth, caSecret, namespace } = use;
  const copy = namespace === undefined ? undefined : `${service}-${use.kind}`;
  return {
    credentials: auth.kind === "cloud-identity" ? undefined : (copy ?? auth.secretName(service)),
    authority: caSecret === undefined ? undefined : (copy ?? caSecret),
  };
}

/** Copies the service's own credentials, and nobody else's, out of the namespaces of stores inside the cluster. */
export function createStoreCredentials(
  parent: pulumi.ComponentResource,
  name: string,
  spec: StoreCredentialsSpec,
): pulumi.Resource[] {
  const { context, service, namespace } = spec;
  return storeUses(service, spec).flatMap((use) => {
    if (use.namespace === undefined) return [];
    const copy = `${service.name}-${use.kind}`;
    return createSecretCopies(parent, `${name}-${use.kind}`, {
      context,
      component: serviceComponent,
      reader: `${copy}-reader`,
      from: use.namespace,
      to: namespace,
      secrets: copiedKeys(use, service.name),
      into: copy,
      dependsOn: [...spec.ready, ...use.ready],
    });
  });
}

/** What is copied of a store: names of its secrets with the keys that a client needs. */
function copiedKeys({ auth, caSecret }: StoreUse, service: string): Record<string, string[]> {
  const credentials = { password: ["username", "password"], "client-certificate": ["user.crt", "user.key"] };
  return {
    ...(auth.kind === "cloud-identity" ? {} : { [auth.secretName(service)]: credentials[auth.kind] }),
    ...(caSecret === undefined ? {} : { [caSecret]: ["ca.crt"] }),
  };
}
