/**
 * Who may talk to whom on this platform, and why: the call graph of the catalogue, and the edges without which real
 * clusters break. Everything that is not here is denied, which tests/plan/network.test.ts shows for every stack.
 *
 * `@name` is something outside the cluster, `namespace/*` every pod of a namespace, `*` every pod that policies bind,
 * `* without a proxy` those of them outside the mesh.
 */
import { catalog, type ServiceDefinition } from "../../../services/catalog.ts";
import type { Protocol } from "./model.ts";

export interface Edge {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly ports: readonly number[] | "any";
  /** Default: TCP. */
  readonly protocols?: readonly Protocol[];
  /** Beginnings of the paths that are allowed. Default: every path. */
  readonly paths?: readonly string[];
  /** Only the platform's own host, at the gateway. */
  readonly ownHost?: true;
  /** The edge is there only where this endpoint is. */
  readonly where?: string;
  /**
   * `must` work; or `may`: a rule for something else cannot leave it out, and the reason says why it does no harm.
   */
  readonly level: "must" | "may";
  readonly why: string;
}

type Extra = Partial<Pick<Edge, "protocols" | "paths" | "ownHost" | "where">>;

function must(from: string[], to: string[], ports: Edge["ports"], why: string, extra: Extra = {}): Edge {
  return { from, to, ports, why, level: "must", ...extra };
}

function may(from: string[], to: string[], ports: Edge["ports"], why: string, extra: Extra = {}): Edge {
  return { from, to, ports, why, level: "may", ...extra };
}

const gateway = "istio-ingress/istio-ingressgateway";
const services = catalog.map(({ name }) => `llm-marketplace/${name}`);
const migrations = catalog.flatMap(({ name, postgres }) =>
  postgres ? [`llm-marketplace/${name}-migration`] : [],
);

function serviceEdges(service: ServiceDefinition): Edge[] {
  const own = [`llm-marketplace/${service.name}`];
  const identity = (where: string) =>
    must(own, ["@identity-agent"], [80], `${service.name} gets a token of its cloud identity`, { where });
  const store = (to: string, port: number) => must(own, [to], [port], `${service.name} uses the store`);
  const migration = [`llm-marketplace/${service.name}-migration`];
  const migrates = (to: string, port: number, where = to) =>
    must(migration, [to], [port], `${service.name}'s migration works as the owner of its tables`, { where });
  return [
    ...service.callers.map((caller) =>
      caller === "gateway"
        ? must([gateway], own, [service.port], `${service.name} is public under its path`, {
            paths: [service.pathPrefix],
          })
        : must([`llm-marketplace/${caller}`], own, [service.port], `${caller} calls ${service.name}`),
    ),
    ...(service.postgres
      ? [
          store("@managed-postgres", 5432),
          store("data/postgres", 5432),
          identity("@managed-postgres"),
          migrates("@managed-postgres", 5432),
          migrates("data/postgres", 5432),
          migrates("@identity-agent", 80, "@managed-postgres"),
        ]
      : []),
    ...(service.redis
      ? [
          store("@managed-redis", 6379),
          store("data/redis", 6379),
          store("data/redis-sentinel", 26379),
          identity("@managed-redis"),
        ]
      : []),
    ...(service.elasticsearch ? [store("data/elasticsearch", 9200)] : []),
    ...(service.topics.length > 0
      ? [
          store("@managed-kafka", 9098),
          store("messaging/kafka-brokers", 9093),
          store("messaging/kafka", 9093),
          identity("@managed-kafka"),
        ]
      : []),
    ...(service.egress === "providers"
      ? [must(own, ["@internet"], [443], `${service.name} calls model providers`)]
      : []),
  ];
}

/** Namespaces whose pods call the Kubernetes API, and single workloads of shared namespaces. */
const apiCallers = [
  "argo-rollouts/*",
  "cert-manager/*",
  "cnpg-system/*",
  "elastic-system/*",
  "external-dns/*",
  "external-secrets/*",
  "istio-cni/*",
  "istio-system/*",
  "keda/*",
  "monitoring/*",
  "monitoring-agents/*",
  "strimzi-system/*",
  "velero/*",
  "data/postgres",
  "messaging/kafka-brokers",
  "messaging/kafka-entity-operator",
];

