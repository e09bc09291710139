import type { LatentPicture } from "../../learned/index.js";
import { percent } from "../../text/format.js";
import { element } from "../svg.js";
import { axes, axisOver, chart, FRAME, scaleOf } from "./axes.js";

/** Rows of a latent space: rings for what the model takes for normal, crosses for what it flags, and the centre as a plus. */
export function latentChart(title: string, { x, y, flagged, centre, shares }: LatentPicture): string {
  const across = axisOver(`first direction, ${percent(shares[0])} of the variance`, [
    ...x,
    ...(centre ? [centre[0]] : []),
  ]);
  const up = axisOver(`second, ${percent(shares[1])}`, [...y, ...(centre ? [centre[1]] : [])]);
  const [toX, toY] = [
    scaleOf(across, [FRAME.left, FRAME.width - FRAME.right]),
    scaleOf(up, [FRAME.height - FRAME.bottom, FRAME.top]),
  ];
  const points = Array.from(x, (value, row) => {
    const [px, py] = [toX(value), toY(y[row]!)];
    return flagged[row] === 1
      ? element("path", { class: "bad", d: crossAt(round(px), round(py), 3) })
      : element("circle", { class: "dot", cx: px, cy: py, r: 2 });
  });
  return chart(
    title,
    `${title}: ${x.length} rows in two directions of the latent space`,
    axes(across, up),
    ...points,
    centre === undefined
      ? ""
      : element("path", { class: "centre", d: plusAt(round(toX(centre[0])), round(toY(centre[1])), 8) }),
  );
}

/** The same rows by their ranks before and after training; on the diagonal where it changed nothing. */
export function rankScatter(title: string, before: Float32Array, after: Float32Array): string {
  const [x, y] = [axisOver("rank before training", [0, 1]), axisOver("rank after it", [0, 1])];
  const [toX, toY] = [
    scaleOf(x, [FRAME.left, FRAME.width - FRAME.right]),
    scaleOf(y, [FRAME.height - FRAME.bottom, FRAME.top]),
  ];
  return chart(
    title,
    `${title}: ${before.length} rows`,
    axes(x, y),
    element("line", { class: "mark", x1: toX(0), y1: toY(0), x2: toX(1), y2: toY(1) }),
    ...Array.from(before, (rank, row) =>
      element("circle", { class: "dot", cx: toX(rank), cy: toY(after[row]!), r: 2 }),
    ),
  );
}

const round = (value: number): number => Math.round(value * 10) / 10;
const crossAt = (x: number, y: number, size: number): string =>
  `M${round(x - size)} ${round(y - size)}L${round(x + size)} ${round(y + size)}M${round(x - size)} ${round(y + size)}L${round(x + size)} ${round(y - size)}`;
const plusAt = (x: number, y: number, size: number): string =>
  `M${round(x - size)} ${y}L${round(x + size)} ${y}M${x} ${round(y - size)}L${x} ${round(y + size)}`;
