/** The architecture picture, and the same as text for those who cannot see it. */
import type { ReportData } from "../model.ts";
import { type Html, html, trusted } from "./html.ts";
import { fold, section, table } from "./parts.ts";

export function pictureSection({ picture, architecture }: ReportData): Html {
  const titles = new Map([
    ...picture.nodes.map((node) => [node.id, node.title] as const),
    ...picture.groups.map((group) => [group.id, group.title] as const),
  ]);
  const places = new Map(picture.groups.map((group) => [group.id, group]));
  const placeOf = (id: string | undefined): string => {
    const group = places.get(id ?? "");
    if (!group) return "";
    const above = placeOf(group.group);
    return above === "" ? group.title : `${above} › ${group.title}`;
  };
  const listed = picture.edges.filter((edge) => !edge.bundle);
  return section(
    "architecture",
    "Architecture",
    html`<div class="scroll picture" role="region" tabindex="0" aria-label="Architecture picture">${trusted(architecture)}</div>`,
    fold(
      "The picture as text",
      html`${table(
        "What stands where",
        [
          { title: "What", cell: (node) => node.title },
          { title: "Where", cell: (node) => placeOf(node.group) },
          { title: "Facts", cell: (node) => node.lines.join(", ") },
        ],
        picture.nodes,
      )}${table(
        "Connections",
        [
          { title: "From", cell: (edge) => titles.get(edge.from) ?? edge.from },
          { title: "To", cell: (edge) => titles.get(edge.to) ?? edge.to },
          { title: "What", cell: (edge) => edge.what },
        ],
        listed,
      )}`,
    ),
  );
}
