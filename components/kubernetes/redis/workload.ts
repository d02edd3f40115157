import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { labels, selector } from "../../core/labels.ts";
import { storageQuantity } from "../../core/units.ts";
import { type ContainerResources, resources, restrictedContainer } from "../pods.ts";
import { restrictedPodAs, storePriority, zoneAntiAffinity } from "../stores/placement.ts";
import { image } from "../versions.ts";
import { folders, redisEnvironment } from "./config.ts";
import { type RedisAccess, redisSecretName } from "./users.ts";

/** User `redis` of the image. */
const redisUser = 999;

export interface RedisWorkloadSpec {
  readonly context: PlatformContext;
  readonly component: string;
  readonly namespace: { readonly name: string; readonly output: pulumi.Output<string> };
  /** Name of the StatefulSet and of its pods' label. */
  readonly workload: string;
  /** Headless service that gives each pod its name. */
  readonly service: string;
  readonly members: number;
  readonly port: { readonly name: string; readonly number: number };
  /** Scripts of the ConfigMap. */
  readonly scripts: { readonly start: string; readonly ready: string; readonly stop?: string };
  readonly resources: ContainerResources;
  readonly storageGiB: number;
  readonly storageClass: string;
  readonly configMap: pulumi.Output<string>;
  readonly configChecksum: string;
  /** Users whose lines of the access list, named by `accessKey`, the server reads. */
  readonly access: readonly RedisAccess[];
  readonly accessKey: "redis" | "sentinel";
  /** Users whose passwords the pod itself needs. */
  readonly passwordsOf: readonly string[];
  readonly tlsSecret: string;
  readonly sidecars: readonly kubernetes.types.input.core.v1.Container[];
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Members of Redis or Sentinels: the same pod with another script, port and size. */
export function createRedisWorkload(
  parent: pulumi.ComponentResource,
  name: string,
  spec: RedisWorkloadSpec,
): kubernetes.apps.v1.StatefulSet {
  const { context, component, workload } = spec;
  return new kubernetes.apps.v1.StatefulSet(
    name,
    {
      metadata: {
        name: workload,
        namespace: spec.namespace.output,
        labels: labels(context, component, workload),
      },
      spec: {
        replicas: spec.members,
        serviceName: spec.service,
        // All at once: a replica is ready only when its primary is there, and that may be the last member.
        podManagementPolicy: "Parallel",
        updateStrategy: { type: "RollingUpdate" },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
        selector: { matchLabels: selector(workload) },
        template: {
          metadata: {
            labels: labels(context, component, workload),
            annotations: { "llm-marketplace.io/config": spec.configChecksum },
          },
          spec: podSpec(spec),
        },
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: {
              accessModes: ["ReadWriteOnce"],
              storageClassName: spec.storageClass,
              resources: { requests: { storage: storageQuantity(spec.storageGiB) } },
            },
          },
        ],
      },
    },
    { parent, protect: context.protectData, dependsOn: [...spec.dependsOn] },
  );
}

function podSpec(spec: RedisWorkloadSpec): kubernetes.types.input.core.v1.PodSpec {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: storePriority,
    securityContext: restrictedPodAs(redisUser),
    terminationGracePeriodSeconds: 60,
    ...zoneAntiAffinity(spec.members, selector(spec.workload)),
    containers: [serverContainer(spec), ...spec.sidecars],
    volumes: [
      { name: "config", configMap: { name: spec.configMap, defaultMode: 0o444 } },
      { name: "tls", secret: { secretName: spec.tlsSecret, defaultMode: 0o440 } },
      { name: "users", projected: { defaultMode: 0o440, sources: userSources(spec) } },
      { name: "run", emptyDir: { medium: "Memory", sizeLimit: "4Mi" } },
    ],
  };
}

function serverContainer(spec: RedisWorkloadSpec): kubernetes.types.input.core.v1.Container {
  const script = (file: string) => ["sh", `${folders.config}/${file}`];
  const probe = (file: string, periodSeconds: number, failureThreshold: number) => ({
    exec: { command: script(file) },
    periodSeconds,
    timeoutSeconds: 5,
    failureThreshold,
  });
  return {
    name: spec.workload,
    image: image("redis"),
    command: script(spec.scripts.start),
    env: redisEnvironment(spec.namespace.name, spec.members, {
      service: spec.service,
      port: spec.port.number,
    }),
    ports: [{ name: spec.port.name, containerPort: spec.port.number }],
    resources: resources(spec.resources),
    securityContext: restrictedContainer,
    // Loading the log of a full member takes a while; only then does the liveness probe begin.
    startupProbe: probe("check-alive.sh", 5, 60),
    livenessProbe: probe("check-alive.sh", 10, 3),
    readinessProbe: probe(spec.scripts.ready, 5, 2),
    ...(spec.scripts.stop === undefined
      ? {}
      : { lifecycle: { preStop: { exec: { command: script(spec.scripts.stop) } } } }),
    volumeMounts: [
      { name: "config", mountPath: folders.config, readOnly: true },
      { name: "tls", mountPath: folders.tls, readOnly: true },
      { name: "users", mountPath: folders.secrets, readOnly: true },
      { name: "run", mountPath: folders.run },
      { name: "data", mountPath: folders.data },
    ],
  };
}

/** A user's line where the server knows the user, a password where the pod acts as the user, and no more. */
function userSources(spec: RedisWorkloadSpec): kubernetes.types.input.core.v1.VolumeProjection[] {
  return spec.access.flatMap((access) => {
    const items = [
      ...(access[spec.accessKey] === undefined ? [] : [`${spec.accessKey}.acl`]),
      ...(spec.passwordsOf.includes(access.name) ? ["password"] : []),
    ];
    return items.length === 0
      ? []
      : [
          {
            secret: {
              name: redisSecretName(access.name),
              items: items.map((key) => ({ key, path: `${access.name}/${key}` })),
            },
          },
        ];
  });
}
