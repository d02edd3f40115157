import { createHash } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { TopicSpec } from "../../clouds/contract.ts";
import { labels, selector } from "../../core/labels.ts";
import { durability, kafkaSecretName, userAcls } from "../kafka/cluster.ts";
import { serviceHost } from "../places.ts";
import { resources, restrictedContainer } from "../pods.ts";
import { restrictedPodAs } from "../stores/placement.ts";
import type { InClusterKafkaSpec, KafkaUser } from "../stores-contract.ts";
import { image } from "../versions.ts";
import { folders, identities, ports, services } from "./config.ts";
import { confluentUser, javaEnvironment } from "./workload.ts";

const component = "messaging";
export const provisioner = "kafka-provision";
const scriptFile = "provision.sh";
const secretsFolder = "/secrets/users";

export interface ProvisionSpec extends InClusterKafkaSpec {
  /** ConfigMap with `admin.properties` and `tools-log4j.properties`. */
  readonly configMap: pulumi.Output<string>;
  /** Certificate of the administrator. */
  readonly tlsSecret: string;
  readonly dependsOn: readonly pulumi.Resource[];
}

/**
 * A Job that makes topics, users and rights. It can be run any number of times; a Job runs once under its name, so the
 * name has a hash of what it does, and a change is another Job. It takes nothing away: rights and topics that left
 * the catalogue are removed by hand, since a topic's removal is the removal of its messages.
 */
export function createProvisionJob(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ProvisionSpec,
): kubernetes.batch.v1.Job {
  const { context, namespace, members, topics, users } = spec;
  const script = provisionScript(namespace.name, members, topics, users);
  const revision = createHash("sha256").update(script).update(image("confluent-kafka")).digest("hex");
  const jobName = `${provisioner}-${revision.slice(0, 8)}`;
  const metadata = {
    name: jobName,
    namespace: namespace.output,
    labels: labels(context, component, provisioner),
  };
  const scripts = new kubernetes.core.v1.ConfigMap(
    `${name}-script`,
    { metadata, immutable: true, data: { [scriptFile]: script } },
    { parent },
  );
  return new kubernetes.batch.v1.Job(
    name,
    {
      metadata,
      spec: {
        backoffLimit: 6,
        activeDeadlineSeconds: 1200,
        template: {
          metadata: { labels: labels(context, component, provisioner) },
          spec: podSpec(spec, scripts.metadata.name),
        },
      },
    },
    { parent, dependsOn: [...spec.dependsOn], customTimeouts: { create: "25m" } },
  );
}

/** What the Job does, line by line. Passwords come from mounted secrets, never from the text. */
export function provisionScript(
  namespace: string,
  members: number,
  topics: readonly TopicSpec[],
  users: readonly KafkaUser[],
): string {
  const { replicas, minInSync } = durability(members);
  const lines = [
    "set -eu",
    `admin="--bootstrap-server ${serviceHost(services.members, namespace)}:${ports.brokers}"`,
    'with() { tool=$1; shift; "$tool" $admin --command-config "$CONFIG_DIR/admin.properties" "$@"; }',
    "user() {",
    `  with kafka-configs --alter --entity-type users --entity-name "$1" \\`,
    `    --add-config "SCRAM-SHA-512=[iterations=8192,password=$(cat "${secretsFolder}/$1/password")]"`,
    "}",
    "topic() {",
    `  with kafka-topics --create --if-not-exists --topic "$1" --partitions "$2" --replication-factor ${replicas}`,
    `  with kafka-configs --alter --entity-type topics --entity-name "$1" --add-config "$3"`,
    `  now=$(with kafka-topics --describe --topic "$1" | sed -n 's/.*PartitionCount: *\\([0-9]*\\).*/\\1/p')`,
    // Partitions can only be added; keys then go to other partitions, so a change is made with care.
    `  if [ "$now" -lt "$2" ]; then with kafka-topics --alter --topic "$1" --partitions "$2"; fi`,
    "}",
    'allow() { principal=$1; shift; with kafka-acls --add --allow-principal "User:$principal" "$@"; }',
    ...topics.map(
      ({ name, partitions, cleanup, retentionHours }) =>
        `topic ${name} ${partitions} cleanup.policy=${cleanup},retention.ms=${retentionHours * 3_600_000},min.insync.replicas=${minInSync}`,
    ),
    ...users.flatMap((user) => [`user ${user.name}`, ...userAcls(user).map((acl) => allow(user.name, acl))]),
    `allow ${identities.exporter} --operation Describe --operation DescribeConfigs --cluster`,
    `allow ${identities.exporter} --operation Describe --topic '*'`,
    `allow ${identities.exporter} --operation Describe --group '*'`,
  ];
  return `${lines.join("\n")}\n`;
}

const resourceOptions: Readonly<Record<string, string>> = {
  topic: "--topic",
  group: "--group",
  transactionalId: "--transactional-id",
};

function allow(user: string, { resource, operations }: ReturnType<typeof userAcls>[number]): string {
  const rights = operations.map((operation) => `--operation ${operation}`).join(" ");
  const pattern = resource.patternType === "prefix" ? " --resource-pattern-type prefixed" : "";
  return `allow ${user} ${rights} ${resourceOptions[resource.type]} ${resource.name}${pattern}`;
}

function podSpec(
  spec: ProvisionSpec,
  scripts: pulumi.Output<string>,
): kubernetes.types.input.core.v1.PodSpec {
  const environment = {
    ...javaEnvironment(128, "tools-log4j.properties"),
    KAFKA_OPTS: "-XX:TieredStopAtLevel=1",
  };
  return {
    restartPolicy: "OnFailure",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: "platform-critical",
    securityContext: restrictedPodAs(confluentUser),
    containers: [
      {
        name: "provision",
        image: image("confluent-kafka"),
        command: ["sh", `/scripts/${scriptFile}`],
        env: Object.entries(environment).map(([name, value]) => ({ name, value })),
        resources: resources({ cpuMillis: 200, memoryMiB: 256, memoryLimitMiB: 512 }),
        securityContext: restrictedContainer,
        volumeMounts: [
          { name: "scripts", mountPath: "/scripts", readOnly: true },
          { name: "config", mountPath: folders.config, readOnly: true },
          { name: "tls", mountPath: folders.tls, readOnly: true },
          { name: "users", mountPath: secretsFolder, readOnly: true },
          { name: "run", mountPath: folders.run },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "scripts", configMap: { name: scripts, defaultMode: 0o444 } },
      { name: "config", configMap: { name: spec.configMap, defaultMode: 0o444 } },
      { name: "tls", secret: { secretName: spec.tlsSecret, defaultMode: 0o440 } },
      {
        name: "users",
        projected: {
          defaultMode: 0o440,
          sources: spec.users.map(({ name }) => ({
            secret: {
              name: kafkaSecretName(name),
              items: [{ key: "password", path: `${name}/password` }],
            },
          })),
        },
      },
      { name: "run", emptyDir: { sizeLimit: "64Mi" } },
      { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
    ],
  };
}

/** Labels of the Job's pods, for policies. */
export const provisionerLabels = selector(provisioner);
