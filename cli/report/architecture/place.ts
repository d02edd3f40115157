/** Which nodes the picture has, what they say, and in which group each stands. */
import {
  capital,
  clusterStores,
  hosts,
  stores as managedStores,
  type NodeFace,
  podStore,
  regionalKinds,
} from "./cloud-nodes.ts";
import { at, type Fact, type Facts, list, text } from "./facts.ts";
import type { Places } from "./network.ts";
import type { PictureGroup, PictureNode } from "./picture.ts";
import type { Workload } from "./workloads.ts";

/** Nodes by the fact they stand for; several facts may share a node. */
export interface Placed {
  readonly nodes: readonly PictureNode[];
  readonly groups: readonly PictureGroup[];
  readonly nodeOf: ReadonlyMap<Fact, PictureNode>;
  readonly hostsOf: ReadonlyMap<Fact, readonly string[]>;
}

export function placeAll(facts: Facts, workloads: readonly Workload[], places: Places): Placed {
  const nodeOf = new Map<Fact, PictureNode>();
  const groups = new Map<string, PictureGroup>();
  const put = (members: readonly Fact[], node: PictureNode) => {
    for (const fact of members) nodeOf.set(fact, node);
  };
  const inside: Inside = (id, title, note, options = {}) => {
    groups.set(id, { id, kind: "namespace", title, note, group: places.cluster, cells: [], ...options });
    return id;
  };
  for (const [type, face] of Object.entries(managedStores)) {
    for (const fact of facts.of(type)) put([fact], node(fact, face(fact, facts), places.tierOf(fact)));
  }
  placeRegional(facts, places, put);
  placeServices(workloads, put, inside);
  placeClusterStores(facts, workloads, put, inside);
  placeGateways(workloads, facts, put, places);
  placeObservability(workloads, put, inside);
  placePlatform(workloads, nodeOf, put, inside);
  const hostsOf = new Map(
    [...nodeOf.keys()].filter((fact) => fact.type in managedStores).map((fact) => [fact, hosts(fact)]),
  );
  return { nodes: [...new Set(nodeOf.values())], groups: [...groups.values()], nodeOf, hostsOf };
}

type Put = (members: readonly Fact[], node: PictureNode) => void;
type Inside = (
  id: string,
  title: string,
  note: string,
  options?: Pick<PictureGroup, "arrangement" | "row">,
) => string;

function node(fact: Fact, face: NodeFace, group: string | undefined): PictureNode {
  return { id: fact.urn, group, ...face, lines: face.lines.filter((line) => line.trim() !== "") };
}

function placeRegional(facts: Facts, places: Places, put: Put): void {
  for (const kind of regionalKinds) {
    const regions = Map.groupBy(facts.of(...kind.types), (fact) => fact.region ?? "");
    for (const [region, members] of regions) {
      const group = places.services(region);
      if (group === undefined) continue;
      const { id, title } = kind;
      put(members, { id: `${id}-${region}`, kind: kind.kind, title, lines: kind.lines(members), group });
    }
  }
}

function placeServices(workloads: readonly Workload[], put: Put, inside: Inside): void {
  for (const one of workloads.filter((workload) => workload.form === "service")) {
    const image = text(at(one.fact.inputs, "spec", "template", "spec", "containers", 0, "image"));
    const version = image.includes("@") ? "" : (/:([^:/]+)$/.exec(image)?.[1] ?? "");
    put([one.fact], {
      id: one.fact.urn,
      kind: "service",
      title: one.name,
      lines: [replicaLine(one.replicas), ...(version ? [`version ${version}`] : [])],
      group: inside(`ns-${one.namespace}`, "Marketplace services", `namespace ${one.namespace}`),
    });
  }
}

function replicaLine(replicas: string): string {
  if (replicas === "") return "";
  return replicas === "1" ? "1 replica" : `${replicas} replicas`;
}

/** Sets whose name begins with another's (`redis-sentinel` of `redis`) are part of it. */
function placeClusterStores(facts: Facts, workloads: readonly Workload[], put: Put, inside: Inside): void {
  const sets = workloads.filter((one) => one.form === "store");
  const main = sets.filter(
    (one) => !sets.some((other) => other !== one && other.namespace === one.namespace && isPart(one, other)),
  );
  for (const one of main) {
    const parts = sets.filter((other) => other.namespace === one.namespace && isPart(other, one));
    const known = clusterStores[one.fact.type]?.(one.fact, facts);
    const face: NodeFace = known ?? { ...podStore(one.name), lines: [] };
    const members = one.replicas === "1" ? "1 member" : `${one.replicas} members`;
    const more = parts.map((part) => `${part.replicas} × ${part.name.slice(one.name.length + 1)}`);
    const lines = [[members, ...more].join(", "), ...face.lines].filter((line) => line !== "");
    const group = inside("ns-stores", "Stores in the cluster", "", { row: "below" });
    put([one.fact, ...parts.map((part) => part.fact)], { ...face, id: one.fact.urn, lines, group });
  }
}

