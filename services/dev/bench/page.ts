/** The services' part of docs/benchmarks.md. Pure: figures in, Markdown out. */
import { markdownTable } from "../../../tools/bench-figures.ts";
import { catalog } from "../../catalog.ts";
import {
  type Capacity,
  capacity,
  clusterVcpu,
  databaseConnections,
  type Figures,
  goal,
  loadSteps,
  proxyVcpuPerThousand,
} from "./capacity.ts";
import { type Measured, runSeconds, runs } from "./measure.ts";
import { meteringTopic, planned } from "./store-sizes.ts";
import { indexedListings } from "./workload.ts";

export interface PageFacts {
  /** Of the machine: cores, processor, memory. */
  readonly machine: string;
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** Megabytes of each service's image, and the most that they may be. */
  readonly images: readonly {
    readonly service: string;
    readonly megabytes: number;
    readonly targetMegabytes: number;
  }[];
}

export function servicesPage(measured: readonly Measured[], { machine, date, images }: PageFacts): string {
  const figures = Object.fromEntries(measured.map(({ service, figures }) => [service.name, figures]));
  const steps = loadSteps.map((requestsPerSecond) =>
    capacity(catalog, figures, { ...goal, requestsPerSecond }),
  );
  const whole = steps.at(-1) as Capacity;
  return `## Services

Written by \`make bench-services\` on ${date}: ${machine}, which services, engines and the sender of requests share.
Medians of ${runs} runs of ${runSeconds} s. Requests per CPU-second are those of the service's own process at full load, with the work that a request
leaves behind; latencies are measured with requests at a constant rate, that of one pod at the autoscaler's CPU target.
Images, as \`make image-sizes\` measures them (bases that cannot be pulled here are assumed): ${imageText(images)}.

${measured.map(({ service, route }) => `- ${service.name}: ${route}`).join("\n")}

${serviceTable(measured)}

CPU that 1,000 requests cost elsewhere, in CPU-seconds: the stores, and what the services do later with what a request left
behind (admin counts metering records, discovery indexes listings). What a process takes at rest is subtracted.

${elsewhereTable(measured)}

### ${count(goal.requestsPerSecond)} requests a second, ${count(goal.concurrentUsers)} users

Computed from the figures above, not measured: mix ${mix()}; ${proxyVcpuPerThousand} vCPU per 1,000 requests a second for each sidecar and the
gateway; ${count(whole.openCalls)} calls of models open at once (${goal.secondsPerCall} s each). 50 nodes have ${clusterVcpu} vCPU; PostgreSQL allows ${databaseConnections} connections.
A CPU-second of this machine is taken for one of a vCPU. Kafka's bytes are those of one copy on disk, compressed as sent;
Redis' commands count those inside scripts.

${needTable(whole)}

${partitionText(whole, figures)}

What production has now (\`config/defaults.ts\`) is enough for: ${holdText(whole)} requests a second.

${whole.problems.length === 0 ? "It fits." : `It does not fit: ${whole.problems.join("; ")}.`}

### What each step takes

Nodes for the services' pods (t3.xlarge; vCPU beyond what they earn in credits is billed), the smallest size of each store that
burns at most ${planned * 100} % of its CPU, and list prices a month in us-east-1 (\`cost/prices.json\`). The stack's fixed parts, such as
monitoring, come on top: \`marketplace cost\` says them. Kafka keeps ${(meteringTopic().retentionHours / 24).toFixed(0)} days in three copies; its followers are
counted like leaders. Elasticsearch holds ${count(indexedListings)} listings here; a larger index costs more a search.

${stepTable(steps)}

${steps
  .filter(({ problems }) => problems.length > 0)
  .map(({ requestsPerSecond, problems }) => `- At ${count(requestsPerSecond)}/s: ${problems.join("; ")}.`)
  .join("\n")}
`;
}

function imageText(images: PageFacts["images"]): string {
  return images
    .map(
      ({ service, megabytes, targetMegabytes }) =>
        `${service} ${megabytes.toFixed(1)} MB of ${targetMegabytes}`,
    )
    .join(", ");
}

function serviceTable(measured: readonly Measured[]): string {
  return markdownTable(
    [
      "Service",
      "Requests per CPU-second",
      "Rate of one pod at the HPA's CPU target",
      "p50 ms",
      "p95 ms",
      "p99 ms",
      "Goal p95 ms",
      "Memory at rest, under load MiB",
      "Cold start s",
    ],
    measured.map(
      ({ service, figures, atTarget, objectiveP95Millis, idleMiB, loadedMiB, coldStartSeconds }) => [
        service.name,
        count(figures.requestsPerCpuSecond),
        `${count(atTarget.rate)}/s (${service.scaling.cpuPercent} % of ${service.resources.cpuMillis}m)`,
        atTarget.p50Millis.toFixed(1),
        atTarget.p95Millis.toFixed(1),
        atTarget.p99Millis.toFixed(1),
        service.objective.latencyOf === "overhead"
          ? `${service.objective.latencyP95Millis} of overhead: at most ${objectiveP95Millis}`
          : `${service.objective.latencyP95Millis}`,
        `${idleMiB.toFixed(0)}, ${loadedMiB.toFixed(0)}`,
        coldStartSeconds.toFixed(2),
      ],
    ),
  );
}

