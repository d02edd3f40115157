import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "./engine.ts";
import { jars } from "./maven.ts";
import { answers, freePorts, ServerError, ServerProcess } from "./process.ts";

const clusterId = "bWFya2V0cGxhY2UtdGVzdA";
/** Topics are declared in the platform, so a topic that nobody made is a mistake here too. */
const settings = (folder: string, port: number, controllerPort: number): Record<string, string> => ({
  "process.roles": "broker,controller",
  "node.id": "1",
  "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
  listeners: `CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
  "advertised.listeners": `CLIENTS://127.0.0.1:${port}`,
  "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
  "inter.broker.listener.name": "CLIENTS",
  "controller.listener.names": "CONTROLLER",
  "log.dirs": join(folder, "data"),
  "auto.create.topics.enable": "false",
  "offsets.topic.replication.factor": "1",
  "offsets.topic.num.partitions": "3",
  "transaction.state.log.replication.factor": "1",
  "transaction.state.log.min.isr": "1",
  "transaction.state.log.num.partitions": "3",
  "group.initial.rebalance.delay.ms": "0",
  "num.network.threads": "2",
  "num.io.threads": "4",
  "log.cleaner.dedupe.buffer.size": "8388608",
  // What tests stop and start again must not wait half a minute for its own last session.
  "broker.session.timeout.ms": "6000",
});

/** Kafka 3.9, the line of Amazon MSK, one broker in KRaft mode; replication factors are 1. */
export async function startKafka(folder: string, log?: (line: string) => void): Promise<Engine> {
  const library = await jars("kafka", join(import.meta.dirname, "kafka"));
  const [port, controllerPort] = (await freePorts(2)) as [number, number];
  const file = join(folder, "server.properties");
  const lines = Object.entries(settings(folder, port, controllerPort)).map(
    ([key, value]) => `${key}=${value}`,
  );
  writeFileSync(file, `${lines.join("\n")}\n`);
  const java = (main: string, ...args: string[]) => [
    "-Xms128m",
    "-Xmx384m",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-cp",
    join(library, "*"),
    main,
    ...args,
  ];
  if (!existsSync(join(folder, "data", "meta.properties"))) {
    const format = spawnSync("java", java("kafka.tools.StorageTool", "format", "-t", clusterId, "-c", file), {
      encoding: "utf8",
    });
    if (format.status !== 0) {
      throw new ServerError(`kafka: its folder could not be made: ${format.error?.message ?? format.stderr}`);
    }
  }
  const server = new ServerProcess({
    name: "kafka",
    log,
    command: "java",
    args: java("kafka.Kafka", file),
    ready: () => answers(port, apiVersionsRequest),
  });
  await server.start();
  return {
    name: "kafka",
    address: { bootstrapServers: `127.0.0.1:${port}` },
    server,
    stop: () => server.stop(),
  };
}

/** ApiVersions, version 0: the port is open before the broker answers, so an open port is no readiness. */
const apiVersionsRequest = "\0\0\0\x0e\0\x12\0\0\0\0\0\x01\0\x04test";
