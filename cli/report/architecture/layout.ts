/** Gives every box and line of a picture its place, with the Eclipse Layout Kernel. */
import type { ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api.js";
import { textWidth } from "./measure.ts";
import type { Picture, PictureEdge, PictureGroup, PictureNode } from "./picture.ts";
import { straightened } from "./straighten.ts";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedEdge {
  readonly edge: PictureEdge;
  /** Corners from the edge's source to its target. */
  readonly points: readonly Point[];
  readonly label: Box | undefined;
}

export interface Placement {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly { readonly node: PictureNode; readonly box: Box }[];
  /** Outer groups before the groups within. */
  readonly groups: readonly { readonly group: PictureGroup; readonly box: Box }[];
  readonly edges: readonly PlacedEdge[];
}

/** Sizes in the picture's own units; a page shows it at about one unit a pixel. */
export const size = {
  title: 13,
  line: 12,
  lineHeight: 15.5,
  icon: 28,
  pad: 9,
  groupTitle: 13,
  groupHead: 30,
  cell: 42,
  gap: 22,
  maxText: 176,
} as const;

/** Width and height of a node with its sign on the left and its text on the right. */
function nodeSize(node: PictureNode): { width: number; height: number } {
  const texts = [
    textWidth(node.title, size.title, true),
    ...node.lines.map((line) => textWidth(line, size.line)),
  ];
  const text = Math.min(size.maxText, Math.max(...texts));
  const lines = size.lineHeight * (node.lines.length + 1);
  return {
    width: Math.ceil(size.pad * 3 + size.icon + text),
    height: Math.ceil(Math.max(size.icon, lines) + size.pad * 2 - 2),
  };
}

/** Height of a group's head: its title, and below it the strip of cells. */
export function headHeight(group: PictureGroup): number {
  return size.groupHead + (group.cells.length > 0 ? size.cell + 6 : 0);
}

function groupWidth(group: PictureGroup): number {
  const title = textWidth(group.title, size.groupTitle, true) + textWidth(group.note, size.line) + 40;
  const cell = Math.max(
    0,
    ...group.cells.map((one) =>
      Math.max(textWidth(one.title, size.line, true), textWidth(one.note, size.line)),
    ),
  );
  return Math.ceil(Math.max(title, group.cells.length * (cell + 28) + size.gap * 2));
}

const rootOptions: Readonly<Record<string, string>> = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.json.shapeCoords": "ROOT",
  "elk.json.edgeCoords": "ROOT",
  "elk.padding": "[top=8,left=8,bottom=8,right=8]",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.mergeEdges": "true",
  "elk.layered.mergeHierarchyEdges": "false",
};

const spacing: Readonly<Record<string, string>> = {
  "elk.spacing.nodeNode": "18",
  "elk.layered.spacing.nodeNodeBetweenLayers": "28",
  "elk.spacing.edgeNode": "12",
  "elk.layered.spacing.edgeNodeBetweenLayers": "12",
  "elk.spacing.edgeEdge": "9",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "9",
  "elk.spacing.componentComponent": "24",
};

/** Width of the page that the picture is made for, in its own units. */
export const pageWidth = 1200;

/** The kernel breaks ties by chance; these are tried until the picture fits the page, else the narrowest is taken. */
const seeds = [15, 17, 8, 18, 5, 23];

type Kernel = new () => { layout(graph: ElkNode): Promise<ElkNode> };

/** Lays the picture out. elkjs is loaded here and nowhere else: it takes longer to load than most plans to price. */
export async function layOut(picture: Picture): Promise<Placement> {
  const { default: loaded } = await import("elkjs/lib/elk.bundled.js");
  // A CommonJS module whose types speak of a default export that Node gives as the module itself.
  const kernel = new (loaded as unknown as Kernel)();
  let best: Placement | undefined;
  for (const seed of seeds) {
    const placement = placementOf(picture, await kernel.layout(elkGraph(picture, seed)));
    if (best === undefined || placement.width < best.width) best = placement;
    if (best.width <= pageWidth) break;
  }
  return best as Placement;
}

/** An invisible box that keeps its children together. */
const wrapper = (id: string, children: ElkNode[]): ElkNode => ({
  id,
  children,
  layoutOptions: { ...spacing, "elk.padding": "[top=0,left=0,bottom=0,right=0]" },
});

