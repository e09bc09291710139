import { type FeatureMatrix, rowStart } from "../../features/index.js";
import type { RandomStream } from "../../math/random.js";

export interface ShiftOptions {
  /** Share of the features that are shifted in an outlier at most, above 0 to 1; default 0.5. At least one is. */
  readonly share?: number;
  /** How far, in standard deviations of the feature; default 4. */
  readonly distance?: number;
}

/**
 * Copies of random rows in which some features, drawn anew for each outlier, are moved up or down: sensors that are off.
 * Features that never vary are left alone.
 *
 * @param count outliers
 * @returns [count, columns]
 */
export function shiftedFeatures(
  matrix: FeatureMatrix,
  count: number,
  stream: RandomStream,
  { share = 0.5, distance = 4 }: ShiftOptions = {},
): FeatureMatrix {
  const { columns } = matrix;
  const deviations = columnDeviations(matrix);
  const varying = Array.from(deviations.keys()).filter((column) => deviations[column]! > 0);
  const most = Math.min(varying.length, Math.max(1, Math.round(share * varying.length)));
  const data = new Float32Array(count * columns);
  for (let row = 0; row < count; row++) {
    const own = data.subarray(row * columns, (row + 1) * columns);
    own.set(rowOf(matrix, stream.int(matrix.rows)));
    if (most === 0) continue;
    for (const at of stream.sample(varying.length, 1 + stream.int(most))) {
      const column = varying[at]!;
      own[column]! += (stream.uniform() < 0.5 ? -distance : distance) * deviations[column]!;
    }
  }
  return { rows: count, columns, data };
}

/**
 * Rows whose features come from different rows: every column is permuted by itself. Each value alone is one that was
 * seen, but what holds between columns no longer does. Where columns are independent of each other these are no
 * outliers at all.
 *
 * @param count outliers; with as many as there are rows, every column holds the values that it had
 * @returns [count, columns]
 */
export function shuffledColumns(matrix: FeatureMatrix, count: number, stream: RandomStream): FeatureMatrix {
  const { rows, columns } = matrix;
  const data = new Float32Array(count * columns);
  for (let column = 0; column < columns; column++) {
    for (let from = 0; from < count; from += rows) {
      const order = stream.permutation(rows);
      for (let row = from; row < Math.min(count, from + rows); row++) {
        data[row * columns + column] = matrix.data[rowStart(matrix, order[row - from]!) + column]!;
      }
    }
  }
  return { rows: count, columns, data };
}

/** One row, as a view. */
export const rowOf = (matrix: FeatureMatrix, row: number): Float32Array =>
  matrix.data.subarray(rowStart(matrix, row), rowStart(matrix, row) + matrix.columns);

function columnDeviations(matrix: FeatureMatrix): Float64Array {
  const { rows, columns } = matrix;
  const sums = new Float64Array(columns);
  const squares = new Float64Array(columns);
  const each = (visit: (value: number, column: number) => void): void => {
    for (let row = 0; row < rows; row++) rowOf(matrix, row).forEach(visit);
  };
  each((value, column) => {
    sums[column]! += value / rows;
  });
  each((value, column) => {
    squares[column]! += (value - sums[column]!) ** 2 / rows;
  });
  return squares.map(Math.sqrt);
}
