import * as pulumi from "@pulumi/pulumi";
import type { Cloud, EncryptionOutputs, RegistryOutputs } from "./clouds/contract.ts";
import { withProviders } from "./core/component-options.ts";
import type { PlatformContext } from "./core/context.ts";

export interface RegistryArgs {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly encryption: EncryptionOutputs;
  /** Names of the services, one repository each. Removing one removes its images. */
  readonly repositories: readonly string[];
  /** Images kept per repository, the newest first. Default: 50. Bounds: 1 to 1000. */
  readonly keepImages?: number;
}

/** Enough for a year of weekly releases, so that any of them can be rolled back to. */
const defaultKeepImages = 50;

/**
 * Where the services' images are.
 *
 * **Creates**: a private repository a service, with tags that never change their image, a scan of every push,
 * encryption under the platform's key, and an end for old images. On local: nothing, images come from the
 * configured registry.
 * **Does not create**: images; the services' pipelines push them.
 * **Cost**: $0.10 per GB and month (AWS list price, us-east-1, 2026-11).
 * **Replaces**: a repository when its service is renamed or the key changes.
 * **Throws**: nothing.
 *
 * **Example**: `new Registry("registry", { context, cloud, encryption, repositories: ["publishing"] })`
 */
export class Registry extends pulumi.ComponentResource implements RegistryOutputs {
  readonly repositoryUrls: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: RegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:registry:Registry", name, {}, withProviders(args, opts));
    const { cloud, keepImages = defaultKeepImages, ...spec } = args;
    const { repositoryUrls } = cloud.registry(this, name, { ...spec, keepImages });

    this.repositoryUrls = repositoryUrls;
    this.registerOutputs({ repositoryUrls });
  }
}