function elkGraph(picture: Picture, seed: number): ElkNode {
  const drawn = picture.edges.filter((edge) => !edge.quiet);
  const extra: ElkExtendedEdge[] = [];
  const childrenOf = (group: string | undefined): ElkNode[] => {
    const nodes = picture.nodes.filter((node) => node.group === group);
    const groups = picture.groups.filter((one) => one.group === group);
    const lists = groups.filter((one) => one.arrangement === "list");
    const below = groups.filter((one) => one.row === "below");
    const boxOf = (one: PictureGroup) => elkGroup(one, childrenOf(one.id));
    if (picture.groups.find((one) => one.id === group)?.arrangement === "rows")
      extra.push(...rows(nodes, drawn));
    const upper = [
      ...nodes.map(elkNode),
      ...groups.filter((one) => !lists.includes(one) && !below.includes(one)).map(boxOf),
    ];
    if (lists.length === 0) return [...upper, ...below.map(boxOf)];
    // Beside a list stands what is not below it; a hidden line keeps the list above the rest.
    for (const one of lists) {
      extra.push(
        ...below.map(({ id }) => ({ id: `below ${one.id} ${id}`, sources: [one.id], targets: [id] })),
      );
    }
    return [
      ...lists.map((one) => elkList(one, membersOf(picture, one))),
      wrapper(`upper-${group}`, upper),
      ...below.map(boxOf),
    ];
  };
  const children = childrenOf(undefined);
  return {
    id: "root",
    layoutOptions: { ...rootOptions, ...spacing, "elk.randomSeed": String(seed) },
    children,
    edges: [...drawn.map((edge) => elkEdge(edge, picture)), ...extra],
  };
}

function membersOf(picture: Picture, group: PictureGroup): PictureNode[] {
  return picture.nodes.filter((node) => node.group === group.id);
}

/**
 * Hidden lines that put nodes without a connection below others, so that a row does not grow too wide: below those that
 * something outside leads to, where there are enough of them, else below one another.
 */
function rows(nodes: readonly PictureNode[], edges: readonly PictureEdge[]): ElkExtendedEdge[] {
  const ids = new Set(nodes.map((node) => node.id));
  const rest = nodes.filter((node) => !edges.some((edge) => edge.to === node.id || edge.from === node.id));
  const reached = nodes.filter((node) => edges.some((edge) => edge.to === node.id && !ids.has(edge.from)));
  const half = Math.ceil(rest.length / 2);
  const [above, below] =
    reached.length >= rest.length ? [reached, rest] : [rest.slice(0, half), rest.slice(half)];
  return below.flatMap((node, index) => {
    const over = above[index];
    return over ? [{ id: `row ${node.id}`, sources: [over.id], targets: [node.id] }] : [];
  });
}

function elkNode(node: PictureNode): ElkNode {
  return { id: node.id, ...nodeSize(node) };
}

const listGap = 8;
/** A list of more than this stands in two columns. */
const longList = 4;

/** Members of a list with their places inside it: one column, or two of about the same height. */
function listPlaces(group: PictureGroup, members: readonly PictureNode[]): { node: PictureNode; box: Box }[] {
  const sizes = new Map(members.map((node) => [node, nodeSize(node)]));
  const heightOf = (node: PictureNode) => sizes.get(node)?.height ?? 0;
  const columns: PictureNode[][] = members.length > longList ? [[], []] : [[]];
  const filled = (column: readonly PictureNode[]) =>
    column.reduce((sum, node) => sum + heightOf(node) + listGap, 0);
  // The tallest first, each into the column that is shorter.
  for (const node of members.toSorted((a, b) => heightOf(b) - heightOf(a))) {
    columns.toSorted((a, b) => filled(a) - filled(b))[0]?.push(node);
  }
  const width = Math.max(...members.map((node) => sizes.get(node)?.width ?? 0));
  return columns.flatMap((column, index) => {
    let y = headHeight(group);
    return column.map((node) => {
      const box = { x: 14 + index * (width + listGap), y, width, height: heightOf(node) };
      y += box.height + listGap;
      return { node, box };
    });
  });
}

/** A list is one box for the kernel; its members are placed in it afterwards. */
function elkList(group: PictureGroup, members: readonly PictureNode[]): ElkNode {
  const boxes = listPlaces(group, members).map(({ box }) => box);
  return {
    id: group.id,
    width: Math.max(groupWidth(group), ...boxes.map((box) => box.x + box.width + 14)),
    height: Math.max(...boxes.map((box) => box.y + box.height)) + 14,
  };
}

function elkGroup(group: PictureGroup, children: ElkNode[]): ElkNode {
  const head = headHeight(group);
  return {
    id: group.id,
    children,
    layoutOptions: {
      ...spacing,
      "elk.padding": `[top=${head},left=14,bottom=14,right=14]`,
      "elk.nodeSize.constraints": "MINIMUM_SIZE",
      // Height first: with the direction DOWN the kernel lays out turned by 90 degrees, and takes this as it is.
      "elk.nodeSize.minimum": `(${head + 20}, ${groupWidth(group)})`,
    },
  };
}

