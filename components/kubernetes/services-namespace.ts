import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ServiceSettings } from "../../config/settings-types.ts";
import type { PlatformContext } from "../core/context.ts";
import type { PodRequest } from "../core/footprint.ts";
import { createNamespace } from "./namespace.ts";
import { namespaces } from "./places.ts";
import { sidecarRequest } from "./sidecar.ts";

/** Copies of a service that may exist at once: all of the old revision and all of the new one. */
const revisionsAtOnce = 2;

/** The namespace of the marketplace's services, in the mesh, with a quota that a runaway cannot pass. */
export function createServicesNamespace(
  parent: pulumi.ComponentResource,
  spec: { readonly context: PlatformContext; readonly services: readonly ServiceSettings[] },
): kubernetes.core.v1.Namespace {
  return createNamespace(parent, namespaces.services, {
    context: spec.context,
    component: "marketplace-service",
    podSecurity: "restricted",
    mesh: true,
    quota: servicesQuota(spec.services, sidecarRequest(spec.context.environment)),
    containerDefaults: {
      requests: { cpu: "50m", memory: "64Mi" },
      limits: { memory: "256Mi" },
    },
  });
}

/** What all services need at their maximum during a full blue-green switch, sidecars included. */
export function servicesQuota(
  services: readonly ServiceSettings[],
  sidecar: PodRequest,
): Record<string, string> {
  let pods = 0;
  let cpuMillis = 0;
  let memoryMiB = 0;
  let memoryLimitMiB = 0;
  for (const { scaling, resources } of services) {
    const copies = scaling.maxReplicas * revisionsAtOnce;
    pods += copies;
    cpuMillis += copies * (resources.cpuMillis + sidecar.cpuMillis);
    memoryMiB += copies * (resources.memoryMiB + sidecar.memoryMiB);
    memoryLimitMiB += copies * (resources.memoryLimitMiB + sidecar.memoryLimitMiB);
  }
  return {
    pods: `${pods}`,
    "requests.cpu": `${cpuMillis}m`,
    "requests.memory": `${memoryMiB}Mi`,
    "limits.memory": `${memoryLimitMiB}Mi`,
  };
}
