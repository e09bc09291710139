import type { SeriesStyle } from "./series-style.js";
import { element, escapeText, linearScale, type Point, pathThrough, type Scale } from "./svg.js";

export interface CurveSeries {
  readonly name: string;
  readonly style: SeriesStyle;
  /** One curve per seed: values at equally spaced positions from 0 to 1. */
  readonly curves: readonly (readonly number[])[];
}

export interface CurveChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly CurveSeries[];
  /** What guessing would give, from x = 0 to x = 1. */
  readonly guess: readonly [number, number];
}

const SIZE = { width: 360, height: 330, left: 46, right: 12, top: 28, bottom: 42 };

/** Mean curves over seeds on the unit square, with a band from the lowest to the highest seed. */
export function curveChart({ title, xLabel, yLabel, series, guess }: CurveChart): string {
  const x = linearScale([0, 1], [SIZE.left, SIZE.width - SIZE.right]);
  const y = linearScale([0, 1], [SIZE.height - SIZE.bottom, SIZE.top]);
  const guessLine = element("line", {
    x1: x(0),
    y1: y(guess[0]),
    x2: x(1),
    y2: y(guess[1]),
    stroke: "#999",
    "stroke-dasharray": "1 4",
  });
  return element(
    "svg",
    {
      viewBox: `0 0 ${SIZE.width} ${SIZE.height}`,
      class: "chart",
      role: "img",
      "aria-label": `${title}: ${series.map(({ name }) => name).join(", ")}`,
    },
    element("text", { x: SIZE.width / 2, y: 16, "text-anchor": "middle", class: "title" }, escapeText(title)),
    unitAxes(x, y, xLabel, yLabel),
    guessLine,
    ...series.map((one) => band(one, x, y)),
    ...series.map((one, k) => meanLine(one, x, y, (k + 1) / (series.length + 1))),
  );
}

function unitAxes(x: Scale, y: Scale, xLabel: string, yLabel: string): string {
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  return element(
    "g",
    { class: "axes" },
    ...ticks.map((tick) => element("line", { x1: x(tick), y1: y(0), x2: x(tick), y2: y(1), class: "grid" })),
    ...ticks.map((tick) => element("line", { x1: x(0), y1: y(tick), x2: x(1), y2: y(tick), class: "grid" })),
    ...ticks.map((tick) =>
      element("text", { x: x(tick), y: y(0) + 14, "text-anchor": "middle" }, String(tick)),
    ),
    ...ticks.map((tick) =>
      element("text", { x: x(0) - 6, y: y(tick) + 4, "text-anchor": "end" }, String(tick)),
    ),
    element("text", { x: x(0.5), y: y(0) + 32, "text-anchor": "middle" }, escapeText(xLabel)),
    element(
      "text",
      { x: 12, y: y(0.5), "text-anchor": "middle", transform: `rotate(-90 12 ${y(0.5)})` },
      escapeText(yLabel),
    ),
  );
}

function pointsOf(values: readonly number[], x: Scale, y: Scale): Point[] {
  return values.map((value, k) => ({ x: x(k / (values.length - 1)), y: y(value) }));
}

function band({ curves, style }: CurveSeries, x: Scale, y: Scale): string {
  if (curves.length < 2) return "";
  const across = (pick: (values: readonly number[]) => number): number[] =>
    curves[0]!.map((_, k) => pick(curves.map((curve) => curve[k]!)));
  const upper = pointsOf(
    across((values) => Math.max(...values)),
    x,
    y,
  );
  const lower = pointsOf(
    across((values) => Math.min(...values)),
    x,
    y,
  );
  return element("path", {
    d: `${pathThrough([...upper, ...lower.reverse()])}Z`,
    fill: style.colour,
    "fill-opacity": 0.15,
    stroke: "none",
  });
}

/** The letter sits on the curve, at another place for each series. */
function meanLine({ name, curves, style }: CurveSeries, x: Scale, y: Scale, place: number): string {
  const mean = curves[0]!.map((_, k) => curves.reduce((sum, curve) => sum + curve[k]!, 0) / curves.length);
  const points = pointsOf(mean, x, y);
  const label = points[Math.round(place * (points.length - 1))]!;
  return element(
    "g",
    { class: "series" },
    element("title", {}, escapeText(name)),
    element("path", {
      d: pathThrough(points),
      fill: "none",
      stroke: style.colour,
      "stroke-width": 1.6,
      "stroke-dasharray": style.dash,
    }),
    element("circle", { cx: label.x, cy: label.y, r: 7, fill: "#fff", stroke: style.colour }),
    element(
      "text",
      { x: label.x, y: label.y + 3.5, "text-anchor": "middle", class: "letter" },
      escapeText(style.letter),
    ),
  );
}