const edgeId = (edge: PictureEdge): string => `edge ${edge.from} ${edge.to}`;

/** Lines that lead up, to the internet, are laid out from their end, so that what is outside stays on top. */
const leadsUp = (edge: PictureEdge): boolean => edge.to === "nat" || edge.to === "outside";

/** Members of a list are connected at the list's border. */
function endOf(picture: Picture, id: string): string {
  const group = picture.nodes.find((node) => node.id === id)?.group;
  const list = picture.groups.find((one) => one.id === group && one.arrangement === "list");
  return list?.id ?? id;
}

function elkEdge(edge: PictureEdge, picture: Picture): ElkExtendedEdge {
  const ends = [endOf(picture, edge.from), endOf(picture, edge.to)] as const;
  const [source, target] = leadsUp(edge) ? [ends[1], ends[0]] : ends;
  return {
    id: edgeId(edge),
    sources: [source],
    targets: [target],
    ...(edge.label === undefined
      ? {}
      : {
          labels: [
            {
              text: edge.label,
              width: textWidth(edge.label, size.line) + 8,
              height: 16,
              layoutOptions: { "elk.edgeLabels.inline": "true" },
            },
          ],
        }),
  };
}

function placementOf(picture: Picture, root: ElkNode): Placement {
  const boxes = new Map<string, Box>();
  const lines = new Map<string, ElkExtendedEdge>();
  const collect = (parent: ElkNode): void => {
    for (const edge of parent.edges ?? []) lines.set(edge.id, edge);
    for (const child of parent.children ?? []) {
      boxes.set(child.id, {
        x: child.x ?? 0,
        y: child.y ?? 0,
        width: child.width ?? 0,
        height: child.height ?? 0,
      });
      collect(child);
    }
  };
  collect(root);
  for (const group of picture.groups.filter((one) => one.arrangement === "list"))
    placeList(picture, group, boxes);
  stretchBands(picture, boxes);
  const box = (id: string): Box => boxes.get(id) ?? { x: 0, y: 0, width: 0, height: 0 };
  const depth = (group: PictureGroup): number => {
    const above = picture.groups.find((one) => one.id === group.group);
    return above === undefined ? 0 : depth(above) + 1;
  };
  const edges = picture.edges
    .filter((edge) => !edge.quiet)
    .map((edge) => placedEdge(edge, lines.get(edgeId(edge))));
  return {
    width: Math.ceil(root.width ?? 0),
    height: Math.ceil(root.height ?? 0),
    nodes: picture.nodes.map((node) => ({ node, box: box(node.id) })),
    groups: picture.groups
      .map((group) => ({ group, box: box(group.id) }))
      .sort((a, b) => depth(a.group) - depth(b.group)),
    edges: straightened(edges, (id) => boxes.get(endOf(picture, id))),
  };
}

/** Tiers and the like are bands: as wide as what they stand in, so that the zones of all tiers stand in columns. */
function stretchBands(picture: Picture, boxes: Map<string, Box>): void {
  for (const band of picture.groups.filter((group) => group.kind === "tier")) {
    const [own, outer] = [boxes.get(band.id), boxes.get(band.group ?? "")];
    if (!own || !outer) continue;
    const siblings = picture.groups.filter((group) => group.group === band.group && group !== band);
    const beside = siblings.some((group) => {
      const other = boxes.get(group.id);
      return other && other.y < own.y + own.height && own.y < other.y + other.height;
    });
    if (!beside) boxes.set(band.id, { ...own, x: outer.x + 14, width: outer.width - 28 });
  }
}

function placeList(picture: Picture, group: PictureGroup, boxes: Map<string, Box>): void {
  const outer = boxes.get(group.id);
  if (!outer) return;
  for (const { node, box } of listPlaces(group, membersOf(picture, group))) {
    boxes.set(node.id, { ...box, x: outer.x + box.x, y: outer.y + box.y });
  }
}

function placedEdge(edge: PictureEdge, line: ElkExtendedEdge | undefined): PlacedEdge {
  const points = (line?.sections ?? []).flatMap((section) => [
    section.startPoint,
    ...(section.bendPoints ?? []),
    section.endPoint,
  ]);
  const label = line?.labels?.[0];
  return {
    edge,
    points: leadsUp(edge) ? points.toReversed() : points,
    label: label && { x: label.x ?? 0, y: label.y ?? 0, width: label.width ?? 0, height: label.height ?? 0 },
  };
}
