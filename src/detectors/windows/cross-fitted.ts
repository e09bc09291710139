import { denseFeatures, type FeatureMatrix, rowStart } from "../../features/index.js";
import type { Tensor } from "../../graph/index.js";
import type { Runtime } from "../../runtime/index.js";
import { perRow } from "../../train/per-row.js";

/** Parts of time that windows are dealt to. */
const PARTS = 3;

/**
 * What a view says of each window if it is fitted to windows of other times: a view that knows a window by heart finds it more
 * normal than any to come. Windows are dealt to three stretches of time, and a fit sees none that shares a step with those
 * that it is asked about. Where too few are left, all windows are asked of one fit to all.
 *
 * @param seen what is fitted to, [rows, columns], row by row of `matrix`
 * @param matrix the windows with their places
 * @param look from rows of `seen` to nodes that give one value per row
 */
export async function crossFitted(
  runtime: Runtime,
  seen: FeatureMatrix,
  matrix: FeatureMatrix,
  fewest: number,
  look: (rows: FeatureMatrix) => Promise<(x: Tensor) => Tensor>,
): Promise<Float64Array> {
  const starts = Float64Array.from({ length: matrix.rows }, (_, row) => rowStart(matrix, row));
  const sorted = starts.toSorted();
  const values = new Float64Array(matrix.rows);
  for (let part = 0; part < PARTS; part++) {
    const from = sorted[Math.floor((part * matrix.rows) / PARTS)]!;
    const to = sorted[Math.floor(((part + 1) * matrix.rows) / PARTS)] ?? Number.POSITIVE_INFINITY;
    const rowsWhere = (is: (start: number) => boolean): number[] =>
      Array.from(starts.keys()).filter((row) => is(starts[row]!));
    const asked = rowsWhere((start) => start >= from && start < to);
    const last = asked.reduce((most, row) => Math.max(most, starts[row]!), from);
    const others = rowsWhere((start) => start <= from - matrix.columns || start >= last + matrix.columns);
    const value = await look(others.length < fewest ? seen : denseFeatures(seen, others));
    (await perRow(runtime, denseFeatures(seen, asked), value)).forEach((each, k) => {
      values[asked[k]!] = each;
    });
  }
  return values;
}
