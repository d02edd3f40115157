/** Requests at a constant rate (open loop), by vegeta: waiting answers do not slow down what is sent. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Target {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface AttackResult {
  readonly requests: number;
  /** Answers a second. */
  readonly throughput: number;
  /** Share of answers from 200 to 399. */
  readonly success: number;
  readonly p50Millis: number;
  readonly p95Millis: number;
  readonly p99Millis: number;
  readonly statusCodes: Readonly<Record<string, number>>;
}

export interface AttackOptions {
  readonly vegeta: string;
  readonly targets: readonly Target[];
  readonly seconds: number;
  /** Requests a second; undefined sends as fast as `workers` connections get answers. */
  readonly rate?: number;
  readonly workers?: number;
}

export async function attack({
  vegeta,
  targets,
  seconds,
  rate,
  workers = 16,
}: AttackOptions): Promise<AttackResult> {
  const folder = mkdtempSync(join(tmpdir(), "marketplace-attack-"));
  try {
    const list = join(folder, "targets.json");
    writeFileSync(list, `${targets.map(encode).join("\n")}\n`);
    const results = join(folder, "results.bin");
    const pace =
      rate === undefined
        ? ["-rate", "0", "-max-workers", `${workers}`]
        : ["-rate", `${Math.max(1, Math.round(rate))}/1s`];
    await run(vegeta, [
      "attack",
      "-format",
      "json",
      "-targets",
      list,
      "-duration",
      `${seconds}s`,
      "-timeout",
      "10s",
      ...pace,
      "-output",
      results,
    ]);
    const report = JSON.parse(await run(vegeta, ["report", "-type", "json", results]));
    const millis = (nanoseconds: number) => nanoseconds / 1e6;
    return {
      requests: report.requests,
      throughput: report.throughput,
      success: report.success,
      p50Millis: millis(report.latencies["50th"]),
      p95Millis: millis(report.latencies["95th"]),
      p99Millis: millis(report.latencies["99th"]),
      statusCodes: report.status_codes,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function encode({ method, url, headers = {}, body }: Target): string {
  const json = body === undefined ? {} : { "Content-Type": ["application/json"] };
  return JSON.stringify({
    method,
    url,
    header: {
      ...json,
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    },
    ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)).toString("base64") }),
  });
}

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0
        ? resolve(output)
        : reject(new Error(`vegeta ${args[0]} ended with ${code}: ${errors.trim()}`)),
    );
  });
}
