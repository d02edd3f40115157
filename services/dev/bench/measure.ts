/** One service under load: what a request costs everywhere, how fast it is at the autoscaler's target, how it starts. */
import { median } from "../../../tools/bench-figures.ts";
import type { ServiceDefinition } from "../../catalog.ts";
import { call } from "../client.ts";
import type { EngineAddress } from "../platform/environment.ts";
import type { Platform } from "../platform/platform.ts";
import { type AttackResult, attack } from "./attack.ts";
import type { ServiceFigures } from "./capacity.ts";
import type { CpuMeter } from "./cpu-meter.ts";
import { residentMiB } from "./process-figures.ts";
import { redisCommands, topicBytes, transactions } from "./store-counters.ts";
import type { Workload } from "./workload.ts";

/** Every figure is the median of so many runs. */
export const runs = 3;
/** Seconds of each. */
export const runSeconds = 10;
const warmUpSeconds = 5;
/** Share of answers that must be good; a figure of errors is no figure. */
const leastSuccess = 0.999;

export interface Measured {
  readonly service: ServiceDefinition;
  readonly route: string;
  readonly figures: ServiceFigures;
  readonly atTarget: {
    /** Requests a second. */
    readonly rate: number;
    readonly p50Millis: number;
    readonly p95Millis: number;
    readonly p99Millis: number;
  };
  /** p95 of the objective: of the request, or of the platform's own part. */
  readonly objectiveP95Millis: number;
  readonly idleMiB: number;
  readonly loadedMiB: number;
  readonly coldStartSeconds: number;
}

export interface Bench {
  readonly platform: Platform;
  readonly meter: CpuMeter;
  /** Path of vegeta. */
  readonly vegeta: string;
}

export async function measure(
  bench: Bench,
  service: ServiceDefinition,
  workload: Workload,
): Promise<Measured> {
  const { platform, vegeta } = bench;
  const running = platform.service(service.name);
  const pid = () => running.pid as number;
  const idleMiB = residentMiB(pid());
  await attack({ vegeta, targets: workload.targets(), seconds: warmUpSeconds });
  const saturated = await repeat(() => fullLoad(bench, service, workload));
  const loadedMiB = residentMiB(pid());
  const figures = medianFigures(saturated);
  // One pod at the autoscaler's target gets this many requests.
  const rate =
    figures.requestsPerCpuSecond * (service.resources.cpuMillis / 1000) * (service.scaling.cpuPercent / 100);
  const paced = await repeat(() => atRate(bench, service, workload, rate));
  const cold = await repeat(async () => {
    await running.stop();
    return running.start();
  });
  return {
    service,
    route: workload.route,
    figures,
    atTarget: {
      rate,
      p50Millis: median(paced.map(({ p50Millis }) => p50Millis)),
      p95Millis: median(paced.map(({ p95Millis }) => p95Millis)),
      p99Millis: median(paced.map(({ p99Millis }) => p99Millis)),
    },
    objectiveP95Millis: median(paced.map(({ objectiveP95Millis }) => objectiveP95Millis)),
    idleMiB,
    loadedMiB,
    coldStartSeconds: median(cold),
  };
}

async function fullLoad(
  { platform, meter, vegeta }: Bench,
  service: ServiceDefinition,
  workload: Workload,
): Promise<ServiceFigures> {
  const before = await counters(platform, service);
  const { result, cpu } = await meter.during(() =>
    attack({ vegeta, targets: workload.targets(), seconds: runSeconds }),
  );
  expectSuccess(service.name, result);
  const after = await counters(platform, service);
  const { [service.name]: own, ...others } = cpu;
  return {
    requestsPerCpuSecond: result.requests / (own ?? Number.NaN),
    elsewhere: Object.fromEntries(
      Object.entries(others).map(([name, seconds]) => [name, seconds / result.requests]),
    ),
    redisCommands: (after.redis - before.redis) / result.requests,
    postgresTransactions: (after.postgres - before.postgres) / result.requests,
    kafkaBytes: (after.kafka - before.kafka) / result.requests,
  };
}

async function atRate(
  { platform, vegeta }: Bench,
  service: ServiceDefinition,
  workload: Workload,
  rate: number,
): Promise<AttackResult & { objectiveP95Millis: number }> {
  const before = await overheadBuckets(platform, service);
  const result = await attack({ vegeta, targets: workload.targets(), seconds: runSeconds, rate });
  expectSuccess(service.name, result);
  const after = await overheadBuckets(platform, service);
  const objectiveP95Millis =
    before === undefined || after === undefined ? result.p95Millis : quantile(before, after, 0.95);
  return { ...result, objectiveP95Millis };
}

function expectSuccess(service: string, { success, statusCodes }: AttackResult): void {
  if (success >= leastSuccess) return;
  throw new Error(
    `${service}: only ${(success * 100).toFixed(2)} % succeeded: ${JSON.stringify(statusCodes)}`,
  );
}

async function counters(platform: Platform, { redis, postgres }: ServiceDefinition) {
  const address = (name: "redis" | "postgres" | "kafka"): EngineAddress =>
    platform.engines.engines.get(name)?.address ?? {};
  return {
    redis: redis ? await redisCommands(address("redis")) : 0,
    postgres: postgres ? await transactions(address("postgres"), postgres.database) : 0,
    kafka: await topicBytes(address("kafka")),
  };
}

type Bucket = readonly [bound: number, count: number];

/** The overhead histogram, where the objective is on it. */
async function overheadBuckets(
  platform: Platform,
  service: ServiceDefinition,
): Promise<Bucket[] | undefined> {
  if (service.objective.latencyOf !== "overhead") return undefined;
  const { text } = await call(platform.service(service.name).url, "GET", "/metrics");
  return [...text.matchAll(/^marketplace_overhead_milliseconds_bucket\{.*?le="([^"]+)".*?\} (\S+)/gm)].map(
    ([, bound, count]) => [bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound), Number(count)],
  );
}

/** Upper bound of the bucket in which the quantile of what came between two readings lies. */
function quantile(before: readonly Bucket[], after: readonly Bucket[], share: number): number {
  const differences = after.map(
    ([bound, count], index): Bucket => [bound, count - (before[index]?.[1] ?? 0)],
  );
  const total = differences.at(-1)?.[1] ?? 0;
  return differences.find(([, count]) => count >= total * share)?.[0] ?? Number.NaN;
}

async function repeat<Result>(run: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let index = 0; index < runs; index += 1) results.push(await run());
  return results;
}

function medianFigures(all: readonly ServiceFigures[]): ServiceFigures {
  const of = (pick: (figures: ServiceFigures) => number) => median(all.map(pick));
  return {
    requestsPerCpuSecond: of((figures) => figures.requestsPerCpuSecond),
    elsewhere: Object.fromEntries(
      Object.keys(all[0]?.elsewhere ?? {}).map((name) => [
        name,
        of((figures) => figures.elsewhere[name] ?? 0),
      ]),
    ),
    redisCommands: of((figures) => figures.redisCommands),
    postgresTransactions: of((figures) => figures.postgresTransactions),
    kafkaBytes: of((figures) => figures.kafkaBytes),
  };
}
