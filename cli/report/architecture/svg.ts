/** Draws a picture that has been laid out. Colours are variables, so that one file serves light and dark. */
import { escapeXml } from "../escape.ts";
import { icons } from "./icons.ts";
import { type Box, headHeight, type PlacedEdge, type Placement, type Point, size } from "./layout.ts";
import { fitted, textWidth } from "./measure.ts";
import { pictureStyle } from "./palette.ts";
import type { FlowKind, Picture, PictureGroup, PictureNode } from "./picture.ts";

export interface SvgOptions {
  /** Prefix of element ids, so that the picture can stand in a page. */
  readonly prefix: string;
}

const flowTitles: Readonly<Record<FlowKind, string>> = {
  request: "requests",
  database: "PostgreSQL",
  cache: "Redis",
  search: "Elasticsearch",
  messaging: "Kafka",
  telemetry: "telemetry",
  secret: "secrets",
  backup: "backups and copies",
};

export function drawPicture(picture: Picture, placement: Placement, options: SvgOptions): string {
  const { prefix } = options;
  const flows = (Object.keys(flowTitles) as FlowKind[]).filter((kind) =>
    picture.edges.some((edge) => edge.kind === kind),
  );
  const legend = legendOf(flows, placement.width);
  const height = placement.height + legend.height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="arch" role="img" aria-labelledby="${prefix}-title ${prefix}-desc" viewBox="0 0 ${placement.width} ${height}" width="${placement.width}" height="${height}">`,
    `<title id="${prefix}-title">${escapeXml(picture.title)}</title>`,
    `<desc id="${prefix}-desc">${escapeXml(picture.description)}</desc>`,
    `<style>${pictureStyle}</style>`,
    `<defs>${flows.map((kind) => arrow(kind, prefix)).join("")}</defs>`,
    `<rect class="page" width="${placement.width}" height="${height}"/>`,
    ...placement.groups.map(({ group, box }) => drawGroup(group, box)),
    ...placement.edges.map((edge) => drawEdge(edge, prefix)),
    ...placement.groups.map(({ group, box }) => drawHead(group, box)),
    ...placement.nodes.map(({ node, box }) => drawNode(node, box)),
    ...placement.edges.map(drawLabel),
    `<g transform="translate(0 ${placement.height})">${legend.svg}</g>`,
    "</svg>",
    "",
  ].join("\n");
}

const n = (value: number): string => String(Math.round(value * 10) / 10);

function arrow(kind: FlowKind, prefix: string): string {
  return `<marker id="${prefix}-arrow-${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="head ${kind}" d="M0.5 0.8 7.4 4 0.5 7.2Z"/></marker>`;
}

function drawGroup(group: PictureGroup, box: Box): string {
  return `<rect class="group ${group.kind}" x="${n(box.x)}" y="${n(box.y)}" width="${n(box.width)}" height="${n(box.height)}" rx="10"/>`;
}

/** Titles and cells stand over the lines, which pass behind them. */
function drawHead(group: PictureGroup, box: Box): string {
  const baseline = box.y + 20;
  const title = fitted(group.title, size.groupTitle, box.width - 28, true);
  const after = textWidth(title, size.groupTitle, true) + 8;
  const note = fitted(group.note, size.line, Math.max(0, box.width - 28 - after));
  return [
    `<g class="over ${group.kind}">`,
    `<text class="name" x="${n(box.x + 14)}" y="${n(baseline)}">${escapeXml(title)}</text>`,
    ...(note.length > 1
      ? [`<text class="note" x="${n(box.x + 14 + after)}" y="${n(baseline)}">${escapeXml(note)}</text>`]
      : []),
    ...drawCells(group, box),
    "</g>",
  ].join("");
}

function drawCells(group: PictureGroup, box: Box): string[] {
  const gap = 8;
  const width = (box.width - 28 - gap * (group.cells.length - 1)) / Math.max(1, group.cells.length);
  const y = box.y + headHeight(group) - size.cell - 6;
  return group.cells.map((cell, index) => {
    const x = box.x + 14 + index * (width + gap);
    const line = (text: string, dy: number, kind: string, bold: boolean) =>
      `<text class="${kind}" x="${n(x + width / 2)}" y="${n(y + dy)}" text-anchor="middle">${escapeXml(fitted(text, size.line, width - 10, bold))}</text>`;
    return `<g class="cell"><rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${size.cell - 6}" rx="6"/>${line(cell.title, 15, "cellname", true)}${line(cell.note, 29, "note", false)}</g>`;
  });
}

