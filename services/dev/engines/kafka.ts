import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificate } from "./authority.ts";
import { type Engine, type EngineOptions, type Security, secureHost } from "./engine.ts";
import { jars } from "./maven.ts";
import { freePorts } from "./ports.ts";
import { answers, type Question, ServerError, ServerProcess } from "./process.ts";

const clusterId = "bWFya2V0cGxhY2UtdGVzdA";
/** The broker's own name, and that of whoever makes topics and rights. */
const broker = "kafka";
const administrator = "platform";

interface Ports {
  readonly clients: number;
  readonly certificates: number;
  readonly controller: number;
}

type Settings = Readonly<Record<string, string>>;

/** Topics are declared in the platform, so a topic that nobody made is a mistake here too. */
const settings = (folder: string): Settings => ({
  "process.roles": "broker,controller",
  "node.id": "1",
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

const plain = ({ clients, controller }: Ports): Settings => ({
  "controller.quorum.voters": `1@127.0.0.1:${controller}`,
  listeners: `CLIENTS://127.0.0.1:${clients},CONTROLLER://127.0.0.1:${controller}`,
  "advertised.listeners": `CLIENTS://127.0.0.1:${clients}`,
  "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
  "inter.broker.listener.name": "CLIENTS",
});

/** The two entrances of Strimzi, by password and by certificate; who has no right is refused. */
const secure = (ports: Ports, caFile: string, keyStore: string): Settings => {
  const clients = `CLIENTS://${secureHost}:${ports.clients},CERTIFICATES://${secureHost}:${ports.certificates}`;
  return {
    "controller.quorum.voters": `1@${secureHost}:${ports.controller}`,
    listeners: `${clients},CONTROLLER://${secureHost}:${ports.controller}`,
    "advertised.listeners": clients,
    "listener.security.protocol.map": "CLIENTS:SASL_SSL,CERTIFICATES:SSL,CONTROLLER:SSL",
    "inter.broker.listener.name": "CERTIFICATES",
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": keyStore,
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": caFile,
    "ssl.client.auth": "required",
    "ssl.principal.mapping.rules": "RULE:^CN=([^,]+)$/$1/",
    "listener.name.clients.ssl.client.auth": "none",
    "listener.name.clients.sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.clients.scram-sha-512.sasl.jaas.config":
      "org.apache.kafka.common.security.scram.ScramLoginModule required;",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": `User:${broker};User:${administrator}`,
  };
};

/**
 * Kafka 3.9, the line of Amazon MSK, one broker in KRaft mode; replication factors are 1. In the secure form clients
 * come with a password (SCRAM-SHA-512 over TLS) or a certificate, and have the rights that somebody gave them.
 */
export async function startKafka(folder: string, { log, security }: EngineOptions): Promise<Engine> {
  const library = await jars("kafka", join(import.meta.dirname, "kafka"));
  const [clients, certificates, controller] = (await freePorts(3)) as [number, number, number];
  const ports = { clients, certificates, controller };
  const file = join(folder, "server.properties");
  const certificate = security?.authority.issue(broker, [secureHost]);
  const own =
    security === undefined || certificate === undefined
      ? plain(ports)
      : secure(ports, security.authority.caFile, keyStoreOf(certificate, folder));
  const lines = Object.entries({ ...settings(folder), ...own }).map(([key, value]) => `${key}=${value}`);
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
    const format = ["format", "-t", clusterId, "-c", file, ...scramUsers(security)];
    const made = spawnSync("java", java("kafka.tools.StorageTool", ...format), { encoding: "utf8" });
    if (made.status !== 0) {
      throw new ServerError(`kafka: its folder could not be made: ${made.error?.message ?? made.stderr}`);
    }
  }
  const question = { send: apiVersionsRequest, ...asBroker(security, certificate) };
  const server = new ServerProcess({
    name: "kafka",
    log,
    command: "java",
    args: java("kafka.Kafka", file),
    ready: () => answers(security === undefined ? clients : certificates, question),
  });
  await server.start();
  return {
    name: "kafka",
    address:
      security === undefined
        ? { bootstrapServers: `127.0.0.1:${clients}` }
        : {
            bootstrapServers: `${secureHost}:${clients}`,
            certificateServers: `${secureHost}:${certificates}`,
            user: administrator,
            password: security.password(administrator),
            caFile: security.authority.caFile,
          },
    server,
    stop: () => server.stop(),
  };
}

/** Key and certificate in one file, as the broker reads them. */
function keyStoreOf({ certFile, keyFile }: Certificate, folder: string): string {
  const file = join(folder, "broker.pem");
  writeFileSync(file, `${readFileSync(keyFile, "utf8")}${readFileSync(certFile, "utf8")}`, { mode: 0o600 });
  return file;
}

function scramUsers(security: Security | undefined): string[] {
  if (security === undefined) return [];
  return [administrator, ...security.users].flatMap((user) => [
    "--add-scram",
    `SCRAM-SHA-512=[name=${user},password=${security.password(user)}]`,
  ]);
}

function asBroker(security: Security | undefined, certificate: Certificate | undefined): Question {
  if (security === undefined || certificate === undefined) return {};
  const [ca, cert, key] = [security.authority.caFile, certificate.certFile, certificate.keyFile].map((file) =>
    readFileSync(file, "utf8"),
  );
  return { tls: { host: secureHost, ca, cert, key } };
}

/** ApiVersions, version 0: the port is open before the broker answers, so an open port is no readiness. */
const apiVersionsRequest = "\0\0\0\x0e\0\x12\0\0\0\0\0\x01\0\x04test";