function elsewhereTable(measured: readonly Measured[]): string {
  const processes = [...new Set(measured.flatMap(({ figures }) => Object.keys(figures.elsewhere)))].sort();
  return markdownTable(
    ["1,000 requests to", ...processes],
    measured.map(({ service, figures }) => [
      service.name,
      ...processes.map((name) => {
        const seconds = figures.elsewhere[name];
        return seconds === undefined ? "" : (seconds * 1000).toFixed(2);
      }),
    ]),
  );
}

function needTable({ needs, ...table }: Capacity): string {
  const vcpu = (value: number) => value.toFixed(1);
  return markdownTable(
    [
      "Service",
      "Requests/s",
      "vCPU burned",
      "Replicas at the target (maximum)",
      "vCPU asked for, sidecars included",
      "Redis commands/s",
      "PostgreSQL transactions/s",
      "Kafka MB/s",
      "Connections at most",
    ],
    [
      ...needs.map((need) => [
        need.service,
        count(need.requestsPerSecond),
        vcpu(need.vcpu),
        `${need.replicas} (${need.maxReplicas})`,
        vcpu(need.requestedVcpu),
        count(need.redisPerSecond),
        count(need.postgresPerSecond),
        need.kafkaMegabytesPerSecond.toFixed(1),
        `${need.databaseConnections}`,
      ]),
      [
        "gateway",
        count(table.requestsPerSecond),
        vcpu(table.gatewayVcpu),
        "",
        vcpu(table.gatewayVcpu),
        "",
        "",
        "",
        "",
      ],
      [
        "**all**",
        "",
        vcpu(table.burnedVcpu),
        "",
        vcpu(table.requestedVcpu),
        count(table.redisPerSecond),
        count(table.postgresPerSecond),
        table.kafkaMegabytesPerSecond.toFixed(1),
        `${table.databaseConnections}`,
      ],
    ],
  );
}

function partitionText({ needs }: Capacity, figures: Figures): string {
  const { partitions, name } = meteringTopic();
  const calls = needs.find(({ service }) => service === "consumption")?.requestsPerSecond ?? 0;
  const perRecord = figures.consumption?.elsewhere.admin ?? Number.NaN;
  return `\`${name}\` has ${partitions} partitions: ${count(calls / partitions)} records a second each. One core of admin counts ${count(1 / perRecord)} records a second, so
${Math.ceil(calls * perRecord)} of its pods' cores count them all; an organisation's records are in one partition, so no organisation may make more calls a
second than one admin process counts.`;
}

/** How far the stores' present sizes, and the most pods that the table allows, reach in this mix. */
function holdText({ requestsPerSecond, needs, stores }: Capacity): string {
  const reach = [
    ...stores.map(({ store, vcpu, productionVcpu }) => ({ what: store, share: productionVcpu / vcpu })),
    ...needs.map(({ service, replicas, maxReplicas }) => ({ what: service, share: maxReplicas / replicas })),
  ];
  return reach
    .sort((a, b) => a.share - b.share)
    .map(({ what, share }) => `${what} ${count(Math.floor((requestsPerSecond * share) / 100) * 100)}`)
    .join(", ");
}

function stepTable(steps: readonly Capacity[]): string {
  const dollars = (value: number) => `$${count(value)}`;
  const stores = steps[0]?.stores.map(({ store }) => store) ?? [];
  return markdownTable(
    [
      "Requests/s",
      `Replicas (${catalog.map(({ name }) => name).join(", ")})`,
      "vCPU burned, asked for",
      "Nodes, $ a month",
      "Credits $ a month",
      ...stores.map((store) => `${store}, $ a month`),
      "All, $ a month",
    ],
    steps.map((step) => [
      count(step.requestsPerSecond),
      step.needs.map(({ replicas }) => replicas).join(", "),
      `${step.burnedVcpu.toFixed(0)}, ${step.requestedVcpu.toFixed(0)}`,
      `${step.nodes.count}, ${dollars(step.nodes.monthlyUsd)}`,
      dollars(step.nodes.surplusMonthlyUsd),
      ...step.stores.map(
        ({ size, vcpu, monthlyUsd, problem }) =>
          `${size} (${vcpu.toFixed(1)} vCPU burned)${problem === undefined ? "" : ", too small"}, ${dollars(monthlyUsd)}`,
      ),
      dollars(
        step.nodes.monthlyUsd +
          step.nodes.surplusMonthlyUsd +
          step.stores.reduce((sum, { monthlyUsd }) => sum + monthlyUsd, 0),
      ),
    ]),
  );
}

function mix(): string {
  return Object.entries(goal.mix)
    .map(([name, share]) => `${name} ${Number((share * 100).toFixed(1))} %`)
    .join(", ");
}

/** A whole number with separators of thousands. */
function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}
