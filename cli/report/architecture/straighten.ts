/** Takes short jogs out of lines, which the kernel leaves where two boxes almost stand over each other. */
import type { Box, PlacedEdge, Point } from "./layout.ts";

/** Jogs shorter than this are taken out where the line's end can move along its box instead. */
const shortJog = 18;
/** Ends of two lines stay at least this far apart. */
const endGap = 7;

export function straightened(
  edges: readonly PlacedEdge[],
  boxOf: (id: string) => Box | undefined,
): PlacedEdge[] {
  const result = [...edges];
  for (const [index, placed] of edges.entries()) {
    const { edge } = placed;
    let points = placed.points;
    const ends = () => result.flatMap((one) => (one.edge === edge ? [] : [one.points[0], one.points.at(-1)]));
    points = withoutJog(points, boxOf(edge.from), ends());
    points = withoutJog(points.toReversed(), boxOf(edge.to), ends()).toReversed();
    result[index] = { ...placed, points };
  }
  return result;
}

/** Moves the first point along its box so that a short jog right after it falls away, if nothing else ends there. */
function withoutJog(
  points: readonly Point[],
  box: Box | undefined,
  others: readonly (Point | undefined)[],
): readonly Point[] {
  const [first, second, third, ...rest] = points;
  if (!first || !second || !third || !box || first.x !== second.x || second.y !== third.y) return points;
  const { x } = third;
  if (Math.abs(x - first.x) > shortJog || x < box.x + 10 || x > box.x + box.width - 10) return points;
  const taken = others.some((one) => one && Math.abs(one.y - first.y) < 2 && Math.abs(one.x - x) < endGap);
  return taken ? points : [{ x, y: first.y }, ...rest];
}
