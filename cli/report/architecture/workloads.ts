/** What runs in the cluster: each workload with its labels, its identity and the addresses under which it is called. */
import { at, count, type Fact, type Facts, list, span, text } from "./facts.ts";

export interface Workload {
  readonly fact: Fact;
  readonly namespace: string;
  readonly name: string;
  /** Labels of its pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** `service.namespace` of every address it answers at. */
  readonly addresses: readonly string[];
  /** `8`, or `8–38`; empty where the plan does not say. */
  readonly replicas: string;
  readonly form: "service" | "store" | "release" | "pods";
}

const releaseType = "kubernetes:helm.sh/v3:Release";
const podTypes = [
  "kubernetes:argoproj.io/v1alpha1:Rollout",
  "kubernetes:apps/v1:Deployment",
  "kubernetes:apps/v1:StatefulSet",
  "kubernetes:apps/v1:DaemonSet",
];

/** How an operator's resource is labelled, reached and counted. */
interface OperatorKind {
  readonly label: string;
  readonly addresses: (name: string) => readonly string[];
  readonly members: (fact: Fact, facts: Facts) => number | undefined;
}

const operatorKinds: Readonly<Record<string, OperatorKind>> = {
  "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch": {
    label: "elasticsearch.k8s.elastic.co/cluster-name",
    addresses: (name) => [`${name}-es-http`],
    members: (fact) =>
      list(at(fact.inputs, "spec", "nodeSets")).reduce<number>(
        (sum, set) => sum + (count(at(set, "count")) ?? 0),
        0,
      ),
  },
  "kubernetes:postgresql.cnpg.io/v1:Cluster": {
    label: "cnpg.io/cluster",
    addresses: (name) => [`${name}-rw`, `${name}-ro`, `${name}-r`],
    members: (fact) => count(at(fact.inputs, "spec", "instances")),
  },
  "kubernetes:kafka.strimzi.io/v1:Kafka": {
    label: "strimzi.io/cluster",
    addresses: (name) => [`${name}-kafka-bootstrap`, `${name}-kafka-brokers`],
    members: (fact, facts) =>
      facts
        .of("kubernetes:kafka.strimzi.io/v1:KafkaNodePool")
        .filter((pool) => at(pool.inputs, "metadata", "labels", "strimzi.io/cluster") === objectName(fact))
        .reduce((sum, pool) => sum + (count(at(pool.inputs, "spec", "replicas")) ?? 0), 0),
  },
};

/** Component types whose pods hold data, by the module of the type. */
const storeModules = new Set(["data-tier", "messaging", "clouds"]);

export function workloadsOf(facts: Facts): Workload[] {
  const services = facts.of("kubernetes:core/v1:Service");
  return facts.all.flatMap((fact): Workload[] => {
    if (podTypes.includes(fact.type)) return [podWorkload(fact, services, facts)];
    if (fact.type === releaseType) return [releaseWorkload(fact)];
    const kind = operatorKinds[fact.type];
    return kind === undefined ? [] : [operatorWorkload(fact, kind, facts)];
  });
}

function podWorkload(fact: Fact, services: readonly Fact[], facts: Facts): Workload {
  const namespace = namespaceOf(fact);
  const labels = (at(fact.inputs, "spec", "template", "metadata", "labels") ?? {}) as Record<string, string>;
  const answering = services.filter(
    (service) =>
      namespaceOf(service) === namespace &&
      selects(at(service.inputs, "spec", "selector") as Record<string, string> | undefined, labels),
  );
  const module = moduleAbove(fact, facts);
  return {
    fact,
    namespace,
    name: objectName(fact),
    labels,
    serviceAccount: text(at(fact.inputs, "spec", "template", "spec", "serviceAccountName")),
    addresses: answering.map((service) => `${objectName(service)}.${namespace}`),
    replicas: scaled(fact, facts) || String(count(at(fact.inputs, "spec", "replicas")) ?? ""),
    form: module === "service" ? "service" : storeModules.has(module) && isStateful(fact) ? "store" : "pods",
  };
}

function isStateful(fact: Fact): boolean {
  return fact.type.endsWith(":StatefulSet");
}

/** Module of the nearest component above: `service` of `llm-marketplace:service:MarketplaceService`. */
function moduleAbove(fact: Fact, facts: Facts): string {
  for (let above = facts.byUrn.get(fact.parent ?? ""); above; above = facts.byUrn.get(above.parent ?? "")) {
    if (above.type.startsWith("llm-marketplace:")) return above.type.split(":")[1] ?? "";
  }
  return "";
}

function operatorWorkload(fact: Fact, kind: OperatorKind, facts: Facts): Workload {
  const [name, namespace] = [objectName(fact), namespaceOf(fact)];
  return {
    fact,
    namespace,
    name,
    labels: { [kind.label]: name },
    serviceAccount: name,
    addresses: kind.addresses(name).map((service) => `${service}.${namespace}`),
    replicas: String(kind.members(fact, facts) ?? ""),
    form: "store",
  };
}

function releaseWorkload(fact: Fact): Workload {
  const values = at(fact.inputs, "values");
  const name = text(at(fact.inputs, "name")) || fact.name;
  const namespace = text(at(fact.inputs, "namespace")) || "default";
  const full = text(at(values, "fullnameOverride")) || text(at(values, "name")) || name;
  const labels = {
    "app.kubernetes.io/name": text(at(values, "nameOverride")) || text(at(fact.inputs, "chart")),
    "app.kubernetes.io/instance": name,
    app: name,
    ...(at(fact.inputs, "chart") === "gateway" ? { istio: name.replace(/^istio-/, "") } : {}),
    ...((at(values, "podLabels") ?? {}) as Record<string, string>),
  };
  return {
    fact,
    namespace,
    name,
    labels,
    serviceAccount: text(at(values, "serviceAccount", "name")) || full,
    addresses: [`${full}.${namespace}`],
    replicas: releaseReplicas(values),
    form: "release",
  };
}

function releaseReplicas(values: unknown): string {
  const scaling = at(values, "autoscaling");
  if (at(scaling, "enabled") === true) {
    return span(count(at(scaling, "minReplicas")), count(at(scaling, "maxReplicas")));
  }
  const own = [
    at(values, "replicaCount"),
    at(values, "replicas"),
    at(values, "singleBinary", "replicas"),
    at(values, "controller", "replicas"),
  ];
  return String(own.map(count).find((value) => value !== undefined) ?? "");
}

/** Replicas of the autoscaler that scales the workload. */
function scaled(fact: Fact, facts: Facts): string {
  const bounds = {
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": ["minReplicas", "maxReplicas"],
    "kubernetes:keda.sh/v1alpha1:ScaledObject": ["minReplicaCount", "maxReplicaCount"],
  } as const;
  for (const [type, [least, most]] of Object.entries(bounds)) {
    const scaler = facts
      .of(type)
      .find(
        (one) =>
          namespaceOf(one) === namespaceOf(fact) &&
          at(one.inputs, "spec", "scaleTargetRef", "name") === objectName(fact),
      );
    if (scaler) return span(count(at(scaler.inputs, "spec", least)), count(at(scaler.inputs, "spec", most)));
  }
  return "";
}

export function namespaceOf(fact: Fact): string {
  return text(at(fact.inputs, "metadata", "namespace")) || "default";
}

export function objectName(fact: Fact): string {
  return text(at(fact.inputs, "metadata", "name")) || text(at(fact.outputs, "metadata", "name")) || fact.name;
}

/** Whether a selector of labels takes these; an empty or missing one takes nothing here, for it names nobody. */
export function selects(
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
