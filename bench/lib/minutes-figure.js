/** A figure of AUROC against the minutes that training took, as SVG: each class as a thin line, their mean as a thick one. */
import { built } from "./root.js";

const { element, escapeText, linearScale, pathThrough } = await import(built("report/svg.js"));

const SIZE = { width: 640, height: 340, left: 52, right: 186, top: 34, bottom: 44 };
const COLOURS = { mean: "#0072b2", one: "#9ecae1", level: "#d55e00", axis: "#333", grid: "#e4e4e4" };

/**
 * @param title
 * @param minutes ascending and above zero, on a logarithmic axis
 * @param curves one list of AUROCs for each class, at those minutes
 * @param levels what training has to beat, by name
 */
export function minutesFigure({ title, minutes, curves, levels }) {
  const mean = minutes.map((_, k) => curves.reduce((sum, curve) => sum + curve[k], 0) / curves.length);
  const named = Object.entries(levels);
  const values = [...curves.flat(), ...named.map(([, value]) => value)];
  const bottom = Math.floor(20 * Math.min(...values)) / 20;
  const x = linearScale(
    [Math.log(minutes[0]), Math.log(minutes.at(-1))],
    [SIZE.left + 12, SIZE.width - SIZE.right - 12],
  );
  const y = linearScale([bottom, 1], [SIZE.height - SIZE.bottom, SIZE.top]);
  const right = SIZE.width - SIZE.right;
  const words = (value, attributes) =>
    element("text", { fill: COLOURS.axis, ...attributes }, escapeText(value));
  const ticks = Array.from({ length: Math.round((1 - bottom) * 20) + 1 }, (_, k) => bottom + k / 20);
  const through = (curve, attributes) =>
    element("path", {
      d: pathThrough(curve.map((value, k) => ({ x: x(Math.log(minutes[k])), y: y(value) }))),
      fill: "none",
      ...attributes,
    });
  const labels = apart([
    { text: `mean of ${curves.length}`, at: y(mean.at(-1)), fill: COLOURS.mean },
    ...named.map(([name, value]) => ({
      text: `${name} ${value.toFixed(3)}`,
      at: y(value),
      fill: COLOURS.level,
    })),
  ]);
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${SIZE.width} ${SIZE.height}`,
      role: "img",
      "aria-label": title,
      "font-family": "sans-serif",
      "font-size": 11,
    },
    element("rect", { width: SIZE.width, height: SIZE.height, fill: "#fff" }),
    words(title, { x: SIZE.left, y: 18, "font-size": 13 }),
    ...ticks.flatMap((tick) => [
      element("line", { x1: SIZE.left, x2: right, y1: y(tick), y2: y(tick), stroke: COLOURS.grid }),
      words(tick.toFixed(2), { x: SIZE.left - 6, y: y(tick) + 4, "text-anchor": "end" }),
    ]),
    ...minutes.map((each) =>
      words(String(each), { x: x(Math.log(each)), y: SIZE.height - 26, "text-anchor": "middle" }),
    ),
    words("nominal minutes of training", {
      x: (SIZE.left + right) / 2,
      y: SIZE.height - 8,
      "text-anchor": "middle",
    }),
    ...named.map(([, value]) =>
      element("line", {
        ...{ x1: SIZE.left, x2: right, y1: y(value), y2: y(value) },
        ...{ stroke: COLOURS.level, "stroke-dasharray": "5 4" },
      }),
    ),
    ...curves.map((curve) => through(curve, { stroke: COLOURS.one })),
    through(mean, { stroke: COLOURS.mean, "stroke-width": 2.5 }),
    ...mean.map((value, k) =>
      words(value.toFixed(3), {
        ...{ x: x(Math.log(minutes[k])), y: y(value) - 7, "text-anchor": "middle", fill: COLOURS.mean },
      }),
    ),
    ...labels.map(({ text, at, fill }) => words(text, { x: right + 8, y: at + 4, fill })),
  );
}

/** Labels moved so that none lies on another, in their order from above. */
function apart(labels) {
  const sorted = [...labels].sort((a, b) => a.at - b.at);
  sorted.forEach((label, k) => {
    if (k > 0) label.at = Math.max(label.at, sorted[k - 1].at + 14);
  });
  return sorted;
}
