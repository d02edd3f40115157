import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { chartLabels } from "./chart-labels.ts";
import { hostSpread, resources, restrictedContainer, restrictedPod } from "./pods.ts";
import { createRelease } from "./release.ts";

export interface LoadBalancerControllerSpec {
  readonly context: PlatformContext;
  /** ServiceAccount that the cloud's identity is bound to. */
  readonly serviceAccount: string;
  /** Copies; one works, all answer the webhook. */
  readonly replicas: number;
  readonly clusterName: pulumi.Input<string>;
  readonly region: string;
  readonly vpcId: pulumi.Input<string>;
  /** Tags of every load balancer, target group and security group that it makes. */
  readonly defaultTags: Record<string, string>;
}

const workload = "aws-load-balancer-controller";

/**
 * Makes AWS network load balancers for Services of the class `service.k8s.aws/nlb`. Region and VPC are given, because
 * pods cannot ask the node's metadata. The webhook that claims every new Service is off: with it no Service at all
 * could be made while the controller is down.
 */
export function createLoadBalancerControllerRelease(
  parent: pulumi.ComponentResource,
  name: string,
  spec: LoadBalancerControllerSpec,
  opts: pulumi.CustomResourceOptions = {},
): kubernetes.helm.v3.Release {
  const { context, replicas } = spec;
  return createRelease(
    parent,
    name,
    {
      context,
      chart: "aws-load-balancer-controller",
      namespace: "kube-system",
      values: {
        fullnameOverride: workload,
        clusterName: spec.clusterName,
        region: spec.region,
        vpcId: spec.vpcId,
        defaultTags: spec.defaultTags,
        defaultTargetType: "ip",
        serviceAccount: { create: true, name: spec.serviceAccount },
        replicaCount: replicas,
        enableServiceMutatorWebhook: false,
        // The chart signs its webhook's certificate when it renders; keep the first, or every upgrade rolls the pods.
        keepTLSSecret: true,
        // Only network load balancers are asked for, so their rights are all the controller has.
        enableShield: false,
        enableWaf: false,
        enableWafv2: false,
        createIngressClassResource: false,
        ingressClassParams: { create: false },
        controllerConfig: { featureGates: { ALBGatewayAPI: false, NLBGatewayAPI: false } },
        podDisruptionBudget: replicas > 1 ? { maxUnavailable: 1 } : {},
        topologySpreadConstraints: replicas > 1 ? hostSpread({ "app.kubernetes.io/name": workload }) : [],
        podLabels: chartLabels(context, "cluster"),
        podSecurityContext: restrictedPod,
        securityContext: restrictedContainer,
        resources: resources({ cpuMillis: 50, memoryMiB: 128, memoryLimitMiB: 256 }),
      },
    },
    opts,
  );
}
