/**
 * `make bench-services`: each service under load over real engines on this machine, and what 50,000 requests a second
 * need. Renews its part of docs/benchmarks.md.
 */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join, resolve } from "node:path";
import pg from "pg";
import { catalog, type ServiceDefinition } from "../services/catalog.ts";
import { type AttackResult, attack } from "../services/dev/bench/attack.ts";
import {
  type CapacityTable,
  capacityTable,
  clusterVcpu,
  databaseConnections,
  goal,
  proxyVcpuPerThousand,
  type ServiceFigures,
} from "../services/dev/bench/capacity.ts";
import { cpuSeconds, residentMiB } from "../services/dev/bench/process-figures.ts";
import { makeWorkloads, type Workload } from "../services/dev/bench/workload.ts";
import { call } from "../services/dev/client.ts";
import { type Platform, startPlatform } from "../services/dev/platform/platform.ts";
import { buildService } from "../services/dev/platform/programs.ts";
import { goTools } from "./go-tools.ts";

const root = resolve(import.meta.dirname, "..");
const page = join(root, "docs", "benchmarks.md");
const marks = ["<!-- bench-services -->", "<!-- /bench-services -->"] as const;
/** Every figure is the median of so many runs. */
const runs = 3;
const seconds = 5;
/** Bytes of one metering record with its key and headers, before compression: estimated from services/contract. */
const meteringBytes = 620;
const binaries: Readonly<Record<string, string | undefined>> = {
  discovery: "services/discovery/bin/discovery",
  consumption: "services/consumption/target/release/consumption",
};

interface Measured {
  readonly service: ServiceDefinition;
  readonly route: string;
  readonly figures: ServiceFigures;
  readonly atTarget: AttackResult & { readonly rate: number };
  /** p95 of the objective: of the request, or of the platform's own part. */
  readonly objectiveP95Millis: number;
  readonly idleMiB: number;
  readonly loadedMiB: number;
  readonly coldStartSeconds: number;
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const say = (line: string) => process.stderr.write(`${line}\n`);

async function measure(
  platform: Platform,
  service: ServiceDefinition,
  workload: Workload,
  vegeta: string,
): Promise<Measured> {
  const running = platform.service(service.name);
  const pid = () => running.pid as number;
  const idleMiB = residentMiB(pid());
  await attack({ vegeta, targets: workload.targets(), seconds: 5 });
  const saturated: { perCpuSecond: number; figures: Omit<ServiceFigures, "requestsPerCpuSecond"> }[] = [];
  for (let run = 0; run < runs; run += 1) {
    const before = { cpu: cpuSeconds(pid()), ...(await storeCounters(platform, service)) };
    const result = await attack({ vegeta, targets: workload.targets(), seconds });
    expectSuccess(service.name, result);
    const after = { cpu: cpuSeconds(pid()), ...(await storeCounters(platform, service)) };
    saturated.push({
      perCpuSecond: result.requests / (after.cpu - before.cpu),
      figures: {
        redisCommands: (after.redis - before.redis) / result.requests,
        postgresTransactions: (after.postgres - before.postgres) / result.requests,
        kafkaBytes: service.name === "consumption" ? meteringBytes : 0,
      },
    });
  }
  const loadedMiB = residentMiB(pid());
  const figures = {
    requestsPerCpuSecond: median(saturated.map(({ perCpuSecond }) => perCpuSecond)),
    redisCommands: median(saturated.map(({ figures }) => figures.redisCommands)),
    postgresTransactions: median(saturated.map(({ figures }) => figures.postgresTransactions)),
    kafkaBytes: saturated[0]?.figures.kafkaBytes ?? 0,
  };
  // One pod at the autoscaler's target gets this many requests.
  const rate =
    figures.requestsPerCpuSecond * (service.resources.cpuMillis / 1000) * (service.scaling.cpuPercent / 100);
  const paced: (AttackResult & { own: number })[] = [];
  for (let run = 0; run < runs; run += 1) {
    const before = await overheadBuckets(platform, service);
    const result = await attack({ vegeta, targets: workload.targets(), seconds, rate });
    expectSuccess(service.name, result);
    const own =
      before === undefined
        ? result.p95Millis
        : quantile(before, (await overheadBuckets(platform, service)) ?? [], 0.95);
    paced.push({ ...result, own });
  }
  const pick = (of: (result: AttackResult & { own: number }) => number) => median(paced.map(of));
  const cold: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    await running.stop();
    cold.push(await running.start());
  }
  return {
    service,
    route: workload.route,
    figures,
    atTarget: {
      ...(paced[0] as AttackResult),
      rate,
      p50Millis: pick((result) => result.p50Millis),
      p95Millis: pick((result) => result.p95Millis),
      p99Millis: pick((result) => result.p99Millis),
    },
    objectiveP95Millis: pick((result) => result.own),
    idleMiB,
    loadedMiB,
    coldStartSeconds: median(cold),
  };
}

