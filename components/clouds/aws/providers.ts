import * as aws from "@pulumi/aws";
import * as eks from "@pulumi/eks";
import * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../../../config/settings-types.ts";
import type { PlatformContext } from "../../core/context.ts";
import { type AwsEnvironment, partitionOf } from "./environment.ts";

export interface ProvidersArgs {
  readonly context: PlatformContext;
  readonly target: AwsTarget;
}

/**
 * The explicit providers of an AWS stack; default providers are disabled, so nothing can end up in another region
 * or account by accident.
 *
 * **Creates**: an AWS provider for the region, one for the recovery region, and the EKS provider that the remote
 * component `eks.Cluster` wants.
 * **Does not create**: the Kubernetes provider, which the cluster makes; default tags, because every resource
 * carries its own (`tags()`), which guardrails can see.
 * **Replaces**: changing the region replaces everything; it is a new platform.
 */
export class Providers extends pulumi.ComponentResource {
  readonly environment: AwsEnvironment;

  constructor(name: string, args: ProvidersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:clouds:Providers", name, {}, opts);
    const { region, drRegion } = args.target;
    const provider = new aws.Provider(`${name}-aws`, { region }, { parent: this });
    const caller = aws.getCallerIdentityOutput({}, { parent: this, provider });
    this.environment = {
      context: args.context,
      region,
      recoveryRegion: drRegion,
      accountId: caller.accountId,
      partition: partitionOf(region),
      provider,
      recoveryProvider: new aws.Provider(`${name}-aws-recovery`, { region: drRegion }, { parent: this }),
      eksProvider: new eks.Provider(`${name}-eks`, {}, { parent: this }),
    };
    this.registerOutputs({ region, recoveryRegion: drRegion });
  }
}
