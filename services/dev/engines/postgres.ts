import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, type EngineOptions, type Security, secureHost } from "./engine.ts";
import { freePorts } from "./ports.ts";
import { ServerError, ServerProcess } from "./process.ts";

/** Debian keeps each version in a folder of its own, off PATH. */
const debianFolder = "/usr/lib/postgresql";
const oldestVersion = 15;
/** The server refuses root; Debian's package makes this user. */
const unprivileged = "postgres";
const superuser = "postgres";

/** Members of this role enter with a client certificate of their name instead of a password. */
export const certificateRole = "by_certificate";

/**
 * PostgreSQL 15 or newer with `max_connections` as in production. Everybody on loopback is trusted; in the secure form
 * everybody comes over TLS, with a password (SCRAM-SHA-256) or a certificate.
 */
export async function startPostgres(folder: string, { log, security }: EngineOptions): Promise<Engine> {
  const programs = programFolder();
  const [port] = (await freePorts(1)) as [number];
  const data = join(folder, "data");
  const asRoot = process.getuid?.() === 0;
  mkdirSync(data, { recursive: true });
  if (asRoot) openTo(unprivileged, folder, data);
  const own = (file: string) => {
    if (asRoot) run(["chown", unprivileged, file]);
    return file;
  };
  const proof = security === undefined ? ["-A", "trust"] : passwordProof(own, folder, security);
  const init = [join(programs, "initdb"), "-D", data, "-U", superuser, ...proof, "-E", "UTF8"];
  run(
    asRoot ? ["setpriv", "--reuid", unprivileged, "--regid", unprivileged, "--clear-groups", ...init] : init,
  );
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: data,
    port: `${port}`,
    max_connections: "500",
    shared_buffers: "64MB",
    // The files are thrown away; what tests restart is the process, not the machine.
    fsync: "off",
    full_page_writes: "off",
    ...(security === undefined ? {} : secure(own, data, security)),
  };
  const server = new ServerProcess({
    name: "postgres",
    log,
    command: join(programs, "postgres"),
    args: ["-D", data, ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`])],
    user: unprivileged,
    ready: async () =>
      spawnSync(join(programs, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", `${port}`, "-U", "postgres"])
        .status === 0,
  });
  await server.start();
  return {
    name: "postgres",
    address:
      security === undefined
        ? { host: "127.0.0.1", port, user: superuser, password: null }
        : {
            host: secureHost,
            port,
            user: superuser,
            password: security.password(superuser),
            caFile: security.authority.caFile,
          },
    server,
    // SIGINT is PostgreSQL's fast shutdown; SIGTERM waits for clients.
    stop: () => server.stop("SIGINT"),
  };
}

type Own = (file: string) => string;

/** What tells initdb the superuser's password. */
function passwordProof(own: Own, folder: string, { password }: Security): string[] {
  const file = join(folder, "password");
  writeFileSync(file, `${password(superuser)}\n`, { mode: 0o600 });
  return ["-A", "scram-sha-256", "--pwfile", own(file)];
}

/** Settings of TLS, and the ways in. */
function secure(own: Own, data: string, { authority }: Security): Record<string, string> {
  const entrances = [`hostssl all +${certificateRole} all cert`, "hostssl all all all scram-sha-256"];
  writeFileSync(join(data, "pg_hba.conf"), `${entrances.join("\n")}\n`);
  // The server reads a key only where it is its own and nobody else's.
  const owned = (file: string, name: string) => {
    const copy = join(data, name);
    copyFileSync(file, copy);
    chmodSync(copy, 0o600);
    return own(copy);
  };
  const { certFile, keyFile } = authority.issue("postgres", [secureHost]);
  return {
    ssl: "on",
    ssl_cert_file: owned(certFile, "server.crt"),
    ssl_key_file: owned(keyFile, "server.key"),
    ssl_ca_file: owned(authority.caFile, "ca.crt"),
  };
}

function programFolder(): string {
  const versions = existsSync(debianFolder)
    ? readdirSync(debianFolder).map(Number).filter(Number.isInteger)
    : [];
  const usable = versions
    .filter(
      (version) => version >= oldestVersion && existsSync(join(debianFolder, `${version}`, "bin/postgres")),
    )
    .sort((a, b) => a - b);
  if (usable[0] !== undefined) return join(debianFolder, `${usable[0]}`, "bin");
  const onPath = (process.env.PATH ?? "").split(":").find((path) => existsSync(join(path, "postgres")));
  if (onPath !== undefined) return onPath;
  throw new ServerError(
    `postgres: no server of version ${oldestVersion} or newer in ${debianFolder} or on PATH; install postgresql-${oldestVersion}`,
  );
}

function openTo(user: string, folder: string, data: string): void {
  run(["chown", user, data]);
  chmodSync(folder, 0o755);
  chmodSync(data, 0o700);
}

function run([program, ...args]: readonly string[]): void {
  const result = spawnSync(program as string, args, { encoding: "utf8" });
  if (result.status === 0) return;
  throw new ServerError(`${program} ${args[0]}: ${result.error?.message ?? result.stderr.trim()}`);
}
