/** Docker's own reading of Dockerfiles and compose files; the tool is built once, in about three minutes. */
import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { goTools } from "../../../tools/go-tools.ts";

export const root = resolve(import.meta.dirname, "..", "..", "..");

export interface ImageConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
  readonly Healthcheck?: { readonly Test: readonly string[]; readonly Interval: number };
}

export interface CheckedDockerfile {
  readonly file: string;
  readonly findings: readonly { readonly rule: string; readonly detail: string; readonly line: number }[];
  /** By platform, as `linux/amd64`. */
  readonly images: Readonly<Record<string, { readonly config: ImageConfig }>>;
}

/** Throws with what the tool says where a file cannot be read. */
async function check(...args: string[]): Promise<string> {
  const program = join(await goTools("container-check"), "container-check");
  return execFileSync(program, args, {
    encoding: "utf8",
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 26,
    timeout: 60_000,
  });
}

/** BuildKit's checks of a Dockerfile and the image that it makes, by platform. */
export async function checkDockerfile(file: string): Promise<CheckedDockerfile> {
  const [result] = JSON.parse(await check("dockerfile", file)) as [CheckedDockerfile];
  return result;
}

export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly ports?: readonly {
    readonly host_ip?: string;
    readonly published: string;
    readonly target: number;
  }[];
  readonly volumes?: readonly { readonly type: string; readonly source: string; readonly target: string }[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

/** The project of a compose file; every error that `docker compose config` finds is thrown. */
export async function readCompose(
  file: string,
): Promise<{ readonly services: Readonly<Record<string, ComposeService>> }> {
  return JSON.parse(await check("compose", file));
}
