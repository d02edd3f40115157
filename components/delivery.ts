import * as pulumi from "@pulumi/pulumi";
import type { Cloud, ClusterOutputs } from "./clouds/contract.ts";
import { withProviders } from "./core/component-options.ts";
import type { PlatformContext } from "./core/context.ts";
import { createAnalysisTemplates } from "./kubernetes/analysis.ts";
import { createKeda } from "./kubernetes/keda.ts";
import { createRolloutsController } from "./kubernetes/rollouts.ts";

export interface DeliveryArgs {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly cluster: ClusterOutputs;
  /** Copies of the controller, 1 to 3; one leads, the others stand by. */
  readonly replicas: number;
  /** Whether a service scales on its requests, which takes KEDA. */
  readonly requestScaling: boolean;
}

export interface DeliveryOutputs {
  /** ClusterAnalysisTemplate that fails a release by its share of errors. */
  readonly errorRateTemplate: string;
  /** ClusterAnalysisTemplate that fails a release by its p95 latency. */
  readonly latencyTemplate: string;
  /** Rollouts depend on these. */
  readonly ready: readonly pulumi.Resource[];
  /** ScaledObjects depend on these: KEDA, or nothing where no service scales on its requests. */
  readonly keda: readonly pulumi.Resource[];
}

/**
 * How new versions reach users: Argo Rollouts and the analyses by which it goes on or back.
 *
 * Creates: the Argo Rollouts controller, and two ClusterAnalysisTemplates on Prometheus, error rate and p95 latency of
 * the new version alone, each measured once a minute for five minutes; KEDA where a service scales on its requests.
 *
 * Does not create: Rollouts (MarketplaceService), Prometheus (Observability; templates only name its address).
 * Cost: the nodes' share of its pods. Replaces: nothing. Throws: nothing of its own.
 *
 * Example: `new Delivery("delivery", { context, cloud, cluster, replicas: 2, requestScaling: false })`
 */
export class Delivery extends pulumi.ComponentResource implements DeliveryOutputs {
  readonly errorRateTemplate: string;
  readonly latencyTemplate: string;
  readonly ready: readonly pulumi.Resource[];
  readonly keda: readonly pulumi.Resource[];

  constructor(name: string, args: DeliveryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:delivery:Delivery", name, {}, withProviders(args, opts));

    const controller = createRolloutsController(this, name, args);
    const templates = createAnalysisTemplates(this, name, { context: args.context, controller });

    this.errorRateTemplate = templates.errorRate;
    this.latencyTemplate = templates.latency;
    this.ready = [controller, ...templates.resources];
    this.keda = args.requestScaling ? [createKeda(this, name, args)] : [];
    this.registerOutputs({
      errorRateTemplate: this.errorRateTemplate,
      latencyTemplate: this.latencyTemplate,
    });
  }
}
