import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "./engine.ts";
import { freePorts, ServerError, ServerProcess } from "./process.ts";

/** Debian keeps each version in a folder of its own, off PATH. */
const debianFolder = "/usr/lib/postgresql";
const oldestVersion = 15;
/** The server refuses root; Debian's package makes this user. */
const unprivileged = "postgres";

/** PostgreSQL 15 or newer with `max_connections` as in production; everybody on loopback is trusted. */
export async function startPostgres(folder: string, log?: (line: string) => void): Promise<Engine> {
  const programs = programFolder();
  const [port] = (await freePorts(1)) as [number];
  const data = join(folder, "data");
  const asRoot = process.getuid?.() === 0;
  mkdirSync(data, { recursive: true });
  if (asRoot) openTo(unprivileged, folder, data);
  const init = [join(programs, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"];
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
    address: { host: "127.0.0.1", port, user: "postgres", password: null },
    server,
    // SIGINT is PostgreSQL's fast shutdown; SIGTERM waits for clients.
    stop: () => server.stop("SIGINT"),
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
