import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { tags } from "../../core/labels.ts";
import { createClusterAutoscaler } from "../../kubernetes/autoscaler.ts";
import { createLoadBalancerControllerRelease } from "../../kubernetes/load-balancer-controller.ts";
import type { NetworkOutputs } from "../contract.ts";
import {
  autoscalerStatements,
  loadBalancerControllerStatements,
  nodeGroupReaderStatement,
} from "./controller-policies.ts";
import type { AwsEnvironment } from "./environment.ts";
import { associatePodRole, createPodRole } from "./pod-role.ts";
import type { Statement } from "./policy.ts";

const component = "cluster";
const namespace = "kube-system";

export interface ControllersSpec {
  readonly context: PlatformContext;
  readonly network: NetworkOutputs;
  readonly clusterName: pulumi.Output<string>;
  /** The same name as a plain value: it stands in keys of policy conditions. */
  readonly plainClusterName: string;
  /** Copies of each controller. */
  readonly replicas: number;
}

/** Adds and removes nodes of the managed node groups. */
export function createAutoscaler(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ControllersSpec,
  environment: AwsEnvironment,
  opts: pulumi.CustomResourceOptions & { readonly dependsOn: pulumi.Resource[] },
): kubernetes.helm.v3.Release {
  const serviceAccount = "cluster-autoscaler";
  const identity = buildIdentity(parent, `${name}-autoscaler`, spec, environment, serviceAccount, [
    ...autoscalerStatements(spec.plainClusterName),
    nodeGroupReaderStatement(spec.plainClusterName, environment),
  ]);
  return createClusterAutoscaler(
    parent,
    `${name}-autoscaler`,
    {
      context: spec.context,
      serviceAccount,
      replicas: spec.replicas,
      values: {
        cloudProvider: "aws",
        awsRegion: environment.region,
        autoDiscovery: { clusterName: spec.clusterName },
      },
    },
    { ...opts, dependsOn: [...opts.dependsOn, identity] },
  );
}

/** Makes network load balancers for Services that ask for its class. */
export function createLoadBalancerController(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ControllersSpec,
  environment: AwsEnvironment,
  opts: pulumi.CustomResourceOptions & { readonly dependsOn: pulumi.Resource[] },
): kubernetes.helm.v3.Release {
  const serviceAccount = "aws-load-balancer-controller";
  const controllerName = `${name}-load-balancer-controller`;
  const identity = buildIdentity(
    parent,
    controllerName,
    spec,
    environment,
    serviceAccount,
    loadBalancerControllerStatements(spec.plainClusterName, spec.network.id, environment),
  );
  const { Name: _, ...defaultTags } = tags(spec.context, "mesh", "gateway");
  return createLoadBalancerControllerRelease(
    parent,
    controllerName,
    {
      context: spec.context,
      serviceAccount,
      replicas: spec.replicas,
      clusterName: spec.clusterName,
      region: environment.region,
      vpcId: spec.network.id,
      defaultTags,
    },
    { ...opts, dependsOn: [...opts.dependsOn, identity] },
  );
}

function buildIdentity(
  parent: pulumi.ComponentResource,
  name: string,
  { context, clusterName }: ControllersSpec,
  environment: AwsEnvironment,
  serviceAccount: string,
  statements: readonly Statement[],
): pulumi.Resource {
  const roleSpec = { context, component, clusterName, namespace, serviceAccount, statements };
  return associatePodRole(parent, name, roleSpec, createPodRole(parent, name, roleSpec, environment));
}
