import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { LocalTarget } from "../../../config/settings-types.ts";
import type { PlatformContext } from "../../core/context.ts";
import type { LocalEnvironment } from "./environment.ts";

export interface ProvidersArgs {
  readonly context: PlatformContext;
  readonly target: LocalTarget;
}

/**
 * The explicit provider of a local stack: the cluster behind one context of the user's own kubeconfig.
 *
 * **Creates**: a Kubernetes provider that names the context; the file itself stays where it is and never enters
 * the state.
 * **Does not create**: the cluster (`kind create cluster`, `k3d cluster create`).
 * **Cost**: none.
 * **Replaces**: changing the context is a new platform.
 *
 * **Example**: `new Providers("providers", { context, target: { cloud: "local", kubeContext: "kind-kind", … } })`
 */
export class Providers extends pulumi.ComponentResource {
  readonly environment: LocalEnvironment;

  constructor(name: string, args: ProvidersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:clouds:Providers", name, {}, opts);
    const { context, target } = args;
    const provider = new kubernetes.Provider(
      `${name}-kubernetes`,
      { context: target.kubeContext },
      { parent: this },
    );
    this.environment = { context, target, provider };
    this.registerOutputs({ kubeContext: target.kubeContext });
  }
}
