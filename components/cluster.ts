import * as pulumi from "@pulumi/pulumi";
import type {
  ApiAccess,
  Cloud,
  ClusterOutputs,
  EncryptionOutputs,
  NetworkOutputs,
  NodePoolSpec,
} from "./clouds/contract.ts";
import { withProviders } from "./core/component-options.ts";
import type { PlatformContext } from "./core/context.ts";
import { createPriorityClasses } from "./kubernetes/priority-classes.ts";
import { createPrometheusDefinitions } from "./kubernetes/prometheus-definitions.ts";

export interface ClusterArgs {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  /** Key of secrets, node volumes, claims and control-plane logs. Changing it replaces the cluster. */
  readonly encryption: EncryptionOutputs;
  readonly network: NetworkOutputs;
  /** Kubernetes minor, for example `1.36`; raise it one minor at a time, it cannot go back. */
  readonly kubernetesVersion: string;
  /** Pools of nodes with their smallest and largest number; between the two the autoscaler decides. */
  readonly pools: readonly NodePoolSpec[];
  /** Who reaches the Kubernetes API: the network only, or listed ranges too; never the world. */
  readonly apiAccess: ApiAccess;
  /** Days that control-plane logs are kept, 1 to 3653. */
  readonly auditLogRetentionDays: number;
  /** Identities that administer the cluster beside its creator. */
  readonly administrators: readonly string[];
}

/**
 * The Kubernetes cluster, ready for workloads.
 *
 * **Creates**: control plane with encrypted secrets and all its logs, node pools, network policy, volume driver,
 * workload identity, autoscaler, load balancer controller, metrics, the storage classes `ssd` (default) and `hdd`,
 * the platform's priority classes and the Prometheus operator's definitions. On local: what the existing cluster lacks of these.
 * **Does not create**: namespaces; anything of the platform. With `private` access the machine that deploys must be in
 * the network (docs/guide).
 * **Cost**: $73 a month for the control plane, and the nodes (AWS list price, us-east-1, 2026-11).
 * **Replaces**: the network, the key. Pools and versions are updated in place, node by node.
 * **Throws**: `UserError` when access is to be open to the world.
 *
 * **Example**:
 * `new Cluster("cluster", { context, cloud, encryption, network, kubernetesVersion: "1.36", pools, apiAccess: { mode:
 * "private" }, auditLogRetentionDays: 90, administrators: ["arn:aws:iam::123456789012:role/platform"] })`
 */
export class Cluster extends pulumi.ComponentResource implements ClusterOutputs {
  readonly name: pulumi.Output<string>;
  readonly kubeconfig: pulumi.Output<string>;
  readonly provider: pulumi.ProviderResource;
  readonly workloadFirewallId: pulumi.Output<string> | undefined;
  readonly identityIssuer: pulumi.Output<string>;
  readonly pools: readonly NodePoolSpec[];
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:cluster:Cluster", name, {}, withProviders(args, opts));
    const { cloud, ...spec } = args;
    const cluster = cloud.cluster(this, name, spec);
    const definitions = createPrometheusDefinitions(this, `${name}-prometheus-definitions`, spec, {
      provider: cluster.provider,
      dependsOn: [...cluster.ready],
    });
    const priorities = createPriorityClasses(
      this,
      name,
      { context: args.context, component: "cluster" },
      { provider: cluster.provider, dependsOn: [...cluster.ready] },
    );

    this.name = cluster.name;
    this.kubeconfig = cluster.kubeconfig;
    this.provider = cluster.provider;
    this.workloadFirewallId = cluster.workloadFirewallId;
    this.identityIssuer = cluster.identityIssuer;
    this.pools = cluster.pools;
    this.ready = [...cluster.ready, definitions, ...priorities];
    this.registerOutputs({
      name: this.name,
      kubeconfig: this.kubeconfig,
      identityIssuer: this.identityIssuer,
      workloadFirewallId: this.workloadFirewallId,
    });
  }
}
