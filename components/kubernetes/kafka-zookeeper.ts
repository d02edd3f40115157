import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { KafkaOutputs } from "../clouds/contract.ts";
import { labels, selector } from "../core/labels.ts";
import { createGeneratedSecret } from "./external-secrets.ts";
import { kafkaSecretName } from "./kafka/cluster.ts";
import {
  confluentFiles,
  exporterWorkload,
  identities,
  ports,
  services,
  workloads,
} from "./kafka-zookeeper/config.ts";
import { createConfluentPolicies, createConfluentServices } from "./kafka-zookeeper/network.ts";
import { createProvisionJob } from "./kafka-zookeeper/provision.ts";
import { type ConfluentWorkload, createConfluentWorkload } from "./kafka-zookeeper/workload.ts";
import { serviceHost } from "./places.ts";
import { createStoreBudget } from "./stores/budget.ts";
import { createStoreAuthority, createStoreCertificate, storeDnsNames } from "./stores/certificates.ts";
import { checksum } from "./stores/checksum.ts";
import { createStoreExporter } from "./stores/exporter.ts";
import { neighbours } from "./stores/traffic.ts";
import type { InClusterKafkaSpec } from "./stores-contract.ts";
import { image } from "./versions.ts";

const component = "messaging";
const exporterPort = 9308;
/** ZooKeeper keeps names, rights and leaders, never messages. */
const zookeeperStorageGiB = 5;

/**
 * The Confluent 7.5 ensemble for those who must match it: brokers and ZooKeeper, one of each or three, one a zone, as
 * StatefulSets of this library, because no operator of today runs ZooKeeper. Confluent 7.5 left support in August
 * 2026: no stack has it by default.
 *
 * Clients come over TLS with SCRAM-SHA-512, as with Strimzi. Brokers, ZooKeeper, the provisioning Job and the exporter
 * know each other by certificates of one authority; no listener is without TLS.
 */
export function createConfluentKafka(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterKafkaSpec,
): KafkaOutputs {
  const { context, namespace, members } = spec;
  const kinds = [...spec.cluster.ready, ...(spec.kinds ?? [])];
  const certificates = buildCertificates(parent, name, spec, kinds);
  const passwords = buildPasswords(parent, name, spec);
  const files = confluentFiles(namespace.name, members);
  const configMap = new kubernetes.core.v1.ConfigMap(
    `${name}-config`,
    {
      metadata: {
        name: "kafka-config",
        namespace: namespace.output,
        labels: labels(context, component, workloads.kafka),
      },
      data: files,
    },
    { parent },
  ).metadata.name;
  createConfluentServices(parent, name, spec);
  const policies = createConfluentPolicies(parent, name, spec);

  const kafka = buildWorkloads(parent, name, spec, {
    configMap,
    configChecksum: checksum(files),
    dependsOn: [...certificates, ...policies],
  });
  const provision = createProvisionJob(parent, `${name}-provision`, {
    ...spec,
    configMap,
    tlsSecret: tlsSecret(identities.admin),
    dependsOn: [kafka, ...passwords],
  });
  buildExporter(parent, name, spec, [provision, ...kinds]);
  return {
    bootstrapServers: pulumi.output(`${serviceHost(services.bootstrap, namespace.name)}:${ports.clients}`),
    port: ports.clients,
    protocol: "SASL_SSL",
    auth: { kind: "password", secretName: kafkaSecretName },
    caSecret: tlsSecret(identities.exporter),
    reference: undefined,
    namespace: namespace.name,
    topics: spec.topics,
    ready: [kafka, provision],
  };
}

