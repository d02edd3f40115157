/**
 * `make dev`: the four services and real engines as processes on this machine, for where no Docker daemon is. Builds
 * what is not built, seeds listings, keys and calls, shows one log, and stops everything on Ctrl-C.
 *
 *     node tools/dev.ts [--no-build] [--no-seed]
 */
import { parseArgs } from "node:util";
import { catalog } from "../services/catalog.ts";
import { logView } from "../services/dev/log-view.ts";
import { startPlatform } from "../services/dev/platform/platform.ts";
import { buildService } from "../services/dev/platform/programs.ts";
import { seed } from "../services/dev/seed.ts";

const { values } = parseArgs({
  options: { "no-build": { type: "boolean" }, "no-seed": { type: "boolean" } },
});
const names = catalog.map(({ name }) => name);
const view = logView([...names, "dev"], process.stdout.isTTY === true && process.env.NO_COLOR === undefined);
const say = (line: string) => console.log(view.line("dev", line));

/** Both at once would need more memory than a laptop has to spare; the caches make the second time quick. */
if (!values["no-build"]) for (const name of names) await buildService(name, say);

const platform = await startPlatform({
  fixedPorts: true,
  say,
  log: (service, line) => console.log(view.line(service, line)),
});
let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (stopping) process.exit(1);
    stopping = true;
    say("stopping; once more ends it at once");
    platform.stop().then(() => process.exit(0));
  });
}
const urls = Object.fromEntries(names.map((name) => [name, platform.service(name).url]));
if (!values["no-seed"]) await seed({ urls, token: platform.token, say });
for (const { name, pathPrefix } of catalog)
  say(`${urls[name]}${pathPrefix}   documented at ${urls[name]}/openapi.json`);
say(`addresses of the engines: ${platform.engines.file}`);
say(
  `a token: curl -s ${platform.engines.engines.get("issuer")?.address.tokenUrl} -d '{"roles":["platform-admin"]}'`,
);
say("Ctrl-C stops everything");
