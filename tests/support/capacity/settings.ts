/** How a plan itself describes the pods of a footprint's row: copies, requests, placement, volumes. */
import { type WorkloadName, workloads } from "../../../components/core/footprint.ts";
import { parseCpu, parseMemory } from "../../../components/core/units.ts";
import type { FootprintMatch, Source } from "./sources.ts";

/** The part of a pod's spec that the scheduler goes by. */
export interface Placement {
  readonly priorityClassName?: string;
  readonly nodeSelector?: Record<string, string>;
  readonly tolerations?: readonly object[];
  readonly affinity?: object;
  readonly topologySpreadConstraints?: readonly SpreadConstraint[];
}

export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: "DoNotSchedule" | "ScheduleAnyway";
  readonly labelSelector: { readonly matchLabels: Readonly<Record<string, string>> };
}

export interface Claim {
  readonly name: string;
  readonly storageClassName: string;
  /** `50Gi`. */
  readonly size: string;
}

export interface PodRequests {
  readonly cpuMillis: number;
  readonly memoryMiB: number;
  readonly memoryLimitMiB: number;
}

export interface PodSettings {
  /** Undefined for what runs on every node. */
  readonly replicas: number | undefined;
  /** Undefined where nothing scales it. */
  readonly maximumReplicas: number | undefined;
  /** Undefined where the plan does not say it: add-ons of EKS. */
  readonly requests: PodRequests | undefined;
  readonly placement: Placement;
  readonly claims: readonly Claim[];
}

// biome-ignore lint/suspicious/noExplicitAny: values of charts and specs of many kinds
type Bag = Record<string, any>;

/** Reads a row's settings from its source. Throws where the row names a place that its source does not have. */
export function podSettings({ row, source }: FootprintMatch, all: readonly Source[]): PodSettings {
  const read = readers[source.kind];
  if (read === undefined) {
    throw new Error(`${row}: nothing knows how ${source.kind} describes its pods; add it to settings.ts`);
  }
  return read(source, row, all);
}

const readers: Record<string, (source: Source, row: WorkloadName, all: readonly Source[]) => PodSettings> = {
  Release: releaseSettings,
  Addon: (_source, row) => ({
    replicas: typeof workloads[row].replicas === "number" ? workloads[row].replicas : undefined,
    maximumReplicas: undefined,
    requests: undefined,
    placement: withPriority({}, workloads[row].priority),
    claims: [],
  }),
  "Deployment.apps": ({ body }) => ownWorkload(body),
  "StatefulSet.apps": ({ body }) => ownWorkload(body),
  "Elasticsearch.elasticsearch.k8s.elastic.co": elasticsearchSettings,
  "Cluster.postgresql.cnpg.io": postgresSettings,
  "KafkaNodePool.kafka.strimzi.io": brokerSettings,
  "Kafka.kafka.strimzi.io": kafkaSettings,
};

function releaseSettings({ id, body }: Source, row: WorkloadName): PodSettings {
  const { at = "", containers = [at], parts, priority, kind } = workloads[row];
  const own = member(id, body, at);
  const settings =
    parts === undefined
      ? own
      : {
          ...own,
          resources: member(id, body, `resources.${parts.resources}`),
          topologySpreadConstraints: body.topologySpreadConstraints?.[parts.spread],
          priorityClassName: body.priorityClassName,
        };
  const { minimum, maximum } = releaseReplicas(settings);
  return {
    replicas: kind === "DaemonSet" || kind === "Sidecar" ? undefined : minimum,
    maximumReplicas: maximum,
    requests: sum(
      parts === undefined ? containers.map((path) => member(id, body, path).resources) : [settings.resources],
    ),
    placement: withPriority(
      placementOf(settings),
      settings.priorityClassName ?? body.global?.priorityClassName ?? priority,
    ),
    claims: releaseClaims(row, settings),
  };
}

/** Charts write the number of copies in one of these ways; none at all is one. */
function releaseReplicas(settings: Bag): { minimum: number; maximum: number | undefined } {
  const { autoscaling, autoscaleEnabled, autoscaleMin, autoscaleMax, replicaCount, replicas } = settings;
  if (autoscaling?.enabled === true) {
    return { minimum: autoscaling.minReplicas, maximum: autoscaling.maxReplicas };
  }
  if (autoscaleEnabled === true) return { minimum: autoscaleMin, maximum: autoscaleMax };
  return { minimum: replicaCount ?? replicas ?? 1, maximum: undefined };
}

function releaseClaims(row: WorkloadName, settings: Bag): Claim[] {
  const template = (settings.storageSpec ?? settings.storage)?.volumeClaimTemplate;
  if (template !== undefined) return [claim("data", template.spec)];
  const { persistence } = settings;
  if (workloads[row].kind !== "StatefulSet" || persistence?.size === undefined) return [];
  return [{ name: "data", storageClassName: persistence.storageClass, size: persistence.size }];
}

/** What the library makes itself: the plan has the whole pod. */
function ownWorkload({ spec }: Bag): PodSettings {
  const pod = spec.template.spec;
  return {
    replicas: spec.replicas,
    maximumReplicas: undefined,
    requests: sum(pod.containers.map(({ resources }: Bag) => resources)),
    placement: withPriority(placementOf(pod), pod.priorityClassName),
    claims: (spec.volumeClaimTemplates ?? []).map((template: Bag) =>
      claim(template.metadata.name, template.spec),
    ),
  };
}

