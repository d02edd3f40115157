import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { tags } from "../../core/labels.ts";
import type { SecretOutputs, SecretSpec, SecretStoreOutputs, SecretStoreSpec } from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";

/** Days in which a deleted secret can be brought back, where data is protected. */
const recoveryWindowDays = 30;

/** Prefix of the platform's secrets, `<project>/<stack>/`; roles may read under it only. */
export function secretPrefix(context: PlatformContext): string {
  return `${context.project}/${context.stack}/`;
}

/** How External Secrets reads AWS Secrets Manager: with the identity of its own pod, so nothing stands here. */
export function createSecretStore(
  _parent: pulumi.ComponentResource,
  _name: string,
  spec: SecretStoreSpec,
  environment: AwsEnvironment,
): SecretStoreOutputs {
  return {
    provider: { aws: { service: "SecretsManager", region: environment.region } },
    prefix: secretPrefix(spec.context),
    // RDS names its administrators' secrets itself; those of other stacks are under keys that this one cannot use.
    databaseSecrets: [databaseSecrets(environment)],
    ready: [],
  };
}

function databaseSecrets({ partition, region, accountId }: AwsEnvironment): pulumi.Output<string> {
  return pulumi.interpolate`arn:${partition}:secretsmanager:${region}:${accountId}:secret:rds!db-*`;
}

/** A secret without a value: people or rotation fill it, and Pulumi never sees what is inside. */
export function createSecret(
  parent: pulumi.ComponentResource,
  name: string,
  spec: SecretSpec,
): SecretOutputs {
  const { context } = spec;
  const secret = new aws.secretsmanager.Secret(
    `${name}-secret`,
    {
      name: `${secretPrefix(context)}${spec.secretName}`,
      description: spec.description,
      kmsKeyId: spec.encryption.key,
      // Elsewhere a stack must be able to come back under the same names at once.
      recoveryWindowInDays: context.protectData ? recoveryWindowDays : 0,
      tags: tags(context, "secrets", `${name}-secret`),
    },
    { parent, protect: context.protectData },
  );
  return { remoteKey: secret.name };
}