/** ZooKeeper, then the brokers, each with its budget. */
function buildWorkloads(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterKafkaSpec,
  shared: Pick<ConfluentWorkload, "configMap" | "configChecksum" | "dependsOn">,
): pulumi.Resource {
  const { context, namespace, members } = spec;
  const zookeeper = createConfluentWorkload(parent, `${name}-zookeeper`, spec, {
    ...shared,
    ...sizes(members).zookeeper,
    workload: workloads.zookeeper,
    service: services.zookeeper,
    image: "confluent-zookeeper",
    script: "start-zookeeper.sh",
    storageGiB: zookeeperStorageGiB,
    storageClass: "ssd",
    ports: [
      { name: "client", number: ports.zookeeper },
      { name: "quorum", number: ports.quorum },
      { name: "election", number: ports.election },
    ],
    tlsSecret: tlsSecret(identities.zookeeper),
    restartGapSeconds: 60,
  });
  const kafka = createConfluentWorkload(parent, `${name}-brokers`, spec, {
    ...shared,
    ...sizes(members).kafka,
    workload: workloads.kafka,
    service: services.members,
    image: "confluent-kafka",
    script: "start-kafka.sh",
    storageGiB: spec.storageGiB,
    storageClass: spec.storageClass,
    ports: [
      { name: "clients", number: ports.clients },
      { name: "brokers", number: ports.brokers },
    ],
    tlsSecret: tlsSecret(identities.broker),
    restartGapSeconds: 300,
    dependsOn: [zookeeper, ...shared.dependsOn],
  });
  for (const workload of Object.values(workloads)) {
    createStoreBudget(parent, `${name}-${workload}-budget`, {
      context,
      component,
      namespace: namespace.output,
      budgetName: workload,
      members,
      podLabels: selector(workload),
    });
  }
  return kafka;
}

/** Half of a broker's memory is the page cache; ZooKeeper's data is its heap. */
function sizes(members: number) {
  return members === 1
    ? {
        zookeeper: { heapMiB: 192, memoryMiB: 384, cpuMillis: 50 },
        kafka: { heapMiB: 512, memoryMiB: 1024, cpuMillis: 200 },
      }
    : {
        zookeeper: { heapMiB: 384, memoryMiB: 640, cpuMillis: 100 },
        kafka: { heapMiB: 1024, memoryMiB: 2048, cpuMillis: 500 },
      };
}

function tlsSecret(identity: string): string {
  return `${identity}-tls`;
}

/** One authority for the ensemble, a certificate for each identity. */
function buildCertificates(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace }: InClusterKafkaSpec,
  dependsOn: readonly pulumi.Resource[],
): pulumi.Resource[] {
  const authority = createStoreAuthority(parent, `${name}-tls`, {
    context,
    component,
    namespace: namespace.output,
    store: "kafka",
    dependsOn,
  });
  const names: Record<string, string[]> = {
    [identities.zookeeper]: storeDnsNames(namespace.name, [], [services.zookeeper]),
    [identities.broker]: storeDnsNames(
      namespace.name,
      [services.bootstrap, services.members],
      [services.members],
    ),
    [identities.admin]: [identities.admin],
    [identities.exporter]: [identities.exporter],
  };
  return Object.entries(names).map(([identity, dnsNames]) =>
    createStoreCertificate(parent, `${name}-tls-${identity}`, authority, {
      secretName: tlsSecret(identity),
      commonName: identity,
      dnsNames,
      usages:
        identity === identities.zookeeper || identity === identities.broker
          ? ["server auth", "client auth"]
          : ["client auth"],
      combined: true,
    }),
  );
}

function buildPasswords(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace, secrets, users }: InClusterKafkaSpec,
): pulumi.Resource[] {
  return users.map((user) =>
    createGeneratedSecret(
      parent,
      `${name}-password-${user.name}`,
      {
        context,
        component,
        namespace: namespace.output,
        secretName: kafkaSecretName(user.name),
        template: { username: user.name, password: "{{ .password }}" },
      },
      { dependsOn: [...secrets.ready] },
    ),
  );
}

/** Reads offsets and lags over the brokers' own listener, with a certificate that may only look. */
function buildExporter(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace }: InClusterKafkaSpec,
  dependsOn: readonly pulumi.Resource[],
): void {
  createStoreExporter(parent, `${name}-exporter`, {
    context,
    component,
    namespace: namespace.output,
    workload: exporterWorkload,
    port: exporterPort,
    image: image("kafka-exporter"),
    args: [
      `--kafka.server=${serviceHost(services.members, namespace.name)}:${ports.brokers}`,
      "--kafka.version=3.5.0",
      "--tls.enabled",
      "--tls.ca-file=/tls/ca.crt",
      "--tls.cert-file=/tls/tls.crt",
      "--tls.key-file=/tls/tls.key",
      `--web.listen-address=:${exporterPort}`,
    ],
    env: [],
    healthPath: "/healthz",
    tls: { secretName: tlsSecret(identities.exporter), keys: ["ca.crt", "tls.crt", "tls.key"] },
    store: { peer: neighbours(selector(workloads.kafka)), port: ports.brokers },
    dependsOn,
  });
}