function expectSuccess(service: string, { success, statusCodes }: AttackResult): void {
  if (success < 0.999)
    throw new Error(
      `${service}: only ${(success * 100).toFixed(2)} % succeeded: ${JSON.stringify(statusCodes)}`,
    );
}

/** Commands and transactions that the stores of a service have done so far. */
async function storeCounters(
  platform: Platform,
  service: ServiceDefinition,
): Promise<{ redis: number; postgres: number }> {
  return {
    redis: service.redis ? await redisCommands(platform) : 0,
    postgres: service.postgres ? await transactions(platform, service.postgres.database) : 0,
  };
}

async function redisCommands(platform: Platform): Promise<number> {
  const { connect } = await import("node:net");
  const port = Number(platform.engines.engines.get("redis")?.address.port);
  return new Promise((done, fail) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("INFO stats\r\n"));
    let text = "";
    socket.once("error", fail);
    socket.on("data", (data) => {
      text += data;
      const found = /total_commands_processed:(\d+)/.exec(text);
      if (found === null) return;
      socket.destroy();
      done(Number(found[1]));
    });
  });
}

async function transactions(platform: Platform, database: string): Promise<number> {
  const address = platform.engines.engines.get("postgres")?.address ?? {};
  const client = new pg.Client({
    host: `${address.host}`,
    port: Number(address.port),
    user: `${address.user}`,
    database: "postgres",
  });
  await client.connect();
  try {
    const { rows } = await client.query("select xact_commit from pg_stat_database where datname = $1", [
      database,
    ]);
    return Number(rows[0].xact_commit);
  } finally {
    await client.end();
  }
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

function serviceTable(measured: readonly Measured[]): string {
  const head = [
    "Service",
    "Requests per CPU-second",
    "Rate of one pod at the HPA's CPU target",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "Goal p95 ms",
    "Memory at rest, under load MiB",
    "Cold start s",
  ];
  const rows = measured.map(
    ({ service, figures, atTarget, objectiveP95Millis, idleMiB, loadedMiB, coldStartSeconds }) => [
      service.name,
      figures.requestsPerCpuSecond.toFixed(0),
      `${atTarget.rate.toFixed(0)}/s (${service.scaling.cpuPercent} % of ${service.resources.cpuMillis}m)`,
      atTarget.p50Millis.toFixed(1),
      atTarget.p95Millis.toFixed(1),
      atTarget.p99Millis.toFixed(1),
      service.objective.latencyOf === "overhead"
        ? `${service.objective.latencyP95Millis} of overhead: at most ${objectiveP95Millis}`
        : `${service.objective.latencyP95Millis}`,
      `${idleMiB.toFixed(0)}, ${loadedMiB.toFixed(0)}`,
      coldStartSeconds.toFixed(2),
    ],
  );
  return markdown(head, rows);
}

function needTable({ needs, ...table }: CapacityTable): string {
  const head = [
    "Service",
    "Requests/s",
    "vCPU burned",
    "Replicas at the target (maximum)",
    "vCPU asked for, sidecars included",
    "Redis commands/s",
    "PostgreSQL transactions/s",
    "Kafka MB/s",
    "Connections at most",
  ];
  const rows = needs.map((need) => [
    need.service,
    need.requestsPerSecond.toFixed(0),
    need.vcpu.toFixed(1),
    `${need.replicas} (${need.maxReplicas})`,
    need.requestedVcpu.toFixed(1),
    need.redisPerSecond.toFixed(0),
    need.postgresPerSecond.toFixed(0),
    need.kafkaMegabytesPerSecond.toFixed(1),
    `${need.databaseConnections}`,
  ]);
  rows.push([
    "gateway",
    goal.requestsPerSecond.toFixed(0),
    table.gatewayVcpu.toFixed(1),
    "",
    table.gatewayVcpu.toFixed(1),
    "",
    "",
    "",
    "",
  ]);
  rows.push([
    "**all**",
    "",
    table.burnedVcpu.toFixed(1),
    "",
    table.requestedVcpu.toFixed(1),
    table.redisPerSecond.toFixed(0),
    table.postgresPerSecond.toFixed(0),
    table.kafkaMegabytesPerSecond.toFixed(1),
    `${table.databaseConnections}`,
  ]);
  return markdown(head, rows);
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map((_, column) => (column === 0 ? "---" : "---:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function section(measured: readonly Measured[]): string {
  const table = capacityTable(
    catalog,
    Object.fromEntries(measured.map(({ service, figures }) => [service.name, figures])),
  );
  const mix = Object.entries(goal.mix).map(([name, share]) => `${name} ${(share * 100).toFixed(0)} %`);
  const sizes = Object.entries(binaries).map(
    ([name, file]) => `${name} ${(statSync(join(root, `${file}`)).size / 1e6).toFixed(1)} MB`,
  );
  return `## Services

Written by \`make bench-services\` on ${new Date().toISOString().slice(0, 10)}: ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, which
services, engines and the sender of requests share. Medians of ${runs} runs of ${seconds} s. Requests per CPU-second are those of the
service's own process at full load; latencies are measured with requests at a constant rate, that of one pod at the autoscaler's CPU target.
No images are built here (there is no Docker daemon), so sizes are those of the programs that \`make build\` leaves: ${sizes.join(", ")}.

${measured.map(({ service, route }) => `- ${service.name}: ${route}`).join("\n")}

${serviceTable(measured)}

### ${goal.requestsPerSecond.toLocaleString("en")} requests a second, ${goal.concurrentUsers.toLocaleString("en")} users

Computed from the figures above, not measured: mix ${mix.join(", ")}; ${proxyVcpuPerThousand} vCPU per 1,000 requests a second for each sidecar and the
gateway; ${table.openCalls.toFixed(0)} calls of models open at once (${goal.secondsPerCall} s each). 50 nodes have ${clusterVcpu} vCPU; PostgreSQL allows ${databaseConnections} connections.
A CPU-second of this machine is taken for one of a vCPU. Kafka's bytes count ${meteringBytes} a metering record, before compression;
Redis' commands count those inside scripts. Burst credits of t3 nodes: a t3.xlarge earns 40 % of its 4 vCPU (AWS, 2026-11), so
load above that for hours costs credits ($0.05 a vCPU-hour in unlimited mode).

${needTable(table)}

${table.problems.length === 0 ? "It fits." : `It does not fit: ${table.problems.join("; ")}.`}
`;
}

/** Puts the section between its marks, at the end of the page where it was never written. */
function writeSection(text: string): void {
  const old = readFileSync(page, "utf8");
  const [start, end] = marks;
  const own = `${start}\n${text}${end}\n`;
  const from = old.indexOf(start);
  const to = old.indexOf(end);
  writeFileSync(
    page,
    from < 0 ? `${old.trimEnd()}\n\n${own}` : old.slice(0, from) + own + old.slice(to + end.length + 1),
  );
}

const vegeta = join(await goTools("vegeta", say), "vegeta");
for (const { name } of catalog) await buildService(name, say);
const platform = await startPlatform({ say });
try {
  const urls = Object.fromEntries(catalog.map(({ name }) => [name, platform.service(name).url]));
  const workloads = await makeWorkloads({ urls, token: platform.token });
  const measured: Measured[] = [];
  for (const service of catalog) {
    say(`measuring ${service.name}`);
    measured.push(await measure(platform, service, workloads[service.name] as Workload, vegeta));
  }
  const text = section(measured);
  console.log(text);
  writeSection(text);
} finally {
  await platform.stop();
}
