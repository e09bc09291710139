import { figure } from "../../text/format.js";
import { element, escapeText, linearScale, type Scale } from "../svg.js";

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const FRAME: Frame = { width: 380, height: 250, left: 54, right: 16, top: 26, bottom: 40 };

export interface Axis {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly logarithmic?: boolean;
}

/** A scale with its ends a little outside of the values, so that nothing lies on the frame. */
export function axisOver(
  label: string,
  values: Iterable<number>,
  { tight = false, mayBeLog = false } = {},
): Axis {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    from = Math.min(from, value);
    to = Math.max(to, value);
  }
  if (!(from <= to)) [from, to] = [0, 1];
  if (mayBeLog && from > 0 && to / from >= 30)
    return { label: `${label} (logarithmic)`, from, to, logarithmic: true };
  const room = tight ? 0 : 0.05 * (to - from || Math.abs(to) || 1);
  return { label, from: from - room, to: to + room };
}

export function scaleOf({ from, to, logarithmic }: Axis, range: readonly [number, number]): Scale {
  if (!logarithmic) return linearScale([from, to], range);
  const scale = linearScale([Math.log(from), Math.log(to)], range);
  return (value) => scale(Math.log(Math.max(value, from)));
}

/** Lines, ticks and labels of both axes. */
export function axes(x: Axis, y: Axis, { width, height, left, right, top, bottom }: Frame = FRAME): string {
  const [across, up] = [scaleOf(x, [left, width - right]), scaleOf(y, [height - bottom, top])];
  const text = (at: number, down: number, anchor: string, content: string, more = {}): string =>
    element("text", { x: at, y: down, "text-anchor": anchor, ...more }, escapeText(content));
  const middle = (top + height - bottom) / 2;
  return [
    ...ticksOf(y).map((tick) =>
      element("line", { x1: left, x2: width - right, y1: up(tick), y2: up(tick), class: "grid" }),
    ),
    element("line", { x1: left, x2: width - right, y1: height - bottom, y2: height - bottom, class: "axis" }),
    element("line", { x1: left, x2: left, y1: top, y2: height - bottom, class: "axis" }),
    ...ticksOf(x).map((tick) => text(across(tick), height - bottom + 14, "middle", figure(tick, 3))),
    ...ticksOf(y).map((tick) => text(left - 5, up(tick) + 4, "end", figure(tick, 3))),
    text((left + width - right) / 2, height - 6, "middle", x.label),
    text(11, middle, "middle", y.label, { transform: `rotate(-90 11 ${middle})` }),
  ].join("");
}

/** Round numbers, four or so. */
export function ticksOf({ from, to, logarithmic }: Axis): number[] {
  if (logarithmic) {
    const [low, high] = [Math.ceil(Math.log10(from)), Math.floor(Math.log10(to))];
    const decades = Array.from({ length: Math.max(0, high - low + 1) }, (_, k) => 10 ** (low + k));
    if (decades.length >= 2)
      return decades.length <= 6
        ? decades
        : decades.filter((_, k) => k % Math.ceil(decades.length / 6) === 0);
    return [from, Math.sqrt(from * to), to];
  }
  const rough = (to - from) / 4;
  if (!(rough > 0)) return [from];
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((each) => each >= rough)!;
  const ticks: number[] = [];
  for (let k = Math.ceil(from / step); k * step <= to + step * 1e-9; k++)
    ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

export function chart(title: string, label: string, ...parts: readonly string[]): string {
  return element(
    "svg",
    { viewBox: `0 0 ${FRAME.width} ${FRAME.height}`, class: "chart", role: "img", "aria-label": label },
    element(
      "text",
      { x: FRAME.width / 2, y: 15, "text-anchor": "middle", class: "title" },
      escapeText(title),
    ),
    ...parts,
  );
}