/** The operator turns `zoneAwareness` into a strict spread (cloud-on-k8s 3.5.0, `nodespec/podspec.go`). */
function elasticsearchSettings({ body }: Source): PodSettings {
  const [nodes] = body.spec.nodeSets as Bag[];
  if (nodes === undefined || body.spec.nodeSets.length > 1) throw new Error("one set of nodes was expected");
  const pod = nodes.podTemplate.spec;
  const spread: SpreadConstraint[] =
    nodes.zoneAwareness === undefined
      ? []
      : [
          {
            maxSkew: 1,
            topologyKey: nodes.zoneAwareness.topologyKey,
            whenUnsatisfiable: "DoNotSchedule",
            labelSelector: {
              matchLabels: { "elasticsearch.k8s.elastic.co/cluster-name": body.metadata.name },
            },
          },
        ];
  return {
    replicas: nodes.count,
    maximumReplicas: undefined,
    requests: sum(pod.containers.map(({ resources }: Bag) => resources)),
    placement: withPriority(
      { ...placementOf(pod), ...(spread.length === 0 ? {} : { topologySpreadConstraints: spread }) },
      pod.priorityClassName,
    ),
    claims: nodes.volumeClaimTemplates.map((template: Bag) => claim(template.metadata.name, template.spec)),
  };
}

/** CloudNativePG has words of its own for anti-affinity, and its backup plug-in adds a sidecar to every instance. */
function postgresSettings({ body }: Source, _row: WorkloadName, all: readonly Source[]): PodSettings {
  const { affinity = {}, instances, plugins = [], priorityClassName, resources, storage } = body.spec;
  const sidecars = plugins.map(({ parameters }: Bag) => {
    const store = all.find(({ id }) => id === `ObjectStore ${parameters.barmanObjectName}`);
    return store?.body.spec.instanceSidecarConfiguration?.resources;
  });
  const term = {
    labelSelector: { matchLabels: { "cnpg.io/cluster": body.metadata.name, "cnpg.io/podRole": "instance" } },
    topologyKey: affinity.topologyKey,
  };
  const required = affinity.enablePodAntiAffinity === true && affinity.podAntiAffinityType === "required";
  return {
    replicas: instances,
    maximumReplicas: undefined,
    requests: sum([resources, ...sidecars]),
    placement: withPriority(
      required
        ? { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } }
        : {},
      priorityClassName,
    ),
    claims: [{ name: "data", storageClassName: storage.storageClass, size: storage.size }],
  };
}

function brokerSettings({ body }: Source): PodSettings {
  const { replicas, resources, storage, template } = body.spec;
  return {
    replicas,
    maximumReplicas: undefined,
    requests: sum([resources]),
    placement: withPriority(placementOf(template.pod), template.pod.priorityClassName),
    claims: storage.volumes.map((volume: Bag) => ({
      name: `data-${volume.id}`,
      storageClassName: volume.class,
      size: volume.size,
    })),
  };
}

/** What a Kafka makes beside its brokers: the operator of topics and users in one pod, the exporter of lag. */
function kafkaSettings({ body }: Source, row: WorkloadName): PodSettings {
  const { entityOperator, kafkaExporter } = body.spec;
  const part = row === "kafka-entity-operator" ? entityOperator : kafkaExporter;
  const parts = row === "kafka-entity-operator" ? [part.topicOperator, part.userOperator] : [part];
  const { pod } = part.template;
  return {
    replicas: 1,
    maximumReplicas: undefined,
    requests: sum(parts.map(({ resources }: Bag) => resources)),
    placement: withPriority(placementOf(pod), pod.priorityClassName),
    claims: [],
  };
}

function placementOf(settings: Bag): Placement {
  const { nodeSelector, tolerations, affinity, topologySpreadConstraints } = settings;
  return {
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(tolerations === undefined ? {} : { tolerations }),
    ...(affinity === undefined ? {} : { affinity }),
    ...(topologySpreadConstraints === undefined ? {} : { topologySpreadConstraints }),
  };
}

function withPriority(placement: Placement, priorityClassName: string | undefined): Placement {
  return priorityClassName === undefined ? placement : { ...placement, priorityClassName };
}

function claim(name: string, spec: Bag): Claim {
  return { name, storageClassName: spec.storageClassName, size: spec.resources.requests.storage };
}

function sum(resources: readonly (Bag | undefined)[]): PodRequests {
  const total = (read: (one: Bag | undefined) => number) =>
    resources.reduce((all, one) => all + read(one), 0);
  return {
    cpuMillis: total((one) => parseCpu(String(one?.requests?.cpu ?? 0))),
    memoryMiB: total((one) => parseMemory(String(one?.requests?.memory ?? 0))),
    memoryLimitMiB: total((one) => parseMemory(String(one?.limits?.memory ?? 0))),
  };
}

function member(id: string, values: Bag, path: string): Bag {
  const keys = path === "" ? [] : path.split(".");
  return keys.reduce((inner, key) => {
    if (inner[key] === undefined) throw new Error(`${id}: its values have no ${path}; renew the row's "at"`);
    return inner[key];
  }, values);
}
