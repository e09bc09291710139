import type { TuneTrial } from "../evaluate/tune/index.js";
import type { SearchRange, SearchSpace } from "../search/index.js";
import { figure as digits } from "../text/format.js";
import { shown } from "../text/shown.js";
import { element, escapeText, linearScale, pathThrough } from "./svg.js";

const [TOP, BOTTOM, UNUSED, HEIGHT] = [34, 250, 276, 300];
const [LEFT, RIGHT, STEP] = [70, 70, 130];

interface Axis {
  readonly name: string;
  /** From 0 at the bottom to 1; undefined where a trial has no such option. */
  place(trial: TuneTrial): number | undefined;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

/** One line per trial from option to option and on to its value; the best in black and thick, the defaults dashed. */
export function parallelPlot(
  space: SearchSpace,
  trials: readonly TuneTrial[],
  objective: string,
  best: number,
): string {
  const valued = trials.filter((trial) => trial.value !== undefined);
  const axes = [
    ...Object.entries(space).map(([name, range]) => optionAxis(name, range)),
    valueAxis(objective, valued),
  ];
  const x = (k: number): number => LEFT + k * STEP;
  const y = linearScale([0, 1], [BOTTOM, TOP]);
  const width = x(axes.length - 1) + RIGHT;
  const isBest = ({ number }: TuneTrial): boolean => number === best;
  // The best is drawn last, above others with its value.
  const order = [...valued].sort((a, b) => a.value! - b.value! || Number(isBest(a)) - Number(isBest(b)));
  const lines = order.map((trial, rank) => {
    const points = axes.map((axis, k) => {
      const place = axis.place(trial);
      return { x: x(k), y: place === undefined ? UNUSED : y(place) };
    });
    const good = rank >= order.length * 0.75;
    return element("path", {
      d: pathThrough(points),
      fill: "none",
      stroke: isBest(trial) ? "#000" : good ? "#0072b2" : trial.number === 0 ? "#555" : "#bbb",
      "stroke-width": isBest(trial) ? 3 : good ? 1.5 : 1,
      "stroke-dasharray": trial.number === 0 ? "6 4" : undefined,
    });
  });
  return element(
    "svg",
    {
      viewBox: `0 0 ${width} ${HEIGHT}`,
      width,
      class: "chart parallel",
      role: "img",
      "aria-label": `Options and ${objective} of ${valued.length} trials`,
    },
    ...lines,
    ...axes.flatMap(({ name, ticks }, k) => [
      element("line", { x1: x(k), x2: x(k), y1: TOP, y2: BOTTOM, stroke: "#333" }),
      element("text", { x: x(k), y: 14, "text-anchor": "middle", class: "title" }, escapeText(name)),
      ...ticks.map(({ at, text }) =>
        element(
          "text",
          { x: x(k) + 5, y: y(at) + 4, stroke: "#fff", "stroke-width": 3, "paint-order": "stroke" },
          escapeText(text),
        ),
      ),
    ]),
  );
}

function optionAxis(name: string, range: SearchRange): Axis {
  if (range.kind === "choice") {
    const texts = range.values.map((value) => JSON.stringify(value));
    const at = (k: number): number => (texts.length === 1 ? 0.5 : k / (texts.length - 1));
    return {
      name,
      place: ({ point }) => {
        const value = point[name];
        const k = value === undefined ? -1 : texts.indexOf(JSON.stringify(value));
        return k < 0 ? undefined : at(k);
      },
      ticks: range.values.map((value, k) => ({
        at: at(k),
        text: typeof value === "string" ? value : shown(value),
      })),
    };
  }
  const { low, high, log } = range;
  const scaled = (value: number): number => (log ? Math.log(value) : value);
  const scale = linearScale([scaled(low), scaled(high)], [0, 1]);
  return {
    name,
    place: ({ point }) => {
      const value = point[name];
      return typeof value === "number" ? scale(scaled(value)) : undefined;
    },
    ticks: [
      { at: 0, text: digits(low) },
      { at: 1, text: digits(high) },
    ],
  };
}

function valueAxis(name: string, trials: readonly TuneTrial[]): Axis {
  const values = trials.map(({ value }) => value!);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const scale = linearScale([low, high], [0, 1]);
  return {
    name,
    place: ({ value }) => scale(value!),
    ticks:
      low === high
        ? [{ at: 0.5, text: low.toFixed(4) }]
        : [
            { at: 0, text: low.toFixed(4) },
            { at: 1, text: high.toFixed(4) },
          ],
  };
}
