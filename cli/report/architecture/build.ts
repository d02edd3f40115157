/** From a plan to its picture: which boxes there are and which lines between them. Pure; layout comes after. */
import type { RecordedResource } from "../../../simulator/recorder.ts";
import { bundle, edgesOf, mergeServices } from "./connect.ts";
import { factsOf } from "./facts.ts";
import { placesOf } from "./network.ts";
import type { NodeKind, Picture, PictureGroup, PictureNode } from "./picture.ts";
import { placeAll } from "./place.ts";
import { workloadsOf } from "./workloads.ts";

export interface PictureSource {
  readonly project: string;
  readonly stack: string;
  readonly cloud: string;
  readonly resources: readonly RecordedResource[];
}

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
    description: describe(groups, merged.nodes),
    groups,
    nodes: merged.nodes,
    edges: bundled,
  };
}

function describe(groups: readonly PictureGroup[], nodes: readonly PictureNode[]): string {
  const of = (kind: NodeKind) => nodes.filter((node) => node.kind === kind).map((node) => node.title);
  const parts = [
    regionCount(groups),
    `services: ${of("service").join(", ") || "none"}`,
    `stores: ${[...of("database"), ...of("cache"), ...of("search"), ...of("messaging")].join(", ") || "none"}`,
  ];
  return `Drawn from the resources of the plan. ${parts.join("; ")}.`;
}

function regionCount(groups: readonly PictureGroup[]): string {
  const count = groups.filter((group) => group.kind === "region").length;
  return count === 0 ? "No regions" : count === 1 ? "1 region" : `${count} regions`;
}

/** Groups that hold a node or another used group. */
function usedGroups(groups: readonly PictureGroup[], nodes: readonly PictureNode[]): PictureGroup[] {
  const used = new Set<string>();
  for (const start of nodes) {
    for (let id = start.group; id !== undefined; id = groups.find((group) => group.id === id)?.group)
      used.add(id);
  }
  return groups.filter((group) => used.has(group.id) || group.kind === "cluster");
}
