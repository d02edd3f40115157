/** What ZooKeeper, brokers and their tools read, in the words of Confluent 7.5 (Kafka 3.5). Pure text. */
import { readFileSync } from "node:fs";
import { durability } from "../kafka/cluster.ts";
import { serviceHost } from "../places.ts";

export const ports = { clients: 9093, brokers: 9091, zookeeper: 2182, quorum: 2888, election: 3888 } as const;
export const workloads = { zookeeper: "zookeeper", kafka: "kafka" } as const;
export const exporterWorkload = "kafka-exporter";
export const services = {
  zookeeper: "zookeeper-members",
  members: "kafka-members",
  bootstrap: "kafka",
} as const;

/** Identities in certificates. Brokers share one, because only its owner may touch what they keep in ZooKeeper. */
export const identities = {
  zookeeper: "zookeeper",
  broker: "kafka-broker",
  /** Makes topics and users. */
  admin: "kafka-admin",
  exporter: "kafka-exporter",
} as const;

export const folders = {
  config: "/etc/messaging",
  tls: "/secrets/tls",
  run: "/run/messaging",
  data: "/var/lib/messaging",
} as const;

/** Seconds between two looks at the certificate on disk. */
export const certificateWatchSeconds = 60;

export function memberHosts(workload: keyof typeof workloads, namespace: string, members: number): string[] {
  const service = workload === "zookeeper" ? services.zookeeper : services.members;
  return Array.from({ length: members }, (_, index) =>
    serviceHost(`${workloads[workload]}-${index}.${service}`, namespace),
  );
}

/** Files of the ConfigMap that the pods mount. */
export function confluentFiles(namespace: string, members: number): Record<string, string> {
  const script = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
  return {
    "zookeeper.properties": properties(zookeeperProperties(memberHosts("zookeeper", namespace, members))),
    "server.properties": properties(
      brokerProperties(memberHosts("zookeeper", namespace, members), durability(members)),
    ),
    "admin.properties": properties({ "security.protocol": "SSL", ...tlsStore("ssl") }),
    "log4j.properties": properties(logging("INFO", "out")),
    "tools-log4j.properties": properties(logging("WARN", "err")),
    ...Object.fromEntries(
      ["serve.sh", "start-zookeeper.sh", "start-kafka.sh"].map((name) => [name, script(name)]),
    ),
  };
}

export function properties(entries: Record<string, string | number | boolean>): string {
  return `${Object.entries(entries)
    .map(([key, value]) => `${key}=${value}`)
    .join("\n")}\n`;
}

/** Key and chain of cert-manager in one PEM file, no password: the file itself is the secret. */
function tlsStore(prefix: string, style: "kafka" | "zookeeper" = "kafka"): Record<string, string> {
  const [key, trust] = style === "kafka" ? ["keystore", "truststore"] : ["keyStore", "trustStore"];
  return {
    [`${prefix}.${key}.type`]: "PEM",
    [`${prefix}.${key}.location`]: `${folders.tls}/tls-combined.pem`,
    [`${prefix}.${trust}.type`]: "PEM",
    [`${prefix}.${trust}.location`]: `${folders.tls}/ca.crt`,
  };
}

function zookeeperProperties(hosts: readonly string[]): Record<string, string | number | boolean> {
  return {
    tickTime: 2000,
    initLimit: 10,
    syncLimit: 5,
    maxClientCnxns: 60,
    "autopurge.snapRetainCount": 5,
    "autopurge.purgeInterval": 24,
    "admin.enableServer": false,
    standaloneEnabled: false,
    // No port without TLS: `clientPort` is not set.
    secureClientPort: ports.zookeeper,
    serverCnxnFactory: "org.apache.zookeeper.server.NettyServerCnxnFactory",
    "authProvider.x509": "org.apache.zookeeper.server.auth.X509AuthenticationProvider",
    "ssl.clientAuth": "need",
    ...tlsStore("ssl", "zookeeper"),
    sslQuorum: true,
    "ssl.quorum.clientAuth": "need",
    ...tlsStore("ssl.quorum", "zookeeper"),
    ...Object.fromEntries(
      hosts.map((host, index) => [`server.${index + 1}`, `${host}:${ports.quorum}:${ports.election}`]),
    ),
  };
}

function brokerProperties(
  zookeeper: readonly string[],
  { replicas, minInSync }: { replicas: number; minInSync: number },
): Record<string, string | number | boolean> {
  return {
    "zookeeper.connect": zookeeper.map((host) => `${host}:${ports.zookeeper}`).join(","),
    "zookeeper.clientCnxnSocket": "org.apache.zookeeper.ClientCnxnSocketNetty",
    "zookeeper.ssl.client.enable": true,
    ...tlsStore("zookeeper.ssl"),
    // What brokers keep in ZooKeeper belongs to the identity in their certificate.
    "zookeeper.set.acl": true,
    listeners: `CLIENTS://:${ports.clients},BROKERS://:${ports.brokers}`,
    "listener.security.protocol.map": "CLIENTS:SASL_SSL,BROKERS:SSL",
    "inter.broker.listener.name": "BROKERS",
    "listener.name.brokers.ssl.client.auth": "required",
    "sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.clients.sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.clients.scram-sha-512.sasl.jaas.config":
      "org.apache.kafka.common.security.scram.ScramLoginModule required;",
    ...tlsStore("ssl"),
    "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/,DEFAULT",
    "authorizer.class.name": "kafka.security.authorizer.AclAuthorizer",
    "super.users": `User:${identities.broker};User:${identities.admin}`,
    "allow.everyone.if.no.acl.found": false,
    "auto.create.topics.enable": false,
    "unclean.leader.election.enable": false,
    "default.replication.factor": replicas,
    "min.insync.replicas": minInSync,
    "offsets.topic.replication.factor": replicas,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": minInSync,
    "controlled.shutdown.enable": true,
    // Fixed, because 7.5 is where this ensemble stays.
    "inter.broker.protocol.version": "3.5",
  };
}

/** Servers log to standard output, where the collector reads it; tools keep that for their answers. */
function logging(level: string, stream: "out" | "err"): Record<string, string> {
  return {
    "log4j.rootLogger": `${level}, console`,
    "log4j.appender.console": "org.apache.log4j.ConsoleAppender",
    "log4j.appender.console.target": `System.${stream}`,
    "log4j.appender.console.layout": "org.apache.log4j.PatternLayout",
    "log4j.appender.console.layout.ConversionPattern": "[%d] %p %m (%c)%n",
  };
}
