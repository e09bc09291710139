import type { Components, Connectivity } from "../math/components.js";

/** Corners of a closed line along the edges of pixels, as x, y pairs; the last is joined to the first. */
export type Outline = readonly (readonly [x: number, y: number])[];

/** Ways along edges, each a quarter turn to the right of the one before: right, down, left, up. */
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;
/** From a corner, the pixel ahead on the right of each way; that on the left is the same of the way before. */
const RIGHT_AHEAD = [
  [0, 0],
  [-1, 0],
  [-1, -1],
  [0, -1],
] as const;

/**
 * The outlines of each component: its outer one first, clockwise as it is seen on a screen, then those of its holes,
 * counter-clockwise. They follow the edges of pixels, so that together they enclose the component exactly, whichever rule
 * fills them. Every edge is walked once.
 * @returns for the component with label k at k - 1
 */
export function outlinesOf(
  { labels, count }: Components,
  height: number,
  width: number,
  connectivity: Connectivity = 8,
): Outline[][] {
  const found: Outline[][] = Array.from({ length: count }, () => []);
  const labelAt = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : labels[y * width + x]!;
  // Every outline, of holes as well, has an edge that is the upper one of a pixel: there it begins.
  const walked = new Uint8Array(labels.length);
  for (let place = 0; place < labels.length; place++) {
    const label = labels[place]!;
    const [x, y] = [place % width, Math.floor(place / width)];
    if (label === 0 || walked[place] || labelAt(x, y - 1) === label) continue;
    found[label - 1]!.push(walk(x, y, label));
  }
  return found;

  /** Keeps the component on the right, from the upper left corner of a pixel. */
  function walk(startX: number, startY: number, label: number): Outline {
    const corners: [number, number][] = [];
    let [x, y, way] = [startX, startY, 0];
    do {
      if (way === 0) walked[y * width + x] = 1;
      x += STEPS[way]![0];
      y += STEPS[way]![1];
      const turned = turn(x, y, way, label);
      if (turned !== way) corners.push([x, y]);
      way = turned;
    } while (x !== startX || y !== startY || way !== 0);
    return corners;
  }

  /** Where four pixels meet and only two across are of the component, it hangs together there or does not. */
  function turn(x: number, y: number, way: number, label: number): number {
    const before = (way + 3) % 4;
    const inside = ([dx, dy]: readonly [number, number]): boolean => labelAt(x + dx, y + dy) === label;
    const [left, right] = [inside(RIGHT_AHEAD[before]!), inside(RIGHT_AHEAD[way]!)];
    if (left && (right || connectivity === 8)) return before;
    return right ? way : (way + 1) % 4;
  }
}
