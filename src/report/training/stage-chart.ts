import type { TrainingCurve } from "../../learned/index.js";
import { element, escapeText, pathThrough } from "../svg.js";
import { axes, axisOver, chart, FRAME, scaleOf } from "./axes.js";

/** The curves of one stage, a pair of lines for each network: held-out rows drawn through, training rows dashed. */
export function stageChart(title: string, label: string, curves: readonly TrainingCurve[]): string {
  const points = curves.flatMap((curve) => curve.points);
  const x = axisOver(curves[0]?.unit ?? "epoch", [0, ...points.map(({ epoch }) => epoch)], { tight: true });
  const y = axisOver(
    label,
    points.flatMap(({ loss, validation }) => [loss, validation]),
    { mayBeLog: true },
  );
  const [across, up] = [
    scaleOf(x, [FRAME.left, FRAME.width - FRAME.right]),
    scaleOf(y, [FRAME.height - FRAME.bottom, FRAME.top]),
  ];
  const line = (curve: TrainingCurve, key: "loss" | "validation"): string =>
    element("path", {
      class: key === "validation" ? "a" : "b",
      d: pathThrough(
        curve.points
          .filter((point) => Number.isFinite(point[key]))
          .map((point) => ({ x: across(point.epoch), y: up(point[key]) })),
      ),
    });
  return chart(
    title,
    `${title}: ${curves.map(({ name, ended, unit }) => `${name} ended with ${ended === "all epochs" ? `all ${unit}s` : ended}`).join(", ")}`,
    axes(x, y),
    ...curves.map((curve) => line(curve, "loss")),
    ...curves.map((curve) => line(curve, "validation")),
    ...curves.map((curve) => {
      const last = curve.points.at(-1);
      if (last === undefined) return "";
      const kept = curve.points.find(({ epoch }) => epoch === curve.kept);
      const at = { x: across(last.epoch), y: up(last.validation) };
      return [
        kept === undefined
          ? ""
          : element("circle", { cx: across(kept.epoch), cy: up(kept.validation), r: 3.5, class: "kept" }),
        curve.ended === "collapse" ? cross(at.x, at.y) : "",
        curve.network === undefined
          ? ""
          : element(
              "text",
              { x: Math.min(at.x + 4, FRAME.width - 8), y: at.y - 5 },
              escapeText(String(curve.network)),
            ),
      ].join("");
    }),
  );
}

/** A collapse. */
const cross = (x: number, y: number): string =>
  element("path", {
    class: "bad",
    d: `M${x - 5} ${y - 5}L${x + 5} ${y + 5}M${x - 5} ${y + 5}L${x + 5} ${y - 5}`,
  });

/**
 * What else was followed from epoch to epoch, such as a radius; a line for each network.
 * @param limit below which something is wrong
 */
export function readingChart(
  title: string,
  label: string,
  name: string,
  curves: readonly TrainingCurve[],
  limit?: number,
): string {
  const series = curves.map(({ points, ended, network }) => ({
    ended,
    network,
    points: points.flatMap(({ epoch, readings }) => {
      const value = readings?.[name];
      return value === undefined ? [] : [{ epoch, value }];
    }),
  }));
  const all = series.flatMap(({ points }) => points);
  const x = axisOver(curves[0]?.unit ?? "epoch", [0, ...all.map(({ epoch }) => epoch)], { tight: true });
  const y = axisOver(label, [0, ...all.map(({ value }) => value)], { tight: true });
  const [across, up] = [
    scaleOf(x, [FRAME.left, FRAME.width - FRAME.right]),
    scaleOf(y, [FRAME.height - FRAME.bottom, FRAME.top]),
  ];
  return chart(
    title,
    `${title} over ${x.label}s`,
    axes(x, y),
    limit === undefined
      ? ""
      : element("line", {
          class: "mark",
          x1: FRAME.left,
          x2: FRAME.width - FRAME.right,
          y1: up(limit),
          y2: up(limit),
        }),
    ...series.map(({ points, ended, network }) => {
      const line = points.map(({ epoch, value }) => ({ x: across(epoch), y: up(value) }));
      const last = line.at(-1);
      if (last === undefined) return "";
      return [
        element("path", { class: "a", d: pathThrough(line) }),
        ended === "collapse" ? cross(last.x, last.y) : "",
        network === undefined
          ? ""
          : element("text", { x: Math.min(last.x + 4, FRAME.width - 8), y: last.y - 5 }, String(network)),
      ].join("");
    }),
  );
}
