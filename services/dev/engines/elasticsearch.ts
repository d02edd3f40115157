import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, type EngineOptions, secureHost } from "./engine.ts";
import { startGate } from "./gate.ts";
import { jars } from "./maven.ts";
import { freePorts } from "./ports.ts";
import { ServerError, ServerProcess } from "./process.ts";

const source = join(import.meta.dirname, "elasticsearch");
const transport = "transport-netty4";
const isTransport = (jar: string) => jar.startsWith("netty-") || jar.startsWith(transport);

/**
 * Elasticsearch 8.19, one node, from its libraries. Those hold the server and its HTTP transport only: language
 * analysers, ILM, reindex, scripts in Painless and security are modules that no repository of libraries carries. The
 * secure form is therefore a gate of our own in front of it.
 */
export async function startElasticsearch(folder: string, { log, security }: EngineOptions): Promise<Engine> {
  const library = await jars("elasticsearch", source);
  const all = readdirSync(library).filter((file) => file.endsWith(".jar"));
  makeHome(folder, library, all.filter(isTransport));
  const [port, transportPort] = (await freePorts(2)) as [number, number];
  const classPath = all.filter((jar) => !isTransport(jar)).map((jar) => join(library, jar));
  const server = new ServerProcess({
    name: "elasticsearch",
    log,
    command: "java",
    args: [
      "-Xms256m",
      "-Xmx512m",
      "-cp",
      classPath.join(":"),
      join(source, "Launch.java"),
      folder,
      `${port}`,
      `${transportPort}`,
    ],
    ready: async () => {
      const answer = await fetch(
        `http://127.0.0.1:${port}/_cluster/health?wait_for_status=yellow&timeout=1s`,
      );
      return answer.ok;
    },
    readySeconds: 120,
  });
  await server.start();
  if (security === undefined) {
    return {
      name: "elasticsearch",
      address: { host: "127.0.0.1", port },
      server,
      stop: () => server.stop(),
    };
  }
  const gate = await startGate("elasticsearch", port, security);
  return {
    name: "elasticsearch",
    address: { host: secureHost, port: gate.port, caFile: security.authority.caFile },
    server,
    stop: async () => {
      await gate.stop();
      await server.stop();
    },
  };
}

/** The transport is a module with a class loader of its own, so its jars may not be on the class path. */
function makeHome(folder: string, library: string, transportJars: readonly string[]): void {
  const version = transportJars
    .find((jar) => jar.startsWith(transport))
    ?.slice(`${transport}-`.length, -".jar".length);
  if (version === undefined) throw new ServerError(`elasticsearch: ${library} has no ${transport}`);
  const module = join(folder, "modules", transport);
  for (const path of [module, join(folder, "config"), join(folder, "plugins"), join(folder, "lib")]) {
    mkdirSync(path, { recursive: true });
  }
  for (const jar of transportJars) copyFileSync(join(library, jar), join(module, jar));
  copyFileSync(join(source, "log4j2.properties"), join(folder, "config", "log4j2.properties"));
  const descriptor = {
    description: "Netty transport",
    version,
    name: transport,
    classname: "org.elasticsearch.transport.netty4.Netty4Plugin",
    "java.version": "17",
    "elasticsearch.version": version,
  };
  writeFileSync(
    join(module, "plugin-descriptor.properties"),
    Object.entries(descriptor)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(""),
  );
}
