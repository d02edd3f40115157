import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ClusterOutputs } from "../clouds/contract.ts";
import type { PlatformContext } from "../core/context.ts";
import { containerResources } from "../core/footprint.ts";
import { createNamespace } from "./namespace.ts";
import { createNetworkPolicy, podsIn, tcp } from "./network-policy.ts";
import { namespaces, prometheus } from "./places.ts";
import { disruptionBudget, hostSpread } from "./pods.ts";
import { createRelease } from "./release.ts";
import { imageVersion } from "./versions.ts";

const component = "delivery";

export interface RolloutsSpec {
  readonly context: PlatformContext;
  readonly cluster: ClusterOutputs;
  readonly replicas: number;
}

/** The Argo Rollouts controller. */
export function createRolloutsController(
  parent: pulumi.ComponentResource,
  name: string,
  { context, cluster, replicas }: RolloutsSpec,
): kubernetes.helm.v3.Release {
  const namespace = createNamespace(parent, namespaces.delivery, {
    context,
    component,
    podSecurity: "restricted",
    mesh: false,
    traffic: { apiServer: true, metricsPorts: [8090] },
  });
  createNetworkPolicy(parent, `${name}-allow-analysis`, {
    context,
    component,
    policyName: "allow-analysis",
    namespace: namespace.metadata.name,
    egress: [{ to: [podsIn(namespaces.monitoring)], ports: tcp(prometheus.port) }],
  });
  return createRelease(
    parent,
    `${name}-argo-rollouts`,
    {
      context,
      chart: "argo-rollouts",
      namespace: namespace.metadata.name,
      values: {
        installCRDs: true,
        keepCRDs: true,
        controller: {
          replicas,
          image: { tag: imageVersion("argo-rollouts").tag },
          extraArgs: ["--istio-api-version", "v1"],
          resources: containerResources("argo-rollouts", context.environment),
          pdb: disruptionBudget(replicas),
          metrics: { enabled: true, serviceMonitor: { enabled: false } },
          priorityClassName: "platform-critical",
          topologySpreadConstraints: hostSpread({
            "app.kubernetes.io/name": "argo-rollouts",
            "app.kubernetes.io/component": "rollouts-controller",
          }),
        },
        dashboard: { enabled: false },
        podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        providerRBAC: {
          enabled: true,
          providers: {
            istio: true,
            smi: false,
            ambassador: false,
            awsLoadBalancerController: false,
            awsAppMesh: false,
            traefik: false,
            apisix: false,
            contour: false,
            glooPlatform: false,
            gatewayAPI: false,
          },
        },
      },
    },
    { dependsOn: [...cluster.ready] },
  );
}
