/**
 * What each service's image holds against its target, without a container daemon: what the Dockerfile copies is made
 * here the same way and measured; a base that cannot be pulled here counts with the figure below. Fails above a target.
 *
 *     node tools/image-sizes.ts [SERVICE…]    all four by default; consumption's takes minutes (link-time optimisation)
 *
 * Bytes are those of the unpacked files on this machine's platform, 1 MB = 10⁶.
 */
import { execFile, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const services = resolve(import.meta.dirname, "..", "services");
const megabyte = 1_000_000;
const execute = promisify(execFile);

export interface ImageSize {
  readonly service: string;
  readonly targetMegabytes: number;
  readonly parts: readonly Part[];
}

export interface Part {
  readonly what: string;
  readonly megabytes: number;
  /** Not measured here, but taken from where `what` says. */
  readonly assumed?: boolean;
}

/** `/etc/ssl/certs/ca-certificates.crt` of Debian 12 and Alpine 3.22 in 2026. */
const certificates: Part = { what: "root certificates", megabytes: 0.22, assumed: true };

/**
 * gcr.io/distroless/cc-debian12, which could not be pulled here. It is made of eleven packages: base-files, netbase,
 * tzdata, media-types, ca-certificates, libc6, libssl3, libgcc-s1, libgomp1, libstdc++6 and gcc-12-base; their files
 * have 23.58 MB in Debian 12 of 2026-11-28 (amd64).
 */
const distrolessCc: Part = { what: "base cc-debian12, its packages", megabytes: 23.6, assumed: true };

const measures = {
  publishing: async (): Promise<ImageSize> => {
    await make("publishing", "build");
    return {
      service: "publishing",
      targetMegabytes: 150,
      parts: [
        { what: "bundle", megabytes: bytes(join(services, "publishing", "dist")) / megabyte },
        { what: "Node without symbols", megabytes: strippedBytes(process.execPath) / megabyte },
        distrolessCc,
      ],
    };
  },
  discovery: async (): Promise<ImageSize> => {
    await make("discovery", "build");
    const binary = bytes(join(services, "discovery", "bin", "discovery"));
    return {
      service: "discovery",
      targetMegabytes: 25,
      parts: [{ what: "binary", megabytes: binary / megabyte }, certificates],
    };
  },
  consumption: async (): Promise<ImageSize> => {
    const output = await make("consumption", "size");
    const binary = figure(output, /static, (\d+) of at most/, "consumption");
    return {
      service: "consumption",
      targetMegabytes: 15,
      parts: [{ what: "binary", megabytes: binary / megabyte }, certificates],
    };
  },
  admin: async (): Promise<ImageSize> => {
    const output = await make("admin", "size");
    return {
      service: "admin",
      targetMegabytes: 200,
      parts: [
        { what: "packages", megabytes: figure(output, /^ *(\d+) +MB +all packages$/m, "admin") },
        {
          what: "base python3-debian13, see services/admin/tools/size.py",
          megabytes: figure(output, /^ *(\d+) +MB +the base, assumed$/m, "admin"),
          assumed: true,
        },
      ],
    };
  },
} satisfies Readonly<Record<string, () => Promise<ImageSize>>>;

export type Service = keyof typeof measures;

export function measure(service: Service): Promise<ImageSize> {
  return measures[service]();
}

export function total({ parts }: ImageSize): number {
  return parts.reduce((sum, { megabytes }) => sum + megabytes, 0);
}

/** One line an image; `TOO LARGE` where it is above its target. */
export function row(size: ImageSize): string {
  const parts = size.parts.map(
    ({ what, megabytes, assumed }) => `${what} ${megabytes.toFixed(1)}${assumed ? " (assumed)" : ""}`,
  );
  const verdict = total(size) > size.targetMegabytes ? "TOO LARGE" : "ok";
  return [
    size.service.padEnd(12),
    `${total(size).toFixed(1).padStart(6)} of ${size.targetMegabytes} MB`.padEnd(18),
    verdict.padEnd(10),
    parts.join(" + "),
  ].join("");
}

async function make(service: string, verb: string): Promise<string> {
  try {
    const { stdout } = await execute("make", ["--no-print-directory", "-C", join(services, service), verb], {
      maxBuffer: 1 << 26,
      timeout: 30 * 60_000,
    });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`make -C services/${service} ${verb} failed:\n${stdout ?? ""}${stderr ?? error}`);
  }
}

function figure(output: string, pattern: RegExp, service: string): number {
  const match = pattern.exec(output);
  if (match === null) throw new Error(`services/${service}: make size does not say ${pattern}:\n${output}`);
  return Number(match[1]);
}

function bytes(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, entry) => sum + bytes(join(path, entry)), 0);
}

/** As the image has Node: without its table of symbols. */
function strippedBytes(program: string): number {
  const folder = mkdtempSync(join(tmpdir(), "marketplace-size-"));
  try {
    const copy = join(folder, "program");
    copyFileSync(program, copy);
    const strip = spawnSync("strip", [copy], { encoding: "utf8" });
    if (strip.status !== 0) throw new Error(`strip: ${strip.error?.message ?? strip.stderr}`);
    return bytes(copy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !(name in measures));
  try {
    if (unknown.length > 0) {
      throw new Error(
        `${unknown.join(", ")}: no such service; there are ${Object.keys(measures).join(", ")}`,
      );
    }
    for (const name of wanted.length > 0 ? wanted : Object.keys(measures)) {
      const size = await measure(name as Service);
      console.log(row(size));
      if (total(size) > size.targetMegabytes) process.exitCode = 1;
    }
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
