/**
 * What loads up to 50,000 requests a second need, from what was measured of each service. Pure: figures in, table
 * out.
 */
import type { ServiceDefinition } from "../../catalog.ts";
import { type ServiceNodes, serviceNodes } from "./service-nodes.ts";
import { type StoreChoice, type StoreDemand, stores } from "./store-sizes.ts";

/** What was measured of one service on one core of this machine. */
export interface ServiceFigures {
  readonly requestsPerCpuSecond: number;
  /** CPU seconds that a request costs other processes: stores, and services that work on what it left behind. */
  readonly elsewhere: Readonly<Record<string, number>>;
  /** Per request; those inside scripts count. */
  readonly redisCommands: number;
  readonly postgresTransactions: number;
  /** Bytes per request that one copy of the topics grows by on disk. */
  readonly kafkaBytes: number;
}

export type Figures = Readonly<Record<string, ServiceFigures>>;

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
  mix: { consumption: 0.6, discovery: 0.35, publishing: 0.048, admin: 0.002 },
  secondsPerCall: 0.3,
};

/** Requests a second that the table looks at. */
export const loadSteps = [5_000, 12_500, 25_000, 50_000] as const;

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
  /** vCPU that the requests, and the work that other services' requests leave to it, burn. */
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

export interface Capacity {
  readonly requestsPerSecond: number;
  readonly needs: readonly ServiceNeed[];
  readonly gatewayVcpu: number;
  /** vCPU that services, sidecars and gateway burn. */
  readonly burnedVcpu: number;
  /** vCPU that the pods ask the scheduler for. */
  readonly requestedVcpu: number;
  readonly redisPerSecond: number;
  readonly postgresPerSecond: number;
  readonly kafkaMegabytesPerSecond: number;
  readonly databaseConnections: number;
  /** Calls of models that are open at once. */
  readonly openCalls: number;
  readonly nodes: ServiceNodes;
  readonly stores: readonly StoreChoice[];
  /** What does not fit, as sentences; empty where everything does. */
  readonly problems: readonly string[];
}

export function capacity(
  services: readonly ServiceDefinition[],
  figures: Figures,
  { requestsPerSecond, mix, secondsPerCall, concurrentUsers }: LoadGoal = goal,
): Capacity {
  const rateOf = (service: string) => requestsPerSecond * (mix[service] ?? 0);
  /** vCPU that the requests to all services burn in one process that is not the one that answers. */
  const elsewhere = (process: string) =>
    services.reduce(
      (sum, { name }) => sum + rateOf(name) * (figuresOf(figures, name).elsewhere[process] ?? 0),
      0,
    );
  const needs = services.map((service) =>
    serviceNeed(service, figuresOf(figures, service.name), rateOf(service.name), elsewhere(service.name)),
  );
  const sum = (pick: (need: ServiceNeed) => number) => needs.reduce((total, need) => total + pick(need), 0);
  const gatewayVcpu = (requestsPerSecond / 1000) * proxyVcpuPerThousand;
  const demand: StoreDemand = {
    vcpu: Object.fromEntries(Object.keys(stores).map((store) => [store, elsewhere(store)])),
    kafkaMegabytesPerSecond: sum((need) => need.kafkaMegabytesPerSecond),
  };
  const burnedVcpu = sum((need) => need.vcpu + need.proxyVcpu) + gatewayVcpu;
  const requestedVcpu = sum((need) => need.requestedVcpu) + gatewayVcpu;
  const table = {
    requestsPerSecond,
    needs,
    gatewayVcpu,
    burnedVcpu,
    requestedVcpu,
    redisPerSecond: sum((need) => need.redisPerSecond),
    postgresPerSecond: sum((need) => need.postgresPerSecond),
    kafkaMegabytesPerSecond: demand.kafkaMegabytesPerSecond,
    databaseConnections: sum((need) => need.databaseConnections),
    openCalls: Math.min(concurrentUsers, rateOf("consumption") * secondsPerCall),
    nodes: serviceNodes(requestedVcpu, burnedVcpu),
    stores: Object.values(stores).map((choose) => choose(demand)),
  };
  return { ...table, problems: problems(table) };
}

function figuresOf(figures: Figures, name: string): ServiceFigures {
  const found = figures[name];
  if (found === undefined) throw new Error(`${name}: nothing was measured of this service`);
  return found;
}

function serviceNeed(
  service: ServiceDefinition,
  measured: ServiceFigures,
  rate: number,
  followUpVcpu: number,
): ServiceNeed {
  const { scaling, resources } = service;
  const vcpu = rate / measured.requestsPerCpuSecond + followUpVcpu;
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

function problems(table: Omit<Capacity, "problems">): string[] {
  const found = table.needs
    .filter((need) => need.replicas > need.maxReplicas)
    .map((need) => `${need.service} needs ${need.replicas} replicas; the table allows ${need.maxReplicas}`);
  if (table.requestedVcpu > clusterVcpu) {
    found.push(`${table.requestedVcpu.toFixed(0)} vCPU are asked for; 50 nodes have ${clusterVcpu}`);
  }
  if (table.databaseConnections > databaseConnections) {
    found.push(`${table.databaseConnections} connections at most; PostgreSQL allows ${databaseConnections}`);
  }
  return [...found, ...table.stores.flatMap(({ problem }) => problem ?? [])];
}
