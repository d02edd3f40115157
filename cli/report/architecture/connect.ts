/** The lines of the picture: connections of the plan between its nodes, in the number that a reader can follow. */
import { at, type Facts, list, text } from "./facts.ts";
import type { Places } from "./network.ts";
import type { FlowKind, NodeKind, PictureEdge, PictureNode } from "./picture.ts";
import { isGateway, type Placed, scrapesAll } from "./place.ts";
import {
  authorised,
  type Connection,
  granted,
  movedByCloud,
  namedAddresses,
  permitted,
  reachingOut,
} from "./traffic.ts";
import type { Workload } from "./workloads.ts";

/** Services beyond this number are drawn as one box of those that have the same connections. */
const mostServices = 12;

export function edgesOf(
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
  if (target === "database" || target === "cache" || target === "search" || target === "messaging")
    return target;
  return "request";
}

/** Who comes in from outside, and what is called outside. */
function outsideOf(facts: Facts, workloads: readonly Workload[], placed: Placed, places: Places) {
  const nodes: PictureNode[] = [];
  const edges: PictureEdge[] = [];
  const domains = facts
    .of("kubernetes:networking.istio.io/v1:Gateway")
    .flatMap((gateway) =>
      list(at(gateway.inputs, "spec", "servers")).flatMap((server) => list(at(server, "hosts"))),
    );
  const host = text(domains[0]).replace(/^.*\//, "");
  for (const one of workloads.filter(isGateway)) {
    const gateway = placed.nodeOf.get(one.fact);
    if (!gateway) continue;
    if (!nodes.some((known) => known.id === "clients")) {
      nodes.push({
        id: "clients",
        kind: "people",
        title: "Clients",
        lines: host ? [host] : [],
        group: undefined,
      });
    }
    const balanced = at(one.fact.inputs, "values", "service", "type") === "LoadBalancer";
    if (balanced && places.publicTier !== undefined) {
      const lines = ["network, internet-facing"];
      nodes.push({
        id: "balancer",
        kind: "network",
        title: "Load balancer",
        lines,
        group: places.publicTier,
      });
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
    edges.push({
      from: source.id,
      to: places.egress ?? "outside",
      kind: "request",
      what: "HTTPS to public addresses",
    });
  }
  return { nodes, edges };
}

/** What every service of a group sends to the same place is one line from the group; each stays in the list. */
export function bundle(nodes: readonly PictureNode[], edges: readonly PictureEdge[]): PictureEdge[] {
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

/** With many services, those that are connected alike become one node, so that the picture stays one. */
export function mergeServices(nodes: readonly PictureNode[], edges: readonly PictureEdge[]) {
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
  const kept = new Map(
    renamed.filter((edge) => edge.from !== edge.to).map((edge) => [`${edge.from} ${edge.to}`, edge]),
  );
  return {
    nodes: [...nodes.filter((one) => !ids.has(one.id)), ...new Set(merged.values())],
    edges: [...kept.values()],
  };
}
