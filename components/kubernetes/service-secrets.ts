import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Cloud, EncryptionOutputs } from "../clouds/contract.ts";
import { labels } from "../core/labels.ts";
import type { Secrets } from "../secrets.ts";
import { createExternalSecret } from "./external-secrets.ts";
import { type ServicePart, serviceComponent, serviceNames } from "./service-names.ts";
import { type PlatformStores, storeUses } from "./service-stores.ts";

export interface ServiceSecretsSpec extends ServicePart {
  readonly cloud: Cloud;
  readonly encryption: EncryptionOutputs;
  readonly secrets: Secrets;
}

/** Secrets that a service reads from the cloud's secret store: the keys of its providers, where it calls some. */
export function createServiceSecrets(
  parent: pulumi.ComponentResource,
  name: string,
  { context, service, namespace, cloud, encryption, secrets }: ServiceSecretsSpec,
): pulumi.Resource[] {
  if (service.egress !== "providers") return [];
  const { providersSecret: secretName } = serviceNames(service.name);
  const providers = cloud.secret(parent, `${name}-providers`, {
    context,
    encryption,
    secretName,
    description: `API keys of the model providers that ${service.name} calls: { <provider>: key }`,
  });
  return [
    createExternalSecret(
      parent,
      `${name}-providers`,
      { context, component: serviceComponent, namespace, secretName, remoteKey: providers.remoteKey },
      { dependsOn: [...secrets.ready] },
    ),
  ];
}

/** Root certificates of managed stores that neither are public nor lie in a secret: one key a store, `postgres.crt`. */
export function createStoreRoots(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ServicePart & PlatformStores,
): pulumi.Resource[] {
  const { context, service, namespace } = spec;
  const roots = storeUses(service, spec).flatMap(({ kind, caCertificate }) =>
    caCertificate === undefined ? [] : [[`${kind}.crt`, caCertificate] as const],
  );
  if (roots.length === 0) return [];
  return [
    new kubernetes.core.v1.ConfigMap(
      `${name}-store-roots`,
      {
        metadata: {
          name: serviceNames(service.name).storeRoots,
          namespace,
          labels: labels(context, serviceComponent, service.name),
        },
        data: Object.fromEntries(roots),
      },
      { parent },
    ),
  ];
}
