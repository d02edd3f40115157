import type { NodePoolSpec, PoolName } from "../components/clouds/contract.ts";
import type { Environment, PlatformContext } from "../components/core/context.ts";
import { catalog, topics } from "../services/catalog.ts";
import { optimiseData, optimiseKafka, optimisePool } from "./optimised.ts";
import { zoneNames } from "./regions.ts";
import { replicasOf } from "./replicas.ts";
import type { PoolConfig } from "./schema/cluster.ts";
import type { IdentityConfig } from "./schema/identity.ts";
import type { AwsPlatformConfig, LocalPlatformConfig, PlatformConfig } from "./schema/platform.ts";
import type { PlatformSettings, ServiceSettings, TokenIssuer } from "./settings-types.ts";
import versions from "./versions.json" with { type: "json" };

/** Copies of what others need to run: the mesh's control plane and gateways, the rollout controller. */
const controlReplicas: Readonly<Record<Environment, { readonly mesh: number; readonly delivery: number }>> = {
  local: { mesh: 1, delivery: 1 },
  dev: { mesh: 1, delivery: 1 },
  // Two: a node's loss leaves one.
  staging: { mesh: 2, delivery: 2 },
  // Three: one a zone. Rollouts elects a leader, so a third copy of it would only wait.
  production: { mesh: 3, delivery: 2 },
};

/** Keeps what has no tolerance for it off the memory pool's nodes. */
export const memoryTaint = { key: "llm-marketplace.io/pool", value: "memory" } as const;

/** The components' own words for a resolved configuration. Pure. */
export function toSettings(
  config: PlatformConfig,
  stack: { readonly project: string; readonly stack: string },
): PlatformSettings {
  const isOptimised = config.profile === "optimised";
  return {
    context: context(config, stack),
    ...(config.cloud === "aws" ? awsSettings(config) : localSettings(config)),
    identity: tokenIssuer(config.identity),
    mesh: { replicas: controlReplicas[config.environment].mesh, rateLimits: config.rateLimits },
    delivery: {
      replicas: controlReplicas[config.environment].delivery,
      requestScaling: services(config).some(({ scaling }) => scaling.requestsPerSecond !== undefined),
    },
    data: isOptimised ? optimiseData(config.data) : config.data,
    messaging: { kafka: isOptimised ? optimiseKafka(config.kafka) : config.kafka, topics },
    observability: config.observability,
    backup: config.backup,
    services: services(config),
  };
}

function context(
  config: PlatformConfig,
  { project, stack }: { readonly project: string; readonly stack: string },
): PlatformContext {
  const { environment, owner, costCentre, domain } = config;
  const protectData = environment === "staging" || environment === "production";
  return { project, stack, environment, owner, costCentre, domain, protectData };
}

function tokenIssuer({ issuer, audience, jwksUrl }: IdentityConfig): TokenIssuer {
  return { issuer, audience, jwksUrl: jwksUrl ?? `${issuer.replace(/\/$/, "")}/.well-known/jwks.json` };
}

function awsSettings(config: AwsPlatformConfig): Pick<PlatformSettings, "target" | "network" | "cluster"> {
  const { region, drRegion } = config.aws;
  const { pools, ...cluster } = config.cluster;
  const specs = (["general", "compute", "memory"] as const).flatMap((name) => {
    const pool = pools[name];
    return pool === undefined ? [] : poolSpec(name, pool);
  });
  return {
    target: { cloud: "aws", region, drRegion },
    network: { ...config.network, zones: zoneNames(region, config.network.zones) },
    cluster: {
      ...cluster,
      kubernetesVersion: versions.kubernetes.version,
      pools: config.profile === "optimised" ? specs.map(optimisePool) : specs,
    },
  };
}

/** On a laptop the cluster stands already: no network, no pools, one place for everything. */
function localSettings(
  config: LocalPlatformConfig,
): Pick<PlatformSettings, "target" | "network" | "cluster"> {
  return {
    target: { cloud: "local", ...config.local },
    network: {
      // The pod network that kind sets up by default; only rules that name the cluster's own range read it.
      cidr: "10.244.0.0/16",
      zones: ["local"],
      nat: "none",
      flowLogRetentionDays: 0,
      interfaceEndpoints: [],
    },
    cluster: {
      kubernetesVersion: versions.kubernetes.version,
      pools: [],
      apiAccess: { mode: "private" },
      auditLogRetentionDays: 1,
      administrators: [],
    },
  };
}

/** A pool without a node at its maximum is none: zeros in a stack file take a default pool away. */
function poolSpec(name: PoolName, pool: PoolConfig): NodePoolSpec[] {
  const { instanceType, onDemand, spot, diskGiB } = pool;
  if (onDemand.maximum + (spot?.maximum ?? 0) === 0) return [];
  const zonal = name === "memory";
  return [
    {
      name,
      instanceType,
      onDemand,
      ...(spot !== undefined && spot.maximum > 0 ? { spot } : {}),
      diskGiB,
      zonal,
      ...(zonal ? { taint: memoryTaint } : {}),
    },
  ];
}

function services(config: PlatformConfig): ServiceSettings[] {
  return catalog.map((service) => {
    const override = config.services.overrides[service.name];
    return {
      ...service,
      version: override?.version ?? config.services.version,
      scaling: { ...service.scaling, ...replicasOf(config, service) },
    };
  });
}
