import type { Segment, Timeline } from "../data/index.js";

/** What the time steps of a new operating point are used for; stretches without a gap, ascending. */
export interface Stretches {
  /** Where location and spread come from. */
  readonly located: readonly Segment[];
  /** Where calibration scores come from: a window away from those before. */
  readonly calibrated: readonly Segment[];
  /** All that are used, with the gap between the two. */
  readonly used: readonly Segment[];
  /** What is left to check the model on. */
  readonly rest: readonly Segment[];
}

/**
 * The first `rows` steps of each series, of which the first half tells location and spread and the second half calibrates.
 * In the order of time, as the model will be used; a step beside one that was learned from would look too normal.
 * @param rows undefined for all
 */
export function stretchesOf(
  { segments, steps, entities = [{ from: 0, to: steps }] }: Timeline,
  rows: number | undefined,
  window: number,
): Stretches {
  const parts = { located: [], calibrated: [], used: [], rest: [] } as Record<keyof Stretches, Segment[]>;
  for (const { from, to } of entities) {
    const end = Math.min(to, from + (rows ?? to - from));
    const middle = from + ((end - from) >> 1);
    const own: Readonly<Record<keyof Stretches, Segment>> = {
      located: { from, to: middle },
      calibrated: { from: middle + window, to: end },
      used: { from, to: end },
      rest: { from: end, to },
    };
    for (const segment of segments) {
      for (const name of Object.keys(parts) as (keyof Stretches)[]) {
        const [first, last] = [Math.max(segment.from, own[name].from), Math.min(segment.to, own[name].to)];
        if (first < last) parts[name].push({ from: first, to: last });
      }
    }
  }
  return parts;
}

export const stepsIn = (stretches: readonly Segment[]): number =>
  stretches.reduce((sum, { from, to }) => sum + to - from, 0);

/** How many windows of this length there are in them. */
export const windowsIn = (stretches: readonly Segment[], window: number): number =>
  stretches.reduce((sum, { from, to }) => sum + Math.max(0, to - from - window + 1), 0);

/** How many rows of each of so many series give at least `windows` windows for calibration. */
export const rowsFor = (windows: number, window: number, series: number): number =>
  2 * (Math.ceil(windows / series) + 2 * window - 1) - 1;
