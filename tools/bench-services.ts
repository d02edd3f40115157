/**
 * `make bench-services`: each service under load over real engines on this machine, and what 50,000 requests a second
 * need. Renews its part of docs/benchmarks.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { catalog } from "../services/catalog.ts";
import { CpuMeter } from "../services/dev/bench/cpu-meter.ts";
import { type Measured, measure } from "../services/dev/bench/measure.ts";
import { servicesPage } from "../services/dev/bench/page.ts";
import { makeWorkloads, type Workload } from "../services/dev/bench/workload.ts";
import { type Platform, startPlatform } from "../services/dev/platform/platform.ts";
import { buildService } from "../services/dev/platform/programs.ts";
import { goTools } from "./go-tools.ts";
import { measure as measureImage, type Service, total } from "./image-sizes.ts";

const root = resolve(import.meta.dirname, "..");
const page = join(root, "docs", "benchmarks.md");
const marks = ["<!-- bench-services -->", "<!-- /bench-services -->"] as const;
/** Seconds that the platform is watched at rest. */
const restSeconds = 10;

const say = (line: string) => process.stderr.write(`${line}\n`);

function meterOf(platform: Platform): CpuMeter {
  const services = catalog.map(({ name }) => [name, () => platform.service(name).pid as number] as const);
  const stores = [...platform.engines.engines].flatMap(([name, { server }]) =>
    server === undefined ? [] : [[name, () => server.pid as number] as const],
  );
  return new CpuMeter(Object.fromEntries([...services, ...stores]));
}

function machine(): string {
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
}

/** The images' sizes; consumption's takes minutes, because it links the whole program at once. */
async function images() {
  const sizes = [];
  for (const { name } of catalog) {
    say(`measuring the image of ${name}`);
    const size = await measureImage(name as Service);
    sizes.push({ service: name, megabytes: total(size), targetMegabytes: size.targetMegabytes });
  }
  return sizes;
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
const sizes = await images();
const platform = await startPlatform({ say });
try {
  const urls = Object.fromEntries(catalog.map(({ name }) => [name, platform.service(name).url]));
  say("making listings, keys and an index");
  const workloads = await makeWorkloads(
    { urls, token: platform.token },
    platform.engines.engines.get("kafka")?.address ?? {},
  );
  const meter = meterOf(platform);
  await meter.watchRest(restSeconds);
  const measured: Measured[] = [];
  for (const service of catalog) {
    say(`measuring ${service.name}`);
    measured.push(await measure({ platform, meter, vegeta }, service, workloads[service.name] as Workload));
  }
  const date = new Date().toISOString().slice(0, 10);
  const text = servicesPage(measured, { machine: machine(), date, images: sizes });
  console.log(text);
  writeSection(text);
} finally {
  await platform.stop();
}
