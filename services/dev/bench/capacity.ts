/**
 * What 50,000 requests a second and 10,000 users at once need, from what was measured of each service. Pure: figures
 * in, table out.
 */
import type { ServiceDefinition } from "../../catalog.ts";

/** What was measured of one service on one core of this machine. */
export interface ServiceFigures {
  readonly requestsPerCpuSecond: number;
  /** Per request of the main route. */
  readonly redisCommands: number;
  readonly postgresTransactions: number;
  readonly kafkaBytes: number;
}

export interface LoadGoal {
  readonly requestsPerSecond: number;
  readonly concurrentUsers: number;
  /** Share of the requests that each service answers; adds up to 1. */
  readonly mix: Readonly<Record<string, number>>;
  /** Seconds that a user is in one call of a model, which is what keeps connections open. */
  readonly secondsPerCall: number;
}

/** 50,000 requests a second and 10,000 users are the status summary's (2024-11-18); the mix is this project's own. */
export const goal: LoadGoal = {
  requestsPerSecond: 50_000,
  concurrentUsers: 10_000,
  mix: { consumption: 0.55, discovery: 0.4, publishing: 0.04, admin: 0.01 },
  secondsPerCall: 0.3,
};

/** vCPU that a sidecar or gateway takes for 1,000 requests a second (istio.io, Performance and Scalability; 2026-11). */
export const proxyVcpuPerThousand = 0.35;
/** 50 nodes of the smallest shape, nominal (status summary). */
export const clusterVcpu = 200;
/** Connections that PostgreSQL allows (status summary). */
export const databaseConnections = 500;
/** Pods that a rollout at full load runs beside the old ones. */
const rolloutSurge = 1.25;

export interface ServiceNeed {
  readonly service: string;
  readonly requestsPerSecond: number;
  /** vCPU that the requests burn. */
  readonly vcpu: number;
  /** Pods at the autoscaler's CPU target; each counts what it asks for. */
  readonly replicas: number;
  readonly maxReplicas: number;
  readonly requestedVcpu: number;
  readonly proxyVcpu: number;
  readonly redisPerSecond: number;
  readonly postgresPerSecond: number;
  readonly kafkaMegabytesPerSecond: number;
  /** Most connections to PostgreSQL: every pod's pool, a rollout's surge included. */
  readonly databaseConnections: number;
}

export interface CapacityTable {
  readonly needs: readonly ServiceNeed[];
  readonly gatewayVcpu: number;
  /** vCPU that services, sidecars and gateway burn at the goal. */
  readonly burnedVcpu: number;
  /** vCPU that the pods ask the scheduler for. */
  readonly requestedVcpu: number;
  readonly redisPerSecond: number;
  readonly postgresPerSecond: number;
  readonly kafkaMegabytesPerSecond: number;
  readonly databaseConnections: number;
  /** Calls of models that are open at once. */
  readonly openCalls: number;
  /** What does not fit, as sentences; empty where everything does. */
  readonly problems: readonly string[];
}

export function capacityTable(
  services: readonly ServiceDefinition[],
  figures: Readonly<Record<string, ServiceFigures>>,
  { requestsPerSecond, mix, secondsPerCall, concurrentUsers }: LoadGoal = goal,
): CapacityTable {
  const needs = services.map((service) =>
    serviceNeed(service, figuresOf(figures, service.name), requestsPerSecond * (mix[service.name] ?? 0)),
  );
  const sum = (pick: (need: ServiceNeed) => number) => needs.reduce((total, need) => total + pick(need), 0);
  const gatewayVcpu = (requestsPerSecond / 1000) * proxyVcpuPerThousand;
  const table = {
    needs,
    gatewayVcpu,
    burnedVcpu: sum((need) => need.vcpu + need.proxyVcpu) + gatewayVcpu,
    requestedVcpu: sum((need) => need.requestedVcpu) + gatewayVcpu,
    redisPerSecond: sum((need) => need.redisPerSecond),
    postgresPerSecond: sum((need) => need.postgresPerSecond),
    kafkaMegabytesPerSecond: sum((need) => need.kafkaMegabytesPerSecond),
    databaseConnections: sum((need) => need.databaseConnections),
    openCalls: Math.min(concurrentUsers, requestsPerSecond * (mix.consumption ?? 0) * secondsPerCall),
  };
  return { ...table, problems: problems(table) };
}

function figuresOf(figures: Readonly<Record<string, ServiceFigures>>, name: string): ServiceFigures {
  const found = figures[name];
  if (found === undefined) throw new Error(`${name}: nothing was measured of this service`);
  return found;
}

function serviceNeed(service: ServiceDefinition, measured: ServiceFigures, rate: number): ServiceNeed {
  const { scaling, resources } = service;
  const vcpu = rate / measured.requestsPerCpuSecond;
  // The autoscaler holds each pod at its target share of what the pod asks for.
  const perPod = (resources.cpuMillis / 1000) * (scaling.cpuPercent / 100);
  const replicas = Math.max(scaling.minReplicas, Math.ceil(vcpu / perPod));
  const proxyVcpu = (rate / 1000) * proxyVcpuPerThousand;
  return {
    service: service.name,
    requestsPerSecond: rate,
    vcpu,
    replicas,
    maxReplicas: scaling.maxReplicas,
    requestedVcpu: (replicas * resources.cpuMillis) / 1000 + proxyVcpu,
    proxyVcpu,
    redisPerSecond: rate * measured.redisCommands,
    postgresPerSecond: rate * measured.postgresTransactions,
    kafkaMegabytesPerSecond: (rate * measured.kafkaBytes) / 1e6,
    databaseConnections: service.postgres
      ? Math.ceil(scaling.maxReplicas * service.postgres.poolSize * rolloutSurge)
      : 0,
  };
}

function problems(table: Omit<CapacityTable, "problems">): string[] {
  const found = table.needs
    .filter((need) => need.replicas > need.maxReplicas)
    .map((need) => `${need.service} needs ${need.replicas} replicas; the table allows ${need.maxReplicas}`);
  if (table.requestedVcpu > clusterVcpu) {
    found.push(`${table.requestedVcpu.toFixed(0)} vCPU are asked for; 50 nodes have ${clusterVcpu}`);
  }
  if (table.databaseConnections > databaseConnections) {
    found.push(`${table.databaseConnections} connections at most; PostgreSQL allows ${databaseConnections}`);
  }
  return found;
}
