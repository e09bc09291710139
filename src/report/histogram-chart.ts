import type { ScoreHistogram } from "../evaluate/compare/curves.js";
import { element, escapeText, linearScale } from "./svg.js";

const SIZE = { width: 300, height: 170, left: 10, right: 10, top: 26, bottom: 34 };

/**
 * Scores of normal rows (filled, above the line) and of anomalies (hatched, below it), each scaled to its own highest
 * bin: anomalies are few, and on a common scale they would not be seen.
 */
export function histogramChart(title: string, histogram: ScoreHistogram, threshold?: number): string {
  const { low, high, logarithmic, normal, anomaly } = histogram;
  const bins = normal.length;
  const x = linearScale([0, bins], [SIZE.left, SIZE.width - SIZE.right]);
  const middle = (SIZE.top + SIZE.height - SIZE.bottom) / 2;
  const half = middle - SIZE.top - 2;
  const bars = (counts: readonly number[], direction: 1 | -1, fill: string): string[] => {
    const top = Math.max(...counts, 1);
    return counts.map((count, bin) => {
      const height = (count / top) * half;
      return element("rect", {
        x: x(bin) + 0.5,
        y: direction === 1 ? middle - height : middle,
        width: x(1) - x(0) - 1,
        height,
        fill,
        stroke: count > 0 ? "#444" : "none",
        "stroke-width": 0.4,
      });
    });
  };
  const scale = logarithmic ? Math.log : (value: number): number => value;
  const span = scale(high) - scale(low);
  // Without any spread all scores are in the first bin, and the threshold is before, in or behind it.
  const share = (score: number): number =>
    span > 0 ? (scale(score) - scale(low)) / span : Math.sign(score - low);
  const position = (score: number): number => x(Math.min(bins, Math.max(0, share(score) * bins)));
  const mark =
    threshold === undefined || (logarithmic && threshold <= 0)
      ? ""
      : element("line", {
          x1: position(threshold),
          x2: position(threshold),
          y1: SIZE.top - 4,
          y2: SIZE.height - SIZE.bottom + 4,
          stroke: "#000",
          "stroke-dasharray": "4 2",
        });
  const end = (at: number, anchor: string, value: number): string =>
    element("text", { x: at, y: SIZE.height - 18, "text-anchor": anchor }, value.toPrecision(3));
  return element(
    "svg",
    {
      viewBox: `0 0 ${SIZE.width} ${SIZE.height}`,
      class: "chart",
      role: "img",
      "aria-label": `Scores of ${title}`,
    },
    element("text", { x: SIZE.width / 2, y: 15, "text-anchor": "middle", class: "title" }, escapeText(title)),
    ...bars(normal, 1, "#bbb"),
    ...bars(anomaly, -1, "url(#hatch)"),
    element("line", { x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: middle, y2: middle, stroke: "#000" }),
    mark,
    end(SIZE.left, "start", low),
    end(SIZE.width - SIZE.right, "end", high),
    element(
      "text",
      { x: SIZE.width / 2, y: SIZE.height - 4, "text-anchor": "middle" },
      logarithmic ? "score (logarithmic)" : "score",
    ),
  );
}

/** The pattern that anomalies are filled with; once per document. */
export const hatchPattern = element(
  "svg",
  { width: 0, height: 0, style: "position:absolute", "aria-hidden": "true" },
  element(
    "defs",
    {},
    element(
      "pattern",
      { id: "hatch", width: 4, height: 4, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      element("rect", { width: 4, height: 4, fill: "#fff" }),
      element("line", { x1: 0, y1: 0, x2: 0, y2: 4, stroke: "#d55e00", "stroke-width": 2.4 }),
    ),
  ),
);