function isPart(part: Workload, whole: Workload): boolean {
  return part.name.startsWith(`${whole.name}-`) && part.fact.component === whole.fact.component;
}

function placeGateways(workloads: readonly Workload[], facts: Facts, put: Put, places: Places): void {
  for (const one of workloads.filter(isGateway)) {
    const versions = facts
      .of("kubernetes:networking.istio.io/v1:Gateway")
      .flatMap((gateway) => list(at(gateway.inputs, "spec", "servers")))
      .map((server) => text(at(server, "tls", "minProtocolVersion")))
      .filter((version) => version !== "");
    const tls =
      versions[0] === undefined ? [] : [`${versions[0].replace("TLSV", "TLS ").replace("_", ".")} ends here`];
    const lines = [replicaLine(one.replicas), ...tls].filter((line) => line !== "");
    put([one.fact], { id: one.fact.urn, kind: "gateway", title: "Gateway", lines, group: places.cluster });
  }
}

export function isGateway(workload: Workload): boolean {
  return workload.form === "release" && at(workload.fact.inputs, "chart") === "gateway";
}

const releaseTitles: Readonly<Record<string, string>> = {
  "kube-prometheus-stack": "Prometheus",
  "otel-collector": "OpenTelemetry",
  alloy: "Log collector",
  istiod: "istiod",
};

function isExporter(workload: Workload): boolean {
  return workload.form !== "service" && workload.form !== "store" && /exporter$/.test(workload.name);
}

function placeObservability(workloads: readonly Workload[], put: Put, inside: Inside): void {
  const group = () => inside("ns-observability", "Observability", "", { arrangement: "rows", row: "below" });
  const exporters = workloads.filter(isExporter);
  const rest = workloads.filter((one) => one.form === "release" && !isExporter(one) && !isDefinitions(one));
  for (const one of rest.filter((workload) => workload.fact.component === "observability")) {
    const { fact, name } = one;
    const title = releaseTitles[name] ?? capital(name);
    put([fact], {
      id: fact.urn,
      kind: "observability",
      title,
      lines: observabilityLines(one),
      group: group(),
    });
  }
  if (exporters.length > 0) {
    put(
      exporters.map((one) => one.fact),
      {
        id: "exporters",
        kind: "observability",
        title: exporters.length === 1 ? "Exporter" : "Exporters",
        lines: exporters.map((one) => one.name.replace(/-exporter$/, "")),
        group: group(),
      },
    );
  }
}

/** What Prometheus says of itself. */
export const scrapesAll = "scrapes all namespaces";

function observabilityLines(one: Workload): string[] {
  const values = at(one.fact.inputs, "values");
  const prometheus = text(at(values, "prometheus", "prometheusSpec", "replicas"));
  if (prometheus !== "") {
    const alertmanager = text(at(values, "alertmanager", "alertmanagerSpec", "replicas"));
    const kept = text(at(values, "prometheus", "prometheusSpec", "retention"));
    const grafana = at(values, "grafana", "enabled") === true ? ", Grafana" : "";
    return [
      `${replicaLine(prometheus)}, ${kept} kept`,
      `${alertmanager} × Alertmanager${grafana}`,
      scrapesAll,
    ];
  }
  if (one.name === "alloy") return ["one a node"];
  if (one.name === "otel-collector") return [`collector × ${one.replicas}`];
  return [replicaLine(one.replicas)].filter((line) => line !== "");
}

function isDefinitions(workload: Workload): boolean {
  return /-crds$|-base$/.test(workload.name);
}

const platformTitles: Readonly<Record<string, string>> = {
  mesh: "Service mesh",
  edge: "DNS and certificates",
  cluster: "Cluster services",
  data: "Store operators",
  messaging: "Kafka operator",
  delivery: "Progressive delivery",
  secrets: "Secret sync",
  backup: "Backup",
};

/** What keeps the platform running: one node per component, a line per release. */
function placePlatform(
  workloads: readonly Workload[],
  nodeOf: ReadonlyMap<Fact, PictureNode>,
  put: Put,
  inside: Inside,
) {
  const rest = workloads.filter(
    (one) => one.form === "release" && !nodeOf.has(one.fact) && !isDefinitions(one),
  );
  for (const [component, members] of Map.groupBy(rest, (one) => one.fact.component)) {
    const lines = members.map((one) => {
      const name = one.name.replace(/^aws-/, "");
      return Number.parseInt(one.replicas, 10) > 1 ? `${name} × ${one.replicas}` : name;
    });
    put(
      members.map((one) => one.fact),
      {
        id: `platform-${component}`,
        kind: "platform",
        title: platformTitles[component] ?? capital(component),
        lines,
        group: inside("ns-platform", "Platform", "controllers and operators", { arrangement: "list" }),
      },
    );
  }
}