const platform: readonly Edge[] = [
  // What every cluster stops without.
  must(["@node"], ["* without a proxy"], "any", "kubelets probe the pods of their node"),
  must(["@node"], services, [15020], "kubelets probe the agent, which asks the service"),
  must(["@node"], [gateway], [15021], "kubelets probe the gateway"),
  may(
    ["@node"],
    [...services, gateway],
    [15020, 15021, 15090],
    "ports of the agent and the proxy themselves",
  ),
  must(["*"], ["kube-system/coredns"], [53], "names are resolved, over TCP where an answer is long", {
    protocols: ["UDP", "TCP"],
  }),
  must(apiCallers, ["@api-server"], [443, 6443], "operators and agents work through the Kubernetes API"),
  may(
    apiCallers,
    ["@internet", "@token-issuer"],
    [443],
    "the API server has no label and no address that is known before the cluster exists: HTTPS to anywhere",
  ),
  must(
    ["@api-server"],
    ["cert-manager/cert-manager-webhook", "external-secrets/external-secrets-webhook"],
    [10250],
    "admission",
  ),
  must(["@api-server"], ["istio-system/istiod"], [15017], "injection and admission"),
  must(
    ["@api-server"],
    ["elastic-system/elastic-operator", "cnpg-system/cloudnative-pg", "keda/keda-admission-webhooks"],
    [9443],
    "admission",
  ),
  may(
    [
      "@load-balancer",
      "@managed-postgres",
      "@managed-redis",
      "@managed-kafka",
      "kube-system/*",
      "monitoring/prometheus",
    ],
    [
      "cert-manager/cert-manager-webhook",
      "external-secrets/external-secrets-webhook",
      "istio-system/istiod",
      "elastic-system/elastic-operator",
      "cnpg-system/cloudnative-pg",
      "keda/*",
    ],
    [6443, 9443, 10250, 15017],
    "the control plane calls from the inside ranges, in which these are too; webhooks answer over TLS and change nothing",
  ),

  must(
    ["@api-server"],
    ["keda/keda-metrics-apiserver"],
    [6443],
    "metrics of autoscalers come through the API server",
  ),
  may(
    apiCallers,
    ["keda/keda-metrics-apiserver"],
    [6443],
    "whoever may call the API server's port may call this one; it asks for the API server's certificate",
  ),

  // The way in.
  must(
    ["@internet", "@load-balancer"],
    [gateway],
    [80, 443, 15021],
    "the public edge and its load balancer",
    {
      ownHost: true,
    },
  ),
  may(
    ["@*", "kube-system/*", "monitoring/prometheus"],
    [gateway],
    [80, 443, 15021],
    "the public edge is for everybody",
    {
      ownHost: true,
    },
  ),
  may(apiCallers, [gateway], [443], "the public edge is for everybody whose HTTPS goes anywhere", {
    ownHost: true,
  }),

  // The mesh.
  must(
    [...services, gateway],
    ["istio-system/istiod"],
    [15012],
    "proxies get certificates and configuration",
  ),
  must(
    [...services, gateway, "istio-system/istiod"],
    ["monitoring/otel-collector"],
    [4317],
    "spans over OTLP",
  ),
  must([...services, "istio-system/istiod"], ["@token-issuer"], [443], "keys of the access tokens' issuer"),

  // Watching.
  must(["monitoring/*"], ["monitoring/*"], "any", "what watches the platform talks to each other freely"),
  may(
    migrations,
    ["istio-system/istiod"],
    [15012],
    "the control plane is open to the whole namespace; a migration has no proxy that would ask it",
  ),
  must(
    ["monitoring/prometheus"],
    ["@node"],
    [9100, 10250],
    "kubelets and node exporters have their node's address",
  ),
  must(
    ["monitoring/prometheus"],
    ["kube-system/*"],
    "any",
    "nothing in kube-system is bound; Prometheus may dial every namespace",
  ),
  must(
    ["monitoring/prometheus"],
    ["monitoring-agents/alloy"],
    [12345],
    "scrapes of what charts bring monitors for: the log collector",
  ),
  must(
    ["monitoring/prometheus"],
    ["velero/velero"],
    [8085],
    "scrapes of what charts bring monitors for: Velero",
  ),
  must(["monitoring/prometheus"], ["elastic-system/elastic-operator"], [8081], "scrapes of operators: ECK"),
  must(
    ["monitoring/prometheus"],
    ["cnpg-system/cloudnative-pg"],
    [8080],
    "scrapes of operators: CloudNativePG",
  ),
  must(["monitoring/prometheus"], ["external-dns/external-dns"], [7979], "scrapes of external-dns"),
  may(
    ["monitoring/prometheus"],
    [
      "cert-manager/cert-manager-cainjector",
      "external-secrets/external-secrets-webhook",
      "external-secrets/external-secrets-cert-controller",
    ],
    [8080, 9402],
    "a namespace opens its metrics port for all of its pods",
  ),
  must(["monitoring-agents/alloy"], ["monitoring/loki"], [3100], "logs"),
  must(
    ["argo-rollouts/argo-rollouts"],
    ["monitoring/prometheus"],
    [9090],
    "canaries are judged by Prometheus",
  ),
  must(
    ["monitoring/jaeger", "monitoring/jaeger-es-index-cleaner"],
    ["data/elasticsearch"],
    [9200],
    "spans are kept and deleted",
  ),
  must(["keda/*"], ["monitoring/prometheus"], [9090], "requests of services that scale on them"),
  must(["monitoring/prometheus"], ["keda/*"], [8080], "scrapes of KEDA"),
  must(["monitoring/alertmanager"], ["@internet"], [443], "PagerDuty and Slack"),
  must(["monitoring/kafka-exporter"], ["@managed-kafka"], [9098], "lag of consumers"),

  // Clouds: endpoints and identities.
  must(
    [
      "cert-manager/cert-manager",
      "external-dns/external-dns",
      "external-secrets/external-secrets",
      "velero/velero",
      "monitoring/loki",
    ],
    ["@internet"],
    [443],
    "the cloud's own services: DNS, secrets, object storage",
  ),
  must(
    ["cert-manager/*", "external-dns/*", "external-secrets/*", "monitoring/*"],
    ["@identity-agent"],
    [80],
    "tokens of a cloud identity",
  ),
  must(
    ["velero/velero", "data/postgres"],
    ["@identity-agent"],
    [80],
    "tokens of a cloud identity, for object storage",
    {
      where: "kube-system/aws-load-balancer-controller",
    },
  ),
  must(["data/postgres"], ["@internet"], [443], "WAL and backups go to object storage", {
    where: "kube-system/aws-load-balancer-controller",
  }),
  must(["cert-manager/*"], ["@name-server", "@internet"], [53], "is the DNS-01 challenge visible?", {
    protocols: ["UDP", "TCP"],
  }),
  must(
    ["velero/velero", "data/postgres", "monitoring/loki"],
    ["object-store/object-store"],
    [7070],
    "object storage on a laptop",
  ),
  may(
    ["monitoring/prometheus"],
    ["object-store/object-store"],
    [7070],
    "the object store opens its port for a whole namespace; it asks for keys",
  ),

  // Operators and their stores, stores among themselves.
  ...["cnpg-system", "elastic-system", "keda", "strimzi-system", "object-store"].map((namespace) =>
    must(
      [`${namespace}/*`],
      [`${namespace}/*`],
      "any",
      "copies of an operator and its plugins, a server and its jobs",
    ),
  ),
  must(["elastic-system/*"], ["data/elasticsearch"], [9200], "ECK manages Elasticsearch"),
  must(["cnpg-system/*"], ["data/postgres"], [8000], "CloudNativePG asks each instance for its state"),
  must(["strimzi-system/*"], ["messaging/kafka-brokers"], [8443, 9090, 9091], "Strimzi rolls brokers"),
  must(["data/elasticsearch"], ["data/elasticsearch"], [9200, 9300], "members of the store"),
  must(["data/elasticsearch-exporter"], ["data/elasticsearch"], [9200], "the store's exporter"),
  must(["data/postgres"], ["data/postgres"], [5432, 8000], "members of the store"),
  must(["data/postgres-roles"], ["@managed-postgres"], [5432], "the job that makes roles"),
  must(["data/redis", "data/redis-sentinel"], ["data/redis"], [6379], "members and Sentinels"),
  must(["data/redis", "data/redis-sentinel"], ["data/redis-sentinel"], [26379], "members and Sentinels"),
  must(["messaging/kafka-brokers"], ["messaging/kafka-brokers"], [9090, 9091], "members of the store"),
  must(
    ["messaging/kafka-entity-operator", "messaging/kafka-exporter"],
    ["messaging/kafka-brokers"],
    [9091],
    "topics, users, lag",
  ),
  must(
    ["messaging/kafka", "messaging/kafka-provision", "messaging/kafka-exporter"],
    ["messaging/kafka"],
    [9091],
    "members, the job that makes topics, lag",
  ),
  must(["messaging/kafka"], ["messaging/zookeeper"], [2182], "brokers keep their state in ZooKeeper"),
  must(["messaging/zookeeper"], ["messaging/zookeeper"], [2888, 3888], "members of the ensemble"),
];

export const edges: readonly Edge[] = [...catalog.flatMap(serviceEdges), ...platform];
