/** From a plan to its picture: which boxes there are and which lines between them. Pure; layout comes after. */
import type { RecordedResource } from "../../../simulator/recorder.ts";
import {
  capital,
  clusterStores,
  hosts,
  type NodeFace,
  podStore,
  regionalKinds,
  stores as managedStores,
} from "./cloud-nodes.ts";
import { at, type Fact, type Facts, factsOf, list, text } from "./facts.ts";
import { type Places, placesOf } from "./network.ts";
import type { FlowKind, NodeKind, Picture, PictureEdge, PictureGroup, PictureNode } from "./picture.ts";
import { authorised, type Connection, movedByCloud, granted, namedAddresses, permitted, reachingOut } from "./traffic.ts";
import { type Workload, workloadsOf } from "./workloads.ts";

export interface PictureSource {
  readonly project: string;
  readonly stack: string;
  readonly cloud: string;
  readonly resources: readonly RecordedResource[];
}

/** Services beyond this number are drawn as one box of those that have the same connections. */
const mostServices = 12;

export function buildPicture(source: PictureSource): Picture {
  const facts = factsOf(source.resources);
  const places = placesOf(facts);
  const workloads = workloadsOf(facts);
  const placed = placeAll(facts, workloads, places);
  const edges = edgesOf(facts, workloads, placed, places);
  const nodes = [...edges.nodes, ...places.nodes, ...placed.nodes];
  const groups = usedGroups([...places.groups, ...placed.groups], nodes);
  const merged = mergeServices(nodes, edges.edges);
  const bundled = bundle(merged.nodes, merged.edges);
  return {
    title: `Architecture of ${source.project}, stack ${source.stack}`,
    description: describe(source, groups, merged.nodes),
    groups,
    nodes: merged.nodes,
    edges: bundled,
  };
}

/** What every service of a group sends to the same place is one line from the group; each stays in the list. */
function bundle(nodes: readonly PictureNode[], edges: readonly PictureEdge[]): PictureEdge[] {
  const services = nodes.filter((one) => one.kind === "service");
  const bundled: PictureEdge[] = [];
  const replaced = new Set<PictureEdge>();
  for (const [group, members] of Map.groupBy(services, (one) => one.group ?? "")) {
    const ids = new Set(members.map((one) => one.id));
    const leaving = edges.filter((edge) => ids.has(edge.from) && !ids.has(edge.to) && !edge.quiet);
    for (const [to, same] of Map.groupBy(leaving, (edge) => edge.to)) {
      const [first] = same;
      if (group === "" || members.length < 3 || same.length !== members.length || !first) continue;
      for (const edge of same) replaced.add(edge);
      bundled.push({ from: group, to, kind: first.kind, what: first.what, bundle: true });
    }
  }
  return [...edges.map((edge) => (replaced.has(edge) ? { ...edge, quiet: true } : edge)), ...bundled];
}

function describe(source: PictureSource, groups: readonly PictureGroup[], nodes: readonly PictureNode[]): string {
  const of = (kind: NodeKind) => nodes.filter((node) => node.kind === kind).map((node) => node.title);
  const parts = [
    `${groups.filter((group) => group.kind === "region").length || "No"} regions`,
    `services: ${of("service").join(", ") || "none"}`,
    `stores: ${[...of("database"), ...of("cache"), ...of("search"), ...of("messaging")].join(", ") || "none"}`,
  ];
  return `Drawn from the ${source.resources.length} resources of the plan. ${parts.join("; ")}.`;
}

/** Nodes by the fact they stand for; several facts may share a node. */
interface Placed {
  readonly nodes: readonly PictureNode[];
  readonly groups: readonly PictureGroup[];
  readonly nodeOf: ReadonlyMap<Fact, PictureNode>;
  readonly hostsOf: ReadonlyMap<Fact, readonly string[]>;
}

function placeAll(facts: Facts, workloads: readonly Workload[], places: Places): Placed {
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
    const tls = versions[0] === undefined ? [] : [`${versions[0].replace("TLSV", "TLS ").replace("_", ".")} ends here`];
    const lines = [replicaLine(one.replicas), ...tls].filter((line) => line !== "");
    put([one.fact], { id: one.fact.urn, kind: "gateway", title: "Gateway", lines, group: places.cluster });
  }
}

