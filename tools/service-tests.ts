/**
 * Runs one verb group of every service and counts what the languages' own runners say:
 *
 *     node tools/service-tests.ts unit       builds, style, unit tests
 *     node tools/service-tests.ts engines    tests against real engines, started anew for each service
 *
 * The counts go to the file that MOCHA_REPORT names, as the other stages' do. Go's runner counts packages here.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { TestReport } from "./reporter.ts";

const root = resolve(import.meta.dirname, "..");
const engines: Readonly<Record<string, string>> = {
  publishing: "postgres,kafka,issuer",
  discovery: "redis,kafka,elasticsearch,issuer",
  consumption: "redis,kafka,issuer",
  admin: "postgres,kafka,issuer",
};

/** How each runner writes its sums: node's, Go's (a line a package), Cargo's, pytest's. */
const sums: readonly { readonly passed: RegExp; readonly failed: RegExp }[] = [
  { passed: /^(?:ℹ|#) pass (\d+)$/gm, failed: /^(?:ℹ|#) fail (\d+)$/gm },
  { passed: /^ok {2}\t\S+\t(?!\[no test files\])/gm, failed: /^FAIL\t\S+/gm },
  {
    passed: /^test result: \w+\. (\d+) passed; \d+ failed/gm,
    failed: /^test result: \w+\. \d+ passed; (\d+) failed/gm,
  },
  {
    passed: /^(?:=+ )?(?:\d+ \w+, )*(\d+) passed\b.* in [\d.]+s/gm,
    failed: /^(?:=+ )?(?:\d+ \w+, )*(\d+) failed\b.* in [\d.]+s/gm,
  },
];

/** Sum of what a pattern finds: of its number where it has one, else one a match. */
export function sum(pattern: RegExp, text: string): number {
  return [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1] ?? 1), 0);
}

/** Passed and failed tests that a run's output tells of. */
export function counts(output: string): { passed: number; failed: number } {
  const total = { passed: 0, failed: 0 };
  for (const { passed, failed } of sums) {
    total.passed += sum(passed, output);
    total.failed += sum(failed, output);
  }
  return total;
}

/** Runs a command; shows what it prints and gives it back. */
function run(command: string, args: readonly string[]): Promise<{ ok: boolean; output: string }> {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        process.stdout.write(text);
      });
    }
    child.once("error", (error) => done({ ok: false, output: `${output}\n${error.message}` }));
    child.once("close", (code) => done({ ok: code === 0, output }));
  });
}

async function runService(service: string, group: string): Promise<{ ok: boolean; output: string }> {
  const make = ["--no-print-directory", "-C", `services/${service}`];
  if (group === "unit") return run("make", [...make, "build", "lint", "test"]);
  const starter = [join("tools", "engines.ts"), "run", "--only", engines[service] as string, "--"];
  return run(process.execPath, [...starter, "make", ...make, "test-engines"]);
}

async function main(group: string): Promise<void> {
  const report = { passed: 0, failed: 0, skipped: 0, failures: [] as { title: string; message: string }[] };
  for (const service of Object.keys(engines)) {
    const started = performance.now();
    const { ok, output } = await runService(service, group);
    const { passed, failed } = counts(output);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(`-- ${service}: ${passed} passed, ${failed} failed, ${ok ? "ok" : "FAILED"}, ${seconds} s`);
    report.passed += passed;
    report.failed += failed;
    // A run that fails before a test, or that runs none, is a failure of its own.
    if ((!ok && failed === 0) || (ok && passed === 0)) report.failed += 1;
    if (!ok || passed === 0) {
      report.failures.push({
        title: `${service}, ${group}`,
        message: ok ? "no test ran" : `make -C services/${service} failed`,
      });
    }
  }
  if (process.env.MOCHA_REPORT) {
    writeFileSync(process.env.MOCHA_REPORT, JSON.stringify(report satisfies TestReport));
  }
  if (report.failures.length > 0) process.exitCode = 1;
}

if (import.meta.main) {
  const [group] = process.argv.slice(2);
  if (group !== "unit" && group !== "engines") {
    console.error(`error: ${group ?? "nothing"} is no group; there are unit and engines`);
    process.exitCode = 1;
  } else {
    await main(group);
  }
}
