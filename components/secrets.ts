import * as pulumi from "@pulumi/pulumi";
import type { Cloud, ClusterOutputs, EncryptionOutputs, SecretOutputs } from "./clouds/contract.ts";
import { withProviders } from "./core/component-options.ts";
import type { PlatformContext } from "./core/context.ts";
import { createSecretsOperator } from "./kubernetes/secrets-operator.ts";

/** Secrets of the platform itself, filled by people or by rotation: what each holds, property by property. */
export const platformSecrets = {
  pagerduty: "Integration key of the on-call service in PagerDuty: { routing-key }",
  slack: "Incoming webhook of the warnings channel in Slack: { webhook-url }",
} as const;
export type PlatformSecretName = keyof typeof platformSecrets;

export interface SecretsArgs {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly encryption: EncryptionOutputs;
  readonly cluster: ClusterOutputs;
}

export interface SecretsOutputs {
  /** Name of the ClusterSecretStore to which every ExternalSecret refers. */
  readonly storeName: string;
  /** Prefix of the platform's secrets in the cloud's store, `llm-marketplace/<stack>/`. */
  readonly prefix: string;
  /** Where each secret of the platform is found. */
  readonly platform: Readonly<Record<PlatformSecretName, SecretOutputs>>;
  /** ExternalSecrets and generators depend on these: the operator's kinds exist and its store answers. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * Brings secrets from the cloud's secret store into the cluster, so that no secret is in configuration, plan or state.
 *
 * Creates: the External Secrets operator with an identity that reads the platform's prefix only, the
 * ClusterSecretStore `platform`, and the platform's own secrets, empty. On local the store is inside the cluster.
 *
 * Does not create: values; other components' secrets (they call `createExternalSecret` or `createGeneratedSecret`).
 * Cost: the cloud's price per secret and month, two secrets. Replaces: nothing.
 * Throws: nothing of its own.
 *
 * Example: `new Secrets("secrets", { context, cloud, encryption, cluster })`
 */
export class Secrets extends pulumi.ComponentResource implements SecretsOutputs {
  readonly storeName: string;
  readonly prefix: string;
  readonly platform: Readonly<Record<PlatformSecretName, SecretOutputs>>;
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: SecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:secrets:Secrets", name, {}, withProviders(args, opts));
    const { context, cloud, cluster, encryption } = args;

    const store = cloud.secretStore(this, name, { context, cluster, encryption });
    const operator = createSecretsOperator(this, name, { ...args, store });

    this.storeName = operator.storeName;
    this.prefix = store.prefix;
    this.platform = buildPlatformSecrets(this, name, args);
    this.ready = operator.ready;
    this.registerOutputs({ storeName: this.storeName, prefix: this.prefix });
  }
}

function buildPlatformSecrets(
  parent: pulumi.ComponentResource,
  name: string,
  { context, cloud, encryption }: SecretsArgs,
): Record<PlatformSecretName, SecretOutputs> {
  const build = (secretName: PlatformSecretName) =>
    cloud.secret(parent, `${name}-${secretName}`, {
      context,
      encryption,
      secretName,
      description: platformSecrets[secretName],
    });
  return {
    pagerduty: build("pagerduty"),
    slack: build("slack"),
  };
}
