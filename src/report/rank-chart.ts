import { element, escapeText, linearScale } from "./svg.js";

export interface RankedDetector {
  readonly name: string;
  /** Mean rank over data sets; 1 is best. */
  readonly rank: number;
}

const WIDTH = 720;
const MARGIN = 170;
const AXIS_Y = 44;
const ROW = 22;

/**
 * Demsar's critical-difference diagram: mean ranks on a line, best on the left, and a bar through every group of
 * detectors whose ranks are not further apart than the critical difference.
 */
export function rankChart(detectors: readonly RankedDetector[], criticalDifference: number): string {
  const sorted = [...detectors].sort((a, b) => a.rank - b.rank);
  const count = sorted.length;
  const x = linearScale([1, count], [MARGIN, WIDTH - MARGIN]);
  const groups = indistinguishable(sorted, criticalDifference);
  const firstRow = AXIS_Y + 22 + groups.length * 8;
  const height = firstRow + Math.ceil(count / 2) * ROW + 10;
  const ticks = Array.from({ length: count }, (_, k) => k + 1);
  const half = Math.ceil(count / 2);
  return element(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${height}`,
      class: "chart wide",
      role: "img",
      "aria-label": "Critical difference of mean ranks",
    },
    element("line", {
      x1: x(1),
      x2: x(1) + x(1 + criticalDifference) - x(1),
      y1: 14,
      y2: 14,
      stroke: "#000",
      "stroke-width": 2,
    }),
    element("text", { x: x(1), y: 10 }, `critical difference ${criticalDifference.toFixed(2)}`),
    element("line", { x1: x(1), x2: x(count), y1: AXIS_Y, y2: AXIS_Y, stroke: "#000" }),
    ...ticks.map((tick) =>
      element("line", { x1: x(tick), x2: x(tick), y1: AXIS_Y - 5, y2: AXIS_Y, stroke: "#000" }),
    ),
    ...ticks.map((tick) =>
      element("text", { x: x(tick), y: AXIS_Y - 9, "text-anchor": "middle" }, String(tick)),
    ),
    ...groups.map(([from, to], k) =>
      element("line", {
        x1: x(sorted[from]!.rank) - 4,
        x2: x(sorted[to]!.rank) + 4,
        y1: AXIS_Y + 10 + k * 8,
        y2: AXIS_Y + 10 + k * 8,
        stroke: "#000",
        "stroke-width": 4,
      }),
    ),
    ...sorted.map(({ name, rank }, k) => {
      const left = k < half;
      const y = firstRow + (left ? k : count - 1 - k) * ROW + 12;
      const edge = left ? MARGIN - 10 : WIDTH - MARGIN + 10;
      return element(
        "g",
        { class: "rank" },
        element("path", { d: `M${x(rank)} ${AXIS_Y}V${y}H${edge}`, fill: "none", stroke: "#555" }),
        element(
          "text",
          { x: left ? edge - 4 : edge + 4, y: y + 4, "text-anchor": left ? "end" : "start" },
          `${escapeText(name)} (${rank.toFixed(2)})`,
        ),
      );
    }),
  );
}

/** Longest runs of neighbours that are not further apart than the difference, as first and last index. */
function indistinguishable(sorted: readonly RankedDetector[], difference: number): [number, number][] {
  const groups: [number, number][] = [];
  for (let from = 0; from < sorted.length; from++) {
    let to = from;
    while (to + 1 < sorted.length && sorted[to + 1]!.rank - sorted[from]!.rank <= difference) to++;
    const covered = groups.some(([, end]) => end >= to);
    if (to > from && !covered) groups.push([from, to]);
  }
  return groups;
}
