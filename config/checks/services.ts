import { catalog, type ServiceDefinition } from "../../services/catalog.ts";
import { replicasOf } from "../replicas.ts";
import type { PlatformConfig } from "../schema/platform.ts";
import { either } from "../schema-tree.ts";
import { nearest } from "../suggest.ts";
import type { Check, Finding } from "./check.ts";

/** Extra pods while a rollout runs: canary and surge together. */
const rolloutSurge = 1.25;
/** Connections for migrations, monitoring, operators and people. */
const reservedConnections = 20;

export const serviceChecks: readonly Check[] = [
  { reads: ["services"], findings: (config) => overrideFindings(config, catalog) },
  { reads: ["services", "data"], findings: (config) => connectionFindings(config, catalog) },
];

function overrideFindings(config: PlatformConfig, services: readonly ServiceDefinition[]): Finding[] {
  const names = services.map((service) => service.name);
  return Object.entries(config.services.overrides).flatMap(([name, override]): Finding[] => {
    const path = `services.overrides.${name}`;
    const service = services.find((candidate) => candidate.name === name);
    if (service === undefined) {
      const meant = nearest(name, names);
      return [
        {
          path,
          got: `the unknown service ${JSON.stringify(name)}`,
          allowed: either(names),
          fix:
            meant === undefined
              ? "remove it, or add the service to services/catalog.ts"
              : `did you mean ${meant}?`,
        },
      ];
    }
    const { minReplicas, maxReplicas } = replicasOf(config, service);
    if (minReplicas <= maxReplicas) return [];
    const key = override.minReplicas === undefined ? "maxReplicas" : "minReplicas";
    return [
      {
        path: `${path}.${key}`,
        got: `${minReplicas} to ${maxReplicas} replicas`,
        allowed: "a minimum of at most the maximum",
        fix: `lower ${path}.minReplicas or raise ${path}.maxReplicas`,
      },
    ];
  });
}

/** Connections that all services open at their maximum while each of them is rolled out, and the reserved ones. */
export function connectionsNeeded(config: PlatformConfig, services: readonly ServiceDefinition[]): number {
  return services.reduce((sum, service) => {
    if (service.postgres === undefined) return sum;
    const pods = Math.ceil(replicasOf(config, service).maxReplicas * rolloutSurge);
    return sum + pods * service.postgres.poolSize;
  }, reservedConnections);
}

function connectionFindings(config: PlatformConfig, services: readonly ServiceDefinition[]): Finding[] {
  const { maxConnections } = config.data.postgres;
  const needed = connectionsNeeded(config, services);
  if (needed <= maxConnections) return [];
  return [
    {
      path: "data.postgres.maxConnections",
      got: String(maxConnections),
      allowed: `at least ${needed}: pool size × 1.25 of the most replicas of each service, and ${reservedConnections} reserved`,
      fix: "raise data.postgres.maxConnections, or lower maxReplicas of the services that use PostgreSQL",
    },
  ];
}
