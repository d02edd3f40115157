/**
 * Runs the test stages one after the other and sums up what their reports say. Without arguments the quick stages run,
 * with `all` every stage, with names only those. A failed stage does not stop the others: one run shows everything that is wrong.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { missingBrowser } from "../tests/support/browser-path.ts";
import type { TestReport } from "./reporter.ts";

const root = resolve(import.meta.dirname, "..");

interface Stage {
  readonly name: string;
  readonly title: string;
  /** Arguments for Node, or for Mocha where `mocha` is set. */
  readonly args: readonly string[];
  readonly mocha: boolean;
  /** Too long for every change on a laptop: runs when it is named, and with `all`. */
  readonly long?: boolean;
  /** Why the stage cannot run here; undefined where it can. */
  readonly leftOut?: () => string | undefined;
}

const bin = (name: string) => join(root, "node_modules", ...name.split("/"));

const stages: readonly Stage[] = [
  { name: "typecheck", title: "types", args: [bin("typescript/bin/tsc"), "-p", "."], mocha: false },
  {
    name: "lint",
    title: "style",
    args: [bin("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "."],
    mocha: false,
  },
  {
    name: "generated",
    title: "generated files are fresh",
    args: ["tools/goldens.ts", "--check"],
    mocha: false,
  },
  { name: "unit", title: "unit and property tests", args: ["tests/unit/**/*.test.ts"], mocha: true },
  { name: "cli", title: "command line", args: ["tests/cli/**/*.test.ts"], mocha: true },
  { name: "plan", title: "plans: goldens and invariants", args: ["tests/plan/**/*.test.ts"], mocha: true },
  {
    name: "report",
    title: "report in a browser",
    args: ["tests/report/**/*.test.ts"],
    mocha: true,
    leftOut: missingBrowser,
  },
  {
    name: "policies",
    title: "policy packs over the engine's protocol",
    args: ["tests/policies/**/*.test.ts"],
    mocha: true,
  },
  {
    name: "protocol",
    title: "plan against the engine's protocol",
    args: ["tests/protocol/**/*.test.ts"],
    mocha: true,
  },
  {
    name: "stores",
    title: "stores on real servers",
    args: ["tests/stores/**/*.test.ts"],
    mocha: true,
  },
  {
    name: "rules",
    title: "alerts, routes and dashboards' queries on real Prometheus and Alertmanager",
    args: ["tests/rules/**/*.test.ts"],
    mocha: true,
    leftOut: () => (onPath("go") ? undefined : "no Go compiler is on PATH to build Prometheus with"),
  },
  {
    name: "engine",
    title: "real engine",
    args: ["tests/engine/**/*.test.ts"],
    mocha: true,
    leftOut: () => (onPath("pulumi") ? undefined : "the Pulumi CLI is not on PATH"),
  },
  {
    name: "services",
    title: "services: build, style and unit tests of four languages",
    args: ["tools/service-tests.ts", "unit"],
    mocha: false,
    long: true,
  },
  {
    name: "images",
    title: "Dockerfiles and compose.yaml, as Docker and hadolint read them",
    args: ["tests/images/**/*.test.ts"],
    mocha: true,
    long: true,
  },
  {
    name: "service-engines",
    title: "services on real engines",
    args: ["tools/service-tests.ts", "engines"],
    mocha: false,
    long: true,
  },
  {
    name: "platform",
    title: "across services: journey, faults, abuse, contract, fuzzing",
    args: ["tests/services/**/*.test.ts"],
    mocha: true,
    long: true,
  },
  {
    name: "control-plane",
    title: "control plane is built",
    args: ["tools/go-tools.ts", "control-plane"],
    mocha: false,
    long: true,
  },
  {
    name: "conformance",
    title: "on a real control plane",
    args: ["tests/conformance/**/*.test.ts"],
    mocha: true,
    long: true,
  },
];

function onPath(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => existsSync(join(directory, name)));
}

interface Outcome {
  readonly stage: Stage;
  readonly ok: boolean;
  readonly leftOut: string | undefined;
  readonly report: TestReport | undefined;
}

function runStage(stage: Stage, folder: string): Outcome {
  const leftOut = stage.leftOut?.();
  console.log(`\n== ${stage.title}`);
  if (leftOut !== undefined) {
    console.log(`== ${stage.title}: LEFT OUT, ${leftOut}`);
    return { stage, ok: true, leftOut, report: undefined };
  }
  const started = performance.now();
  const reportFile = join(folder, `${stage.name}.json`);
  const mocha = [
    bin("mocha/bin/mocha.js"),
    "--reporter",
    join(root, "tools", "reporter.ts"),
    "--forbid-only",
    "--fail-zero",
  ];
  const run = spawnSync(process.execPath, [...(stage.mocha ? mocha : []), ...stage.args], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, MOCHA_REPORT: reportFile },
  });
  const report = existsSync(reportFile)
    ? (JSON.parse(readFileSync(reportFile, "utf8")) as TestReport)
    : undefined;
  const ok = run.status === 0 && (!stage.mocha || (report !== undefined && report.failed === 0));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`== ${stage.title}: ${ok ? "ok" : "FAILED"}, ${seconds} s`);
  return { stage, ok, leftOut: undefined, report };
}

function summarise(outcomes: readonly Outcome[]): boolean {
  const sum = (key: "passed" | "failed" | "skipped") =>
    outcomes.reduce((total, { report }) => total + (report?.[key] ?? 0), 0);
  const failed = outcomes.filter(({ ok }) => !ok);
  console.log();
  for (const { stage, report } of failed) {
    console.log(`failed stage: ${stage.title}`);
    for (const { title, message } of report?.failures ?? []) {
      console.log(`  ${title}: ${message.split("\n")[0]}`);
    }
  }
  for (const { stage, leftOut } of outcomes) {
    if (leftOut !== undefined) console.log(`left out: ${stage.title} (${leftOut})`);
  }
  const skipped = sum("skipped");
  // A stage that failed without a failing test (types, style, a file that does not load) is one failure.
  const withoutTests = failed.filter(({ report }) => (report?.failed ?? 0) === 0).length;
  const failures = sum("failed") + withoutTests;
  console.log(`${sum("passed")} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed.length === 0;
}

const wanted = process.argv.slice(2);
const everything = wanted.length === 1 && wanted[0] === "all";
const unknown = wanted.filter((name) => !everything && !stages.some((stage) => stage.name === name));
if (unknown.length > 0) {
  console.error(
    `error: no stage ${unknown.join(", ")}; there are ${stages.map((stage) => stage.name).join(", ")}, and all`,
  );
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "marketplace-test-"));
try {
  const outcomes = stages
    .filter(
      (stage) => everything || (wanted.length === 0 ? stage.long !== true : wanted.includes(stage.name)),
    )
    .map((stage) => runStage(stage, folder));
  if (!summarise(outcomes)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
