/**
 * `make dev`: the four services and real engines as processes on this machine, for where no Docker daemon is. Builds
 * what is not built, seeds listings, keys and calls, shows one log, and stops everything on Ctrl-C.
 *
 *     node tools/dev.ts [--no-build] [--no-seed] [--free-ports]
 *
 * The services take the catalogue's ports, or with --free-ports any. Exit code 0 after Ctrl-C, SIGTERM or SIGHUP, 1
 * where something could not be built, started or seeded.
 */
import { parseArgs } from "node:util";
import { catalog } from "../services/catalog.ts";
import { engineNames } from "../services/dev/engines/engine.ts";
import { busyPorts } from "../services/dev/engines/ports.ts";
import { logView } from "../services/dev/log-view.ts";
import { type Platform, startPlatform } from "../services/dev/platform/platform.ts";
import { buildService } from "../services/dev/platform/programs.ts";
import { seed } from "../services/dev/seed.ts";

const { values } = parseArgs({
  options: {
    "no-build": { type: "boolean" },
    "no-seed": { type: "boolean" },
    "free-ports": { type: "boolean" },
  },
});
const names = catalog.map(({ name }) => name);
const view = logView(
  [...names, ...engineNames, "dev"],
  process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
);
const log = (program: string, line: string) => console.log(view.line(program, line));
const say = (line: string) => log("dev", line);

async function checkPorts(): Promise<void> {
  const busy = await busyPorts(catalog.map(({ port }) => port));
  if (busy.length === 0) return;
  const taken = catalog
    .filter(({ port }) => busy.includes(port))
    .map(({ name, port }) => `${port} (${name})`);
  throw new Error(
    `somebody listens on ${taken.join(", ")}: end that program, or let the services take any port with --free-ports`,
  );
}

/** What one can do now, as lines for a shell. */
function sayHowToUse(platform: Platform): void {
  const url = (name: string) => platform.service(name).url;
  const tokenUrl = platform.engines.engines.get("issuer")?.address.tokenUrl;
  for (const { name, pathPrefix } of catalog) {
    say(`${name}: ${url(name)}${pathPrefix}, documented at ${url(name)}/openapi.json`);
  }
  say(`addresses of the engines: ${platform.engines.file}`);
  say("try:");
  say(`  curl -s '${url("discovery")}/v1/search?q=harbour'`);
  say(
    `  token=$(curl -s ${tokenUrl} -d '{"roles":["platform-admin"]}' | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
  );
  say(`  curl -s ${url("admin")}/v1/admin/organisations -H "authorization: Bearer $token"`);
  say("ready; Ctrl-C stops everything");
}

async function start(stopping: AbortSignal): Promise<Platform> {
  if (!values["free-ports"]) await checkPorts();
  // Two at once would need more memory than a laptop has to spare; the caches make the second time quick.
  if (!values["no-build"]) for (const name of names) await buildService(name, say, stopping);
  return startPlatform({
    fixedPorts: !values["free-ports"],
    say,
    log,
    ended: (name, how) => say(`${name} ended by itself (${how}); the others go on`),
  });
}

async function run(stopping: AbortSignal): Promise<void> {
  const stopped = new Promise<void>((resolve) => stopping.addEventListener("abort", () => resolve()));
  const starting = start(stopping);
  // What is asked to end while it starts ends with this process; so nothing waits for it.
  const platform = await Promise.race([starting, stopped]);
  if (!platform) return;
  try {
    const urls = Object.fromEntries(names.map((name) => [name, platform.service(name).url]));
    if (!values["no-seed"]) await Promise.race([seed({ urls, token: platform.token, say }), stopped]);
    if (!stopping.aborted) sayHowToUse(platform);
    await stopped;
  } finally {
    await platform.stop();
  }
}

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(1);
    say("stopping; once more ends it at once");
    stopping.abort();
  });
}
try {
  await run(stopping.signal);
  say("stopped");
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}
// What is still starting holds the process open.
process.exit();
