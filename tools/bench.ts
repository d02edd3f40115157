/**
 * Time and peak memory of planning each stack, and of production with 4, 40 and 400 services. Every figure is the
 * median of processes of their own, beside the bare import of the SDKs that the stack uses. Prints the table and
 * writes docs/benchmarks.md.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { readProject, stackConfig } from "../cli/project.ts";
import { markdownTable, median } from "./bench-figures.ts";

const root = resolve(import.meta.dirname, "..");
const runs = Math.max(3, Number(process.env.BENCH_RUNS) || 3);
const serviceCounts = [4, 40, 400];
/** Where the part of `make bench-services` begins, to the end of the page. */
const servicesMark = "<!-- bench-services -->";

const sdks: Readonly<Record<string, readonly string[]>> = {
  aws: ["@pulumi/pulumi", "@pulumi/kubernetes", "@pulumi/aws", "@pulumi/eks"],
  local: ["@pulumi/pulumi", "@pulumi/kubernetes"],
};

interface Measured {
  readonly what: string;
  readonly resources: number | undefined;
  readonly seconds: number;
  readonly peakMiB: number;
  /** Seconds of the program alone, and of the guardrails, the price and the report; undefined for a bare import. */
  readonly program?: number | undefined;
  readonly assessors?: number | undefined;
  readonly baselineSeconds: number | undefined;
}

/** What tools/bench-catalog.ts writes. */
interface Result {
  readonly peakMiB: number;
  readonly program?: number;
  readonly assessors?: number;
}

/** Runs Node with the arguments several times; throws when it fails, for a failed plan is no measurement. */
function measure(args: readonly string[], folder: string, environment: Record<string, string> = {}) {
  const results = Array.from({ length: runs }, () => {
    const file = join(folder, "result.json");
    const started = performance.now();
    const run = spawnSync(process.execPath, ["--import", join(root, "tools", "bench-catalog.ts"), ...args], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, CI: "1", BENCH_RESULT: file, ...environment },
    });
    const seconds = (performance.now() - started) / 1000;
    // 2: the copies of services have fewer replicas than the guardrails ask for.
    if (run.status !== 0 && run.status !== 2) throw new Error(`${args.join(" ")} failed: ${run.stderr}`);
    return { seconds, ...(JSON.parse(readFileSync(file, "utf8")) as Result) };
  });
  const middle = (pick: (result: Result) => number | undefined) => {
    const values = results.map(pick).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : median(values);
  };
  return {
    seconds: median(results.map((result) => result.seconds)),
    peakMiB: median(results.map((result) => result.peakMiB)),
    program: middle((result) => result.program),
    assessors: middle((result) => result.assessors),
  };
}

function measurePlan(what: string, stack: string, folder: string, baseline: number, services = 0): Measured {
  process.stderr.write(`measuring ${what}\n`);
  const environment: Record<string, string> = services > 0 ? { BENCH_SERVICES: String(services) } : {};
  const result = measure(["cli/main.ts", "plan", stack, "--quiet", "--out", folder], folder, environment);
  const plan = JSON.parse(readFileSync(join(folder, stack, "plan.json"), "utf8")) as { resources: unknown[] };
  return { what, resources: plan.resources.length, ...result, baselineSeconds: baseline };
}

function measureAll(folder: string): Measured[] {
  const project = readProject(root);
  const cloudOf = (stack: string) => stackConfig(project, stack)[`${project.name}:cloud`] ?? "";
  const baselines = new Map<string, Measured>();
  for (const [cloud, packages] of Object.entries(sdks)) {
    process.stderr.write(`measuring the bare import for ${cloud}\n`);
    const code = packages.map((name) => `await import(${JSON.stringify(name)});`).join("");
    const result = measure(["--input-type=module", "--eval", code], folder);
    const what = `bare import: ${packages.map((name) => name.replace("@pulumi/", "")).join(", ")}`;
    baselines.set(cloud, { what, resources: undefined, ...result, baselineSeconds: undefined });
  }
  const baselineOf = (stack: string) => baselines.get(cloudOf(stack))?.seconds ?? Number.NaN;
  return [
    ...baselines.values(),
    ...project.stacks.map((stack) => measurePlan(`plan ${stack}`, stack, folder, baselineOf(stack))),
    ...serviceCounts.map((count) =>
      measurePlan(
        `plan production, ${count} services`,
        "production",
        folder,
        baselineOf("production"),
        count,
      ),
    ),
  ];
}

function table(measured: readonly Measured[]): string {
  const rows = measured.map(({ what, resources, seconds, peakMiB, program, assessors, baselineSeconds }) => [
    what,
    resources === undefined ? "" : String(resources),
    seconds.toFixed(2),
    program?.toFixed(2) ?? "",
    assessors?.toFixed(2) ?? "",
    String(Math.round(peakMiB)),
    baselineSeconds === undefined ? "" : (seconds / baselineSeconds).toFixed(1),
    resources === undefined ? "" : ((seconds * 1000) / resources).toFixed(1),
  ]);
  const head = [
    "What",
    "Resources",
    "Wall s",
    "Program s",
    "Report s",
    "Peak MiB",
    "× bare import",
    "ms a resource",
  ];
  return markdownTable(head, rows);
}

const folder = mkdtempSync(join(tmpdir(), "marketplace-bench-"));
try {
  const result = table(measureAll(folder));
  console.log(result);
  const machine = [
    `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"})`,
    `${Math.round(totalmem() / 2 ** 30)} GiB of memory`,
    `Node ${process.versions.node}`,
    `${process.platform} ${process.arch}`,
  ];
  const page = join(root, "docs", "benchmarks.md");
  // What other benchmarks wrote below stays as it is.
  const old = existsSync(page) ? readFileSync(page, "utf8") : "";
  const others = old.includes(servicesMark) ? old.slice(old.indexOf(servicesMark)) : undefined;
  writeFileSync(
    page,
    `# Benchmarks

Written by \`make bench\` on ${new Date().toISOString().slice(0, 10)}: ${machine.join(", ")}.
Each figure is the median of ${runs} processes. A plan is the whole command, from its start to the last file written;
"Program" is the real program on the simulator, "Report" is what looks at the plan: guardrails, price and report, with
the wait for the second plan of the optimised price, which is a process of its own. It may not be longer than the program.
The last column is the whole time divided by the resources, so it falls where start-up dominates and stays level
where growth is linear. Services beyond the four real ones are copies of them (\`tools/bench-catalog.ts\`).

${result}
${others === undefined ? "" : `\n${others}`}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
