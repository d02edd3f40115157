import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels, selector } from "../../core/labels.ts";
import { storageQuantity } from "../../core/units.ts";
import { serviceHost } from "../places.ts";
import { resources, restrictedContainer } from "../pods.ts";
import { restrictedPodAs, storePriority, zoneAntiAffinity, zoneLabel } from "../stores/placement.ts";
import type { InClusterKafkaSpec } from "../stores-contract.ts";
import { type ImageName, image } from "../versions.ts";
import { certificateWatchSeconds, folders, ports } from "./config.ts";

const component = "messaging";
/** User `appuser` of Confluent's images. */
export const confluentUser = 1000;

export interface ConfluentWorkload {
  readonly workload: string;
  /** Headless service that gives each pod its name. */
  readonly service: string;
  readonly image: ImageName;
  readonly script: string;
  readonly heapMiB: number;
  readonly memoryMiB: number;
  readonly cpuMillis: number;
  readonly storageGiB: number;
  readonly storageClass: string;
  /** The first is the one that probes try. */
  readonly ports: readonly { readonly name: string; readonly number: number }[];
  readonly tlsSecret: string;
  /** Seconds that the next member waits when all get a new certificate. */
  readonly restartGapSeconds: number;
  readonly configMap: pulumi.Output<string>;
  readonly configChecksum: string;
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Members of ZooKeeper or Kafka: the same Java pod with another script, port and size. */
export function createConfluentWorkload(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterKafkaSpec,
  own: ConfluentWorkload,
): kubernetes.apps.v1.StatefulSet {
  const { context, namespace, members } = spec;
  return new kubernetes.apps.v1.StatefulSet(
    name,
    {
      metadata: {
        name: own.workload,
        namespace: namespace.output,
        labels: labels(context, component, own.workload),
      },
      spec: {
        replicas: members,
        serviceName: own.service,
        // All at once: none of an ensemble answers before the majority is there.
        podManagementPolicy: "Parallel",
        updateStrategy: { type: "RollingUpdate" },
        // Replicas catch up before the next member goes.
        minReadySeconds: members > 1 ? 60 : 0,
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
        selector: { matchLabels: selector(own.workload) },
        template: {
          metadata: {
            labels: labels(context, component, own.workload),
            annotations: { "llm-marketplace.io/config": own.configChecksum },
          },
          spec: podSpec(spec, own),
        },
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: {
              accessModes: ["ReadWriteOnce"],
              storageClassName: own.storageClass,
              resources: { requests: { storage: storageQuantity(own.storageGiB) } },
            },
          },
        ],
      },
    },
    {
      parent,
      protect: context.protectData,
      dependsOn: [...own.dependsOn],
      customTimeouts: { create: "20m", update: "30m" },
    },
  );
}

function podSpec(
  { namespace, members }: InClusterKafkaSpec,
  own: ConfluentWorkload,
): kubernetes.types.input.core.v1.PodSpec {
  return {
    automountServiceAccountToken: false,
    // The scripts of Confluent's images read variables that service links would set.
    enableServiceLinks: false,
    priorityClassName: storePriority,
    securityContext: restrictedPodAs(confluentUser),
    terminationGracePeriodSeconds: 120,
    ...zoneAntiAffinity(members, selector(own.workload)),
    containers: [container(namespace.name, own)],
    volumes: [
      { name: "config", configMap: { name: own.configMap, defaultMode: 0o444 } },
      { name: "tls", secret: { secretName: own.tlsSecret, defaultMode: 0o440 } },
      { name: "run", emptyDir: { sizeLimit: "64Mi" } },
      { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
    ],
  };
}

function container(namespace: string, own: ConfluentWorkload): kubernetes.types.input.core.v1.Container {
  const probed = { tcpSocket: { port: own.ports[0]?.name ?? "" }, timeoutSeconds: 5 };
  return {
    name: own.workload,
    image: image(own.image),
    command: ["sh", `${folders.config}/${own.script}`],
    env: environment(namespace, own),
    ports: own.ports.map((port) => ({ name: port.name, containerPort: port.number })),
    resources: resources({
      cpuMillis: own.cpuMillis,
      memoryMiB: own.memoryMiB,
      memoryLimitMiB: own.memoryMiB,
    }),
    securityContext: restrictedContainer,
    // A broker that was killed checks its whole log before it listens.
    startupProbe: { ...probed, periodSeconds: 10, failureThreshold: 90 },
    livenessProbe: { ...probed, periodSeconds: 20, failureThreshold: 3 },
    readinessProbe: { ...probed, periodSeconds: 10, failureThreshold: 3 },
    volumeMounts: [
      { name: "config", mountPath: folders.config, readOnly: true },
      { name: "tls", mountPath: folders.tls, readOnly: true },
      { name: "run", mountPath: folders.run },
      { name: "tmp", mountPath: "/tmp" },
      { name: "data", mountPath: folders.data },
    ],
  };
}

/** Variables of the Java tools: where they log, and how much memory they take. */
export function javaEnvironment(
  heapMiB: number,
  logging: "log4j.properties" | "tools-log4j.properties",
): Record<string, string> {
  return {
    LOG_DIR: `${folders.run}/logs`,
    KAFKA_LOG4J_OPTS: `-Dlog4j.configuration=file:${folders.config}/${logging}`,
    KAFKA_HEAP_OPTS: `-Xms${heapMiB}m -Xmx${heapMiB}m`,
    // Their own default writes a log of garbage collections to disk.
    EXTRA_ARGS: "-name server",
    CONFIG_DIR: folders.config,
    TLS_DIR: folders.tls,
    RUN_DIR: folders.run,
  };
}

function environment(namespace: string, own: ConfluentWorkload): kubernetes.types.input.core.v1.EnvVar[] {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const values: Record<string, string> = {
    ...javaEnvironment(own.heapMiB, "log4j.properties"),
    DATA_DIR: folders.data,
    SELF_HOST: serviceHost(`$(POD_NAME).${own.service}`, namespace),
    CLIENTS_PORT: String(ports.clients),
    BROKERS_PORT: String(ports.brokers),
    WATCH_SECONDS: String(certificateWatchSeconds),
    RESTART_GAP_SECONDS: String(own.restartGapSeconds),
  };
  return [
    field("POD_NAME", "metadata.name"),
    // Kubernetes 1.35 and newer copy the zone of the node to the pod; before, the value is empty.
    field("ZONE", `metadata.labels['${zoneLabel}']`),
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
  ];
}
