import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { StoreOutputs } from "../clouds/contract.ts";
import { labels, selector } from "../core/labels.ts";
import { serviceHost } from "./places.ts";
import {
  memberMemoryMiB,
  primaryName,
  redisFiles,
  redisPort,
  sentinelAddresses,
  sentinelPort,
  services,
  workloads,
} from "./redis/config.ts";
import { redisExporter } from "./redis/exporter.ts";
import { createRedisPolicies, createRedisServices } from "./redis/network.ts";
import { createRedisUsers, redisAccess, redisSecretName } from "./redis/users.ts";
import { createRedisWorkload, type RedisWorkloadSpec } from "./redis/workload.ts";
import { createStoreBudget } from "./stores/budget.ts";
import { createStoreAuthority, createStoreCertificate, storeDnsNames } from "./stores/certificates.ts";
import { checksum } from "./stores/checksum.ts";
import { createPodMonitor } from "./stores/monitors.ts";
import type { InClusterRedisSpec } from "./stores-contract.ts";

const component = "data-tier";
const tlsSecret = "redis-tls";
/** A Sentinel's volume holds one small file. */
const sentinelStorageGiB = 1;

/**
 * Redis 7.2 inside the cluster: one member and one Sentinel, or three of each, one a zone, as StatefulSets of this
 * library (the public operators' Sentinels run without TLS or without users, ADR "Redis in the cluster"). TLS
 * only, a user per service, the user `default` is off. Clients ask the Sentinels for the primary in either size.
 *
 * A write is on disk within a second and reaches replicas a moment after it was acknowledged; a client for which
 * that is too weak says `WAIT 1`.
 */
export function createInClusterRedis(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterRedisSpec,
): StoreOutputs {
  const { context, namespace, members } = spec;
  const kinds = [...spec.cluster.ready, ...(spec.kinds ?? [])];
  const access = redisAccess(spec.users);
  const users = createRedisUsers(parent, name, {
    context,
    component,
    namespace: namespace.output,
    access,
    dependsOn: [...kinds, ...spec.secrets.ready],
  });
  const certificate = buildCertificate(parent, name, spec, kinds);
  const files = redisFiles(members);
  const configMap = new kubernetes.core.v1.ConfigMap(
    `${name}-config`,
    {
      metadata: {
        name: "redis-config",
        namespace: namespace.output,
        labels: labels(context, component, "redis"),
      },
      data: files,
    },
    { parent },
  );
  createRedisServices(parent, name, spec);
  createRedisPolicies(parent, name, spec);
  const ready = buildWorkloads(parent, name, spec, {
    configMap: configMap.metadata.name,
    configChecksum: checksum({ ...files, users: JSON.stringify(access) }),
    access,
    dependsOn: [...users, certificate],
  });
  createPodMonitor(parent, `${name}-monitor`, {
    context,
    component,
    namespace: namespace.output,
    monitorName: "redis",
    podLabels: selector(workloads.members),
    port: "metrics",
    dependsOn: kinds,
  });
  return {
    kind: "redis",
    host: pulumi.output(serviceHost(services.any, namespace.name)),
    port: redisPort,
    tls: true,
    auth: { kind: "password", secretName: redisSecretName },
    caSecret: tlsSecret,
    sentinel: {
      hosts: sentinelAddresses(namespace.name, members).map((address) => address.split(":")[0] ?? address),
      port: sentinelPort,
      masterName: primaryName,
    },
    reference: undefined,
    namespace: namespace.name,
    adminSecretKey: undefined,
    ready,
  };
}

function buildCertificate(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterRedisSpec,
  dependsOn: readonly pulumi.Resource[],
): pulumi.Resource {
  const authority = createStoreAuthority(parent, `${name}-tls`, {
    context: spec.context,
    component,
    namespace: spec.namespace.output,
    store: "redis",
    dependsOn,
  });
  return createStoreCertificate(parent, `${name}-tls-certificate`, authority, {
    secretName: tlsSecret,
    // The exporter beside the server reaches it as localhost.
    dnsNames: [
      ...storeDnsNames(spec.namespace.name, [services.any], [services.members, services.sentinels]),
      "localhost",
    ],
    usages: ["server auth"],
  });
}

/** Both StatefulSets, each with its budget. */
function buildWorkloads(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterRedisSpec,
  files: Pick<RedisWorkloadSpec, "configMap" | "configChecksum" | "access" | "dependsOn">,
): pulumi.Resource[] {
  const { context, namespace, members } = spec;
  const shared = { context, component, namespace, members, tlsSecret, ...files };
  const redis = createRedisWorkload(parent, `${name}-members`, {
    ...shared,
    workload: workloads.members,
    service: services.members,
    port: { name: "redis", number: redisPort },
    scripts: { start: "start-redis.sh", ready: "check-redis.sh", stop: "leave.sh" },
    resources: { cpuMillis: 100, memoryMiB: memberMemoryMiB, memoryLimitMiB: memberMemoryMiB },
    storageGiB: spec.storageGiB,
    storageClass: spec.storageClass,
    accessKey: "redis",
    passwordsOf: ["maintenance", "health", "replication"],
    sidecars: [redisExporter()],
  });
  const sentinels = createRedisWorkload(parent, `${name}-sentinels`, {
    ...shared,
    workload: workloads.sentinels,
    service: services.sentinels,
    port: { name: "sentinel", number: sentinelPort },
    scripts: { start: "start-sentinel.sh", ready: "check-sentinel.sh" },
    resources: { cpuMillis: 25, memoryMiB: 32, memoryLimitMiB: 64 },
    storageGiB: sentinelStorageGiB,
    storageClass: "ssd",
    accessKey: "sentinel",
    passwordsOf: ["health", "sentinel"],
    sidecars: [],
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
  return [redis, sentinels];
}
