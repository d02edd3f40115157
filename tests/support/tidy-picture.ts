/** What makes a picture readable, as assertions. */
import { expect } from "chai";
import type { Box, Placement } from "../../cli/report/architecture/layout.ts";
import type { Picture } from "../../cli/report/architecture/picture.ts";

/** No overlaps, each box inside its group, every line from its one end to its other. */
export function expectTidy(one: Picture, placement: Placement): void {
  const boxes = new Map<string, Box>([
    ...placement.nodes.map(({ node, box }) => [node.id, box] as const),
    ...placement.groups.map(({ group, box }) => [group.id, box] as const),
  ]);
  const inside = (inner: Box, outer: Box) =>
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height;
  const apart = (a: Box, b: Box) =>
    a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
  const all = [...one.nodes, ...one.groups];
  for (const item of all) {
    const box = boxes.get(item.id) as Box;
    expect(
      inside(box, { x: 0, y: 0, width: placement.width, height: placement.height }),
      item.title,
    ).to.equal(true);
    if (item.group !== undefined)
      expect(inside(box, boxes.get(item.group) as Box), item.title).to.equal(true);
    for (const other of all) {
      if (other === item || other.group !== item.group) continue;
      expect(apart(box, boxes.get(other.id) as Box), `${item.title} and ${other.title}`).to.equal(true);
    }
  }
  const touches = (id: string, point: { x: number; y: number } | undefined) => {
    const group = one.groups.find(
      (known) =>
        known.arrangement === "list" && one.nodes.some((node) => node.id === id && node.group === known.id),
    );
    const box = boxes.get(group?.id ?? id) as Box;
    return (
      point !== undefined &&
      inside(
        { ...point, width: 0, height: 0 },
        { x: box.x - 1, y: box.y - 1, width: box.width + 2, height: box.height + 2 },
      )
    );
  };
  for (const { edge, points } of placement.edges) {
    expect(touches(edge.from, points[0]), `${edge.from} leaves`).to.equal(true);
    expect(touches(edge.to, points.at(-1)), `${edge.to} is reached`).to.equal(true);
  }
}
