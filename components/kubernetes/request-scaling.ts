import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { createCustomResource } from "./custom-resource.ts";
import { namespaces, prometheus } from "./places.ts";
import { scalingBehavior } from "./scaling-behavior.ts";
import { type ServicePart, serviceComponent } from "./service-names.ts";

export interface RequestScalingSpec extends ServicePart {
  readonly rollout: kubernetes.apiextensions.CustomResource;
  /** Requests per second and pod at which pods are added. */
  readonly requestsPerSecond: number;
  /** KEDA, whose kind this is. */
  readonly ready: readonly pulumi.Resource[];
}

/** Polls of Prometheus that must fail in a row before its absence counts. */
const failuresBeforeFallback = 3;

/**
 * A service's autoscaler on requests per second beside CPU and memory: KEDA makes the one HorizontalPodAutoscaler of
 * the service from it, under the service's name, with the same bounds and behaviour. While Prometheus does not answer,
 * the service keeps the pods it has, at least its minimum, and CPU and memory still add to them.
 */
export function createRequestScaling(
  parent: pulumi.ComponentResource,
  name: string,
  spec: RequestScalingSpec,
): kubernetes.apiextensions.CustomResource {
  const { context, service, namespace, rollout } = spec;
  const { minReplicas, maxReplicas, cpuPercent, memoryPercent } = service.scaling;
  return createCustomResource(
    parent,
    `${name}-autoscaler`,
    {
      context,
      component: serviceComponent,
      apiVersion: "keda.sh/v1alpha1",
      kind: "ScaledObject",
      objectName: service.name,
      namespace,
      spec: {
        scaleTargetRef: {
          apiVersion: rollout.apiVersion,
          kind: rollout.kind,
          name: rollout.metadata.name as pulumi.Output<string>,
        },
        minReplicaCount: minReplicas,
        maxReplicaCount: maxReplicas,
        pollingInterval: 15,
        advanced: {
          horizontalPodAutoscalerConfig: { name: service.name, behavior: scalingBehavior(service.scaling) },
        },
        fallback: {
          failureThreshold: failuresBeforeFallback,
          replicas: minReplicas,
          behavior: "currentReplicasIfHigher",
        },
        triggers: [
          {
            type: "prometheus",
            metricType: "AverageValue",
            metadata: {
              serverAddress: `http://${prometheus.host}:${prometheus.port}`,
              query: requestsQuery(service.name),
              threshold: `${spec.requestsPerSecond}`,
              // No series is no answer, and no answer is not "no requests".
              ignoreNullValues: "false",
            },
          },
          containerTrigger("cpu", service.name, cpuPercent),
          containerTrigger("memory", service.name, memoryPercent),
        ],
      },
    },
    { dependsOn: [rollout, ...spec.ready] },
  );
}

/** Requests that arrive at the service's pods in a second, counted by their sidecars. */
export function requestsQuery(service: string): string {
  const arriving = `namespace="${namespaces.services}",job="${service}",reporter="destination"`;
  return `sum(rate(istio_requests_total{${arriving}}[1m]))`;
}

function containerTrigger(type: "cpu" | "memory", containerName: string, percent: number) {
  return { type, metricType: "Utilization", metadata: { value: `${percent}`, containerName } };
}
