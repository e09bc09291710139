import { HypersphereError } from "../../errors.js";
import type { Column, Table } from "../table/table.js";
import type { Segment } from "./segments.js";
import { showSpan, type Times } from "./time.js";

export interface Resampled {
  readonly steps: Table;
  readonly segments: readonly Segment[];
  /** The first step at or after each row. */
  readonly rowSteps: Uint32Array<ArrayBuffer>;
  /** Rows that no step takes, because others come between them and the next step. */
  readonly hidden: number;
  /** What the clock shows at each step, where it was given. */
  readonly clock?: Float64Array | undefined;
}

/** A step this share of the grid's width early still counts as on time: differences of times are rounded. */
const onTime = 1e-6;
const mostSteps = 2 ** 31;

/**
 * Brings each segment to a grid of steps `every` apart that begins with its first row. A step takes the last row at or
 * before it, or with "linear" interpolates from that row to the next one. After the last row it takes that row. Missing
 * cells stay missing, and so does any interpolation that begins or ends there.
 * @param order row numbers of `table` in the order of the segments
 * @param clock what it shows at each row of `table`, in microseconds
 * @throws HypersphereError `invalid-option` for a grid with 2^31 steps or more
 */
export function resample(
  table: Table,
  order: Uint32Array,
  times: Pick<Times, "values" | "unit">,
  segments: readonly Segment[],
  every: number,
  fill: "last" | "linear",
  clock?: Float64Array,
): Resampled {
  const { values } = times;
  const place = (at: number, from: number): number => (values[order[at]!]! - values[order[from]!]!) / every;
  const grid: Segment[] = [];
  for (const { from, to } of segments) {
    const start = grid.at(-1)?.to ?? 0;
    grid.push({ from: start, to: start + Math.ceil(place(to - 1, from) - onTime) + 1 });
  }
  const count = grid.at(-1)?.to ?? 0;
  if (count >= mostSteps) {
    throw new HypersphereError(
      "invalid-option",
      `every = ${showSpan(every, times)} makes ${count} steps of ${order.length} rows.`,
      {
        hint: "It is in units of the time column (seconds for dates); choose a longer step.",
      },
    );
  }

  const before = new Uint32Array(count);
  const after = new Uint32Array(count);
  const weights = new Float64Array(fill === "linear" ? count : 0);
  const rowSteps = new Uint32Array(table.rowCount);
  const shows = clock && new Float64Array(count);
  segments.forEach(({ from, to }, k) => {
    const { from: start, to: end } = grid[k]!;
    let at = from;
    for (let step = start; step < end; step++) {
      const here = step - start;
      // A row's own step is the first at or after it.
      while (at + 1 < to && place(at + 1, from) <= here + onTime) at++;
      before[step] = order[at]!;
      after[step] = order[Math.min(at + 1, to - 1)]!;
      if (shows) shows[step] = clock![order[at]!]! + (here - place(at, from)) * every;
      if (fill === "last" || at + 1 === to) continue;
      const since = here - place(at, from);
      if (since > onTime) weights[step] = since / (place(at + 1, from) - place(at, from));
    }
    for (let row = from; row < to; row++) {
      rowSteps[order[row]!] = start + Math.max(0, Math.ceil(place(row, from) - onTime));
    }
  });

  const shown = new Uint8Array(table.rowCount);
  for (let step = 0; step < count; step++) {
    shown[before[step]!] = 1;
    if (fill === "linear" && weights[step]! > 0) shown[after[step]!] = 1;
  }
  const columns = table.columns.map((column): Column => {
    if (column.kind === "categorical")
      return { ...column, codes: Int32Array.from(before, (row) => column.codes[row]!) };
    const cells = new (column.values.constructor as Float64ArrayConstructor)(count);
    for (let step = 0; step < count; step++) {
      const value = column.values[before[step]!]!;
      const weight = weights[step] ?? 0;
      cells[step] = weight === 0 ? value : value + weight * (column.values[after[step]!]! - value);
    }
    return { ...column, values: cells };
  });
  return {
    steps: { kind: "table", rowCount: count, columns, source: table.source },
    segments: grid,
    rowSteps,
    hidden: order.length - shown.reduce((sum, flag) => sum + flag, 0),
    clock: shows,
  };
}
