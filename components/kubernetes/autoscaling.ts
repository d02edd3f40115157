import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../core/labels.ts";
import { createRequestScaling } from "./request-scaling.ts";
import { scalingBehavior } from "./scaling-behavior.ts";
import { type ServicePart, serviceComponent } from "./service-names.ts";

type Metric = kubernetes.types.input.autoscaling.v2.MetricSpec;

export interface AutoscalerSpec extends ServicePart {
  readonly rollout: kubernetes.apiextensions.CustomResource;
  /** KEDA, where the stack has it. */
  readonly keda: readonly pulumi.Resource[];
}

/**
 * The autoscaler of a service's Rollout: one, by CPU and memory, or by requests as well where the service says so.
 * Targets are on the service's own container, so that sidecars do not move them. It owns the number of replicas: the
 * Rollout states none.
 */
export function createAutoscaler(
  parent: pulumi.ComponentResource,
  name: string,
  spec: AutoscalerSpec,
): pulumi.Resource {
  const { context, service, namespace, rollout, keda } = spec;
  const { requestsPerSecond } = service.scaling;
  if (requestsPerSecond !== undefined) {
    return createRequestScaling(parent, name, { ...spec, requestsPerSecond, ready: keda });
  }
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
