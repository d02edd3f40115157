import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ServiceScaling } from "../../services/catalog.ts";
import { labels } from "../core/labels.ts";
import { type ServicePart, serviceComponent } from "./service-names.ts";

type Behavior = kubernetes.types.input.autoscaling.v2.HorizontalPodAutoscalerBehavior;
type Metric = kubernetes.types.input.autoscaling.v2.MetricSpec;

/**
 * The autoscaler of a service's Rollout. Targets are on the service's own container, so that sidecars do not move
 * them. It owns the number of replicas: the Rollout states none.
 */
export function createAutoscaler(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ServicePart & { readonly rollout: kubernetes.apiextensions.CustomResource },
): kubernetes.autoscaling.v2.HorizontalPodAutoscaler {
  const { context, service, namespace, rollout } = spec;
  return new kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
    `${name}-autoscaler`,
    {
      metadata: { name: service.name, namespace, labels: labels(context, serviceComponent, service.name) },
      spec: {
        scaleTargetRef: {
          apiVersion: rollout.apiVersion,
          kind: rollout.kind,
          name: rollout.metadata.name as pulumi.Output<string>,
        },
        minReplicas: service.scaling.minReplicas,
        maxReplicas: service.scaling.maxReplicas,
        metrics: [
          containerTarget(service.name, "cpu", service.scaling.cpuPercent),
          containerTarget(service.name, "memory", service.scaling.memoryPercent),
        ],
        behavior: scalingBehavior(service.scaling),
      },
    },
    { parent },
  );
}

function containerTarget(container: string, name: "cpu" | "memory", averageUtilization: number): Metric {
  return {
    type: "ContainerResource",
    containerResource: { name, container, target: { type: "Utilization", averageUtilization } },
  };
}

/**
 * Growth at once by what the catalogue allows per period, the larger where it gives percent and pods. Shrinking by
 * 10 % per five minutes, from the highest need of the last five: the controller keeps the whole part of 90 %, so at
 * least one pod goes each time (3 → 2), never none.
 */
export function scalingBehavior({ scaleUp }: Pick<ServiceScaling, "scaleUp">): Behavior {
  const { percent, pods, periodSeconds } = scaleUp;
  return {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: "Max",
      policies: [
        { type: "Percent", value: percent, periodSeconds },
        ...(pods === undefined ? [] : [{ type: "Pods", value: pods, periodSeconds }]),
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: 300,
      selectPolicy: "Max",
      policies: [{ type: "Percent", value: 10, periodSeconds: 300 }],
    },
  };
}
