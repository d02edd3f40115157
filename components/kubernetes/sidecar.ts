import type { Environment } from "../core/context.ts";
import { type PodRequest, podRequest } from "../core/footprint.ts";
import { cpuQuantity, memoryQuantity } from "../core/units.ts";

/** A sidecar may take a whole CPU while a burst lasts, but never starve the service beside it. */
const cpuLimitMillis = 1000;

/**
 * What each sidecar asks for. 50m carries about 250 requests a second, which is 50,000 over consumption's 200 pods
 * (Istio's own figure is 0.2 vCPU for 1,000 a second with 1 kB bodies: istio.io, Performance and Scalability, 1.24).
 */
export function sidecarRequest(environment: Environment): PodRequest {
  return podRequest("istio-proxy", environment);
}

/** The same as `resources` of the mesh's default. */
export function sidecarResources(environment: Environment): {
  requests: { cpu: string; memory: string };
  limits: { cpu: string; memory: string };
} {
  const { cpuMillis, memoryMiB, memoryLimitMiB } = sidecarRequest(environment);
  return {
    requests: { cpu: cpuQuantity(cpuMillis), memory: memoryQuantity(memoryMiB) },
    limits: { cpu: cpuQuantity(cpuLimitMillis), memory: memoryQuantity(memoryLimitMiB) },
  };
}

/** The same as annotations of a pod, which say it for that pod whatever the mesh's default is. */
export function sidecarAnnotations(environment: Environment): Record<string, string> {
  const { requests, limits } = sidecarResources(environment);
  return {
    "sidecar.istio.io/proxyCPU": requests.cpu,
    "sidecar.istio.io/proxyCPULimit": limits.cpu,
    "sidecar.istio.io/proxyMemory": requests.memory,
    "sidecar.istio.io/proxyMemoryLimit": limits.memory,
  };
}
