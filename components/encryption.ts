import * as pulumi from "@pulumi/pulumi";
import type { Cloud, EncryptionOutputs } from "./clouds/contract.ts";
import { withProviders } from "./core/component-options.ts";
import type { PlatformContext } from "./core/context.ts";

export interface EncryptionArgs {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  /** Whether copies of data are kept in the recovery region, which then has a key of its own. */
  readonly recovery: boolean;
}

/**
 * The platform's own key, under which everything that holds data is encrypted.
 *
 * **Creates**: a customer key with yearly rotation and an alias; with `recovery` another in the recovery region.
 * **Does not create**: rights to use it; identities bring theirs, and only through the service that holds the data.
 * On local there is no key.
 * **Cost**: about $1 a key and month, and $0.03 per 10,000 uses (AWS list price, us-east-1, 2026-11).
 * **Replaces**: nothing; a key is never replaced, since what it encrypts would be lost.
 * **Throws**: nothing.
 *
 * **Example**: `new Encryption("encryption", { context, cloud, recovery: true })`
 */
export class Encryption extends pulumi.ComponentResource implements EncryptionOutputs {
  readonly key: pulumi.Output<string> | undefined;
  readonly recoveryKey: pulumi.Output<string> | undefined;

  constructor(name: string, args: EncryptionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:encryption:Encryption", name, {}, withProviders(args, opts));
    const { context, cloud, recovery } = args;
    const { key, recoveryKey } = cloud.encryption(this, name, { context, recovery });

    this.key = key;
    this.recoveryKey = recoveryKey;
    this.registerOutputs({ key, recoveryKey });
  }
}
