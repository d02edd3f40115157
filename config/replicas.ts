import type { ServiceDefinition } from "../services/catalog.ts";
import type { PlatformConfig } from "./schema/platform.ts";

/** What a stack says of a service's replicas: its own override, else what the stack gives services without one, else the catalogue's. */
export function replicasOf({ services }: PlatformConfig, service: ServiceDefinition) {
  const own = services.overrides[service.name];
  const fallback = services.others ?? service.scaling;
  return {
    minReplicas: own?.minReplicas ?? fallback.minReplicas,
    maxReplicas: own?.maxReplicas ?? fallback.maxReplicas,
    ...(own?.requestsPerSecond === undefined ? {} : { requestsPerSecond: own.requestsPerSecond }),
  };
}