function drawNode(node: PictureNode, box: Box): string {
  const left = box.x + size.pad * 2 + size.icon;
  const room = box.width - size.pad * 3 - size.icon;
  const block = size.lineHeight * (node.lines.length + 1);
  const first = box.y + (box.height - block) / 2 + 12.5;
  const iconY = box.y + (box.height - size.icon) / 2;
  return [
    `<g class="node ${node.kind}">`,
    `<title>${escapeXml([node.title, ...node.lines].join(", "))}</title>`,
    `<rect class="card" x="${n(box.x)}" y="${n(box.y)}" width="${n(box.width)}" height="${n(box.height)}" rx="8"/>`,
    `<rect class="tile" x="${n(box.x + size.pad)}" y="${n(iconY)}" width="${size.icon}" height="${size.icon}" rx="7"/>`,
    `<path class="sign" transform="translate(${n(box.x + size.pad + 4)} ${n(iconY + 4)})" d="${icons[node.kind]}"/>`,
    `<text class="name" x="${n(left)}" y="${n(first)}">${escapeXml(fitted(node.title, size.title, room, true))}</text>`,
    ...node.lines.map(
      (line, index) =>
        `<text class="note" x="${n(left)}" y="${n(first + size.lineHeight * (index + 1))}">${escapeXml(fitted(line, size.line, room))}</text>`,
    ),
    "</g>",
  ].join("");
}

/** A line with rounded corners over a wider one in the page's colour, so that crossings stay readable. */
function drawEdge({ edge, points }: PlacedEdge, prefix: string): string {
  if (points.length < 2) return "";
  const d = rounded(points, 6);
  return `<g class="edge ${edge.kind}"><path class="halo" d="${d}"/><path class="line" d="${d}" marker-end="url(#${prefix}-arrow-${edge.kind})"/></g>`;
}

function rounded(points: readonly Point[], radius: number): string {
  const [start, ...rest] = points;
  if (!start) return "";
  let d = `M${n(start.x)} ${n(start.y)}`;
  let before = start;
  for (const [index, corner] of rest.entries()) {
    const after = rest[index + 1];
    if (!after) {
      d += `L${n(corner.x)} ${n(corner.y)}`;
      break;
    }
    const [into, out] = [towards(corner, before, radius), towards(corner, after, radius)];
    d += `L${n(into.x)} ${n(into.y)}Q${n(corner.x)} ${n(corner.y)} ${n(out.x)} ${n(out.y)}`;
    before = corner;
  }
  return d;
}

function towards(from: Point, to: Point, most: number): Point {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  const share = length === 0 ? 0 : Math.min(most, length / 2) / length;
  return { x: from.x + dx * share, y: from.y + dy * share };
}

function drawLabel({ edge, label }: PlacedEdge): string {
  if (!label || edge.label === undefined) return "";
  return `<g class="label"><rect x="${n(label.x)}" y="${n(label.y)}" width="${n(label.width)}" height="${n(label.height)}" rx="4"/><text class="note" x="${n(label.x + label.width / 2)}" y="${n(label.y + 12)}" text-anchor="middle">${escapeXml(edge.label)}</text></g>`;
}

function legendOf(flows: readonly FlowKind[], width: number): { svg: string; height: number } {
  let [x, y] = [16, 22];
  const parts: string[] = [];
  for (const kind of flows) {
    const text = flowTitles[kind];
    const wide = 38 + textWidth(text, size.line) + 18;
    if (x + wide > width - 8) [x, y] = [16, y + 20];
    parts.push(
      `<g class="edge ${kind}"><path class="line" d="M${n(x)} ${n(y - 4)}h28"/></g><text class="note" x="${n(x + 36)}" y="${n(y)}">${text}</text>`,
    );
    x += wide;
  }
  return { svg: parts.join(""), height: flows.length === 0 ? 0 : y + 14 };
}
