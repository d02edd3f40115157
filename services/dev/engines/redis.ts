import type { Engine, EngineOptions } from "./engine.ts";
import { freePorts } from "./ports.ts";
import { answers, ServerProcess } from "./process.ts";

/** Redis 7 (the version that the system has), memory only, with production's eviction rule. */
export async function startRedis(folder: string, { log }: EngineOptions): Promise<Engine> {
  const [port] = (await freePorts(1)) as [number];
  const settings = {
    bind: "127.0.0.1",
    port: `${port}`,
    dir: folder,
    save: "",
    appendonly: "no",
    maxmemory: "256mb",
    "maxmemory-policy": "volatile-lru",
  };
  const server = new ServerProcess({
    name: "redis",
    log,
    command: "redis-server",
    args: Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]),
    ready: () => answers(port, { send: "PING\r\n", expect: /^\+PONG/ }),
  });
  await server.start();
  return { name: "redis", address: { host: "127.0.0.1", port }, server, stop: () => server.stop() };
}
