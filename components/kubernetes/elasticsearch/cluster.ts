/** The `Elasticsearch` of ECK and what its users may do. Pure data from the store's spec. */
import { labels } from "../../core/labels.ts";
import { cpuQuantity, memoryQuantity, storageQuantity } from "../../core/units.ts";
import { ownership } from "../stores/ownership.ts";
import { memoryPlacement, storePriority, zoneLabel } from "../stores/placement.ts";
import { type ElasticsearchSpec, type ElasticsearchUser, tracesUser } from "../stores-contract.ts";
import { image, imageVersion } from "../versions.ts";

export const clusterName = "elasticsearch";
export const tlsSecret = "elasticsearch-tls";
export const rolesSecret = "elasticsearch-roles";
export const exporterUser = "exporter";
/** Users that Elasticsearch, its operator and this library keep for themselves. */
export const reservedUsers = ["elastic", "kibana_system", "elastic-internal", "roles", "tls", exporterUser];
export const nodeLabels = { "elasticsearch.k8s.elastic.co/cluster-name": clusterName };

/** User `elasticsearch` of the image. */
const elasticsearchUser = 1000;

/** Name of a user's secret with `username`, `password` and `roles`. */
export function elasticsearchSecretName(user: string): string {
  return `elasticsearch-${user}`;
}

/** `spec` of the Elasticsearch. */
export function clusterSpec(
  spec: ElasticsearchSpec,
  userSecrets: readonly string[],
): Record<string, unknown> {
  const { members } = spec;
  return {
    version: imageVersion("elasticsearch").tag,
    image: image("elasticsearch"),
    volumeClaimDeletePolicy: "DeleteOnScaledownOnly",
    auth: {
      fileRealm: userSecrets.map((secretName) => ({ secretName })),
      roles: [{ secretName: rolesSecret }],
    },
    http: { tls: { certificate: { secretName: tlsSecret } } },
    updateStrategy: { changeBudget: { maxSurge: 0, maxUnavailable: 1 } },
    // The operator's own budget allows one eviction while the cluster is green, and of a single node none, which
    // would keep its machine from ever being drained: there it is switched off.
    ...(members === 1 ? { podDisruptionBudget: {} } : {}),
    nodeSets: [nodeSet(spec)],
  };
}

function nodeSet(spec: ElasticsearchSpec): Record<string, unknown> {
  const { members } = spec;
  return {
    name: "nodes",
    count: members,
    config: {
      "node.roles": ["master", "data", "ingest"],
      // Memory-mapped files want a kernel setting that only a privileged container could change.
      "node.store.allow_mmap": false,
      "xpack.ml.enabled": false,
      // The download would leave the cluster.
      "ingest.geoip.downloader.enabled": false,
      // Services make their indices; Jaeger leaves its daily ones to its templates and the first write of a day.
      "action.auto_create_index": `${tracesUser.indexPrefix}-*`,
    },
    // Puts a node in each zone and a shard's copies in different ones; it wants nodes labelled with their zone.
    ...(members > 1 ? { zoneAwareness: { topologyKey: zoneLabel } } : {}),
    podTemplate: {
      metadata: { labels: ownership(labels(spec.context, "data-tier", clusterName)) },
      spec: podSpec(spec),
    },
    volumeClaimTemplates: [
      {
        metadata: { name: "elasticsearch-data" },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: spec.storageClass,
          resources: { requests: { storage: storageQuantity(spec.storageGiB) } },
        },
      },
    ],
  };
}

function podSpec({ cluster, cpuMillis, memoryMiB }: ElasticsearchSpec): Record<string, unknown> {
  const memory = memoryQuantity(memoryMiB);
  return {
    automountServiceAccountToken: false,
    priorityClassName: storePriority,
    ...memoryPlacement(cluster),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: elasticsearchUser,
      runAsGroup: elasticsearchUser,
      fsGroup: elasticsearchUser,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    // Elasticsearch takes half of the limit for its heap, the rest is its cache of files.
    containers: [
      {
        name: "elasticsearch",
        resources: { requests: { cpu: cpuQuantity(cpuMillis), memory }, limits: { memory } },
      },
    ],
  };
}

/**
 * Roles as Elasticsearch reads them from `roles.yml` (JSON is YAML). A service sees its own indices only; `manage` is
 * for making and replacing them, which is the service's own job.
 */
export function rolesFile(users: readonly ElasticsearchUser[]): string {
  const roles: Record<string, unknown> = {
    [exporterUser]: {
      cluster: ["monitor", "monitor_snapshot"],
      indices: [{ names: ["*"], privileges: ["monitor"] }],
    },
  };
  for (const user of users) {
    roles[user.name] = {
      cluster: ["monitor", ...(user.clusterRights ?? [])],
      indices: [{ names: [`${user.indexPrefix}*`], privileges: privileges[user.rights] }],
    };
  }
  return `${JSON.stringify(roles, undefined, 2)}\n`;
}

const privileges = {
  read: ["read", "view_index_metadata"],
  "read-write": ["read", "write", "create_index", "manage"],
} as const;

/** Keys of a user's secret; ECK hashes the password into the file realm of every node. */
export function userSecretTemplate(user: string): Record<string, string> {
  return { username: user, password: "{{ .password }}", roles: user };
}