function isGateway(workload: Workload): boolean {
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
    put([fact], { id: fact.urn, kind: "observability", title, lines: observabilityLines(one), group: group() });
  }
  if (exporters.length > 0) {
    put(exporters.map((one) => one.fact), {
      id: "exporters",
      kind: "observability",
      title: exporters.length === 1 ? "Exporter" : "Exporters",
      lines: exporters.map((one) => one.name.replace(/-exporter$/, "")),
      group: group(),
    });
  }
}

const scrapesAll = "scrapes all namespaces";

function observabilityLines(one: Workload): string[] {
  const values = at(one.fact.inputs, "values");
  const prometheus = text(at(values, "prometheus", "prometheusSpec", "replicas"));
  if (prometheus !== "") {
    const alertmanager = text(at(values, "alertmanager", "alertmanagerSpec", "replicas"));
    const kept = text(at(values, "prometheus", "prometheusSpec", "retention"));
    const grafana = at(values, "grafana", "enabled") === true ? ", Grafana" : "";
    return [`${prometheus} × ${kept} of metrics`, `${alertmanager} × Alertmanager${grafana}`, scrapesAll];
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
function placePlatform(workloads: readonly Workload[], nodeOf: ReadonlyMap<Fact, PictureNode>, put: Put, inside: Inside) {
  const rest = workloads.filter((one) => one.form === "release" && !nodeOf.has(one.fact) && !isDefinitions(one));
  for (const [component, members] of Map.groupBy(rest, (one) => one.fact.component)) {
    const lines = members.map((one) => {
      const name = one.name.replace(/^aws-/, "");
      return Number.parseInt(one.replicas, 10) > 1 ? `${name} × ${one.replicas}` : name;
    });
    put(members.map((one) => one.fact), {
      id: `platform-${component}`,
      kind: "platform",
      title: platformTitles[component] ?? capital(component),
      lines,
      group: inside("ns-platform", "Platform", "controllers and operators", { arrangement: "list" }),
    });
  }
}

function edgesOf(
  facts: Facts,
  workloads: readonly Workload[],
  placed: Placed,
  places: Places,
): { nodes: PictureNode[]; edges: PictureEdge[] } {
  const telemetry = facts.of("aws:cloudwatch/logGroup:LogGroup")[0];
  const byAction = (action: string) => (/^(xray|cloudwatch|logs):/.test(action) ? telemetry : undefined);
  const connections = [
    ...authorised(facts, workloads),
    ...namedAddresses(workloads, placed.hostsOf),
    ...permitted(facts, workloads),
    ...granted(facts, workloads, [...placed.nodeOf.keys()], byAction),
    ...movedByCloud(facts),
  ];
  const edges = new Map<string, PictureEdge>();
  for (const connection of connections) {
    const edge = toEdge(connection, placed);
    if (!edge) continue;
    const key = `${edge.from} ${edge.to}`;
    const known = edges.get(key);
    if (!known || (known.what === "" && edge.what !== "")) edges.set(key, edge);
  }
  const outside = outsideOf(facts, workloads, placed, places);
  return { nodes: outside.nodes, edges: [...outside.edges, ...edges.values()] };
}

function toEdge({ from, to, what }: Connection, placed: Placed): PictureEdge | undefined {
  const [source, target] = [placed.nodeOf.get(from), placed.nodeOf.get(to)];
  if (!source || !target || source === target || target.kind === "platform") return undefined;
  if (source.kind === "platform" && !source.id.startsWith("platform-") ) return undefined;
  // Operators and controllers watch what they manage; only what they use of the cloud is worth a line.
  if (source.kind === "platform" && target.group?.startsWith("ns-")) return undefined;
  if (target.id.startsWith("keys-")) return undefined;
  const kind = flowOf(source.kind, target.kind);
  return { from: source.id, to: target.id, kind, what: what || defaultWhat[kind], quiet: isQuiet(source) };
}

/** Exporters and Prometheus look at everything; a line to each would hide the traffic. */
function isQuiet(source: PictureNode): boolean {
  return source.id === "exporters" || source.lines.includes(scrapesAll);
}

const defaultWhat: Readonly<Record<FlowKind, string>> = {
  request: "calls",
  database: "reads and writes",
  cache: "reads and writes",
  search: "searches and indexes",
  messaging: "events",
  telemetry: "telemetry",
  secret: "reads secrets",
  backup: "copies",
};

function flowOf(source: NodeKind, target: NodeKind): FlowKind {
  if (source === "observability" || target === "observability") return "telemetry";
  if (target === "security") return "secret";
  if (target === "backup" || target === "storage" || source === "backup") return "backup";
  if (target === "database" || target === "cache" || target === "search" || target === "messaging") return target;
  return "request";
}

/** Who comes in from outside, and what is called outside. */
function outsideOf(facts: Facts, workloads: readonly Workload[], placed: Placed, places: Places) {
  const nodes: PictureNode[] = [];
  const edges: PictureEdge[] = [];
  const domains = facts
    .of("kubernetes:networking.istio.io/v1:Gateway")
    .flatMap((gateway) => list(at(gateway.inputs, "spec", "servers")).flatMap((server) => list(at(server, "hosts"))));
  const host = text(domains[0]).replace(/^.*\//, "");
  for (const one of workloads.filter(isGateway)) {
    const gateway = placed.nodeOf.get(one.fact);
    if (!gateway) continue;
    if (!nodes.some((known) => known.id === "clients")) {
      nodes.push({ id: "clients", kind: "people", title: "Clients", lines: host ? [host] : [], group: undefined });
    }
    const balanced = at(one.fact.inputs, "values", "service", "type") === "LoadBalancer";
    if (balanced && places.publicTier !== undefined) {
      const lines = ["network, internet-facing"];
      nodes.push({ id: "balancer", kind: "network", title: "Load balancer", lines, group: places.publicTier });
      edges.push({ from: "clients", to: "balancer", kind: "request", what: "HTTPS, port 443" });
      edges.push({ from: "balancer", to: gateway.id, kind: "request", what: "TLS, passed through" });
    } else edges.push({ from: "clients", to: gateway.id, kind: "request", what: "HTTPS, node port" });
  }
  for (const one of new Set(reachingOut(facts, workloads))) {
    const source = placed.nodeOf.get(one.fact);
    if (!source) continue;
    if (!nodes.some((known) => known.id === "outside")) {
      const volumes = list(at(one.fact.inputs, "spec", "template", "spec", "volumes"));
      const models = volumes.some((volume) => at(volume, "name") === "providers");
      const title = models ? "Model providers" : "Outside services";
      nodes.push({ id: "outside", kind: "external", title, lines: ["public APIs"], group: undefined });
      if (places.egress !== undefined) {
        edges.push({ from: places.egress, to: "outside", kind: "request", what: "HTTPS, port 443" });
      }
    }
    edges.push({ from: source.id, to: places.egress ?? "outside", kind: "request", what: "HTTPS to public addresses" });
  }
  return { nodes, edges };
}

/** Groups that hold a node or another used group. */
function usedGroups(groups: readonly PictureGroup[], nodes: readonly PictureNode[]): PictureGroup[] {
  const used = new Set<string>();
  for (const start of nodes) {
    for (let id = start.group; id !== undefined; id = groups.find((group) => group.id === id)?.group) used.add(id);
  }
  return groups.filter((group) => used.has(group.id) || group.kind === "cluster");
}

/** With many services, those that are connected alike become one node, so that the picture stays one. */
function mergeServices(nodes: readonly PictureNode[], edges: readonly PictureEdge[]) {
  const services = nodes.filter((one) => one.kind === "service");
  if (services.length <= mostServices) return { nodes, edges };
  const ids = new Set(services.map((one) => one.id));
  const signature = (id: string) =>
    edges
      .filter((edge) => (edge.from === id && !ids.has(edge.to)) || (edge.to === id && !ids.has(edge.from)))
      .map((edge) => (edge.from === id ? `>${edge.to}` : `<${edge.from}`))
      .sort()
      .join();
  const merged = new Map<string, PictureNode>();
  for (const alike of Map.groupBy(services, (one) => signature(one.id)).values()) {
    const [first] = alike;
    if (!first) continue;
    const names = alike.map((one) => one.title);
    const more = names.length - 3;
    const lines = [names.slice(0, 3).join(", "), ...(more > 0 ? [`and ${more} more`] : [])];
    const one = alike.length === 1 ? first : { ...first, title: `${alike.length} services`, lines };
    for (const { id } of alike) merged.set(id, one);
  }
  const renamed = edges.map((edge) => ({
    ...edge,
    from: merged.get(edge.from)?.id ?? edge.from,
    to: merged.get(edge.to)?.id ?? edge.to,
  }));
  const kept = new Map(renamed.filter((edge) => edge.from !== edge.to).map((edge) => [`${edge.from} ${edge.to}`, edge]));
  return { nodes: [...nodes.filter((one) => !ids.has(one.id)), ...new Set(merged.values())], edges: [...kept.values()] };
}
