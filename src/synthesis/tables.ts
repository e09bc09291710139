import { HypersphereError } from "../errors.js";
import { type FeatureMatrix, rowStart } from "../features/index.js";
import type { RandomStream } from "../math/random.js";

/** How the numbers of a row belong together; by default each is a column of its own, and there is one time step. */
export interface RowLayout {
  /** Time steps in a row, one after the other; 1 for rows of a table. */
  readonly steps: number;
  /** The column that each feature of a time step was made from: indicators of one category share theirs. */
  readonly columnOf: ArrayLike<number>;
}

export interface ShiftOptions {
  /** Share of the columns that are shifted in an outlier at most, above 0 to 1; default 0.5. At least one is. */
  readonly share?: number;
  /** How far, in standard deviations of the column; default 4. */
  readonly distance?: number;
  readonly layout?: RowLayout;
}

/**
 * Copies of random rows in which some columns, drawn anew for each outlier, are moved up or down: sensors with an offset.
 * In windows the offset lasts for a stretch of random length, the same for all of them. Categories, and columns that never
 * vary, are left alone.
 *
 * @param count outliers
 * @returns [count, columns]
 * @throws HypersphereError `invalid-option` where no numeric column varies
 */
export function shiftedFeatures(
  matrix: FeatureMatrix,
  count: number,
  stream: RandomStream,
  { share = 0.5, distance = 4, layout = eachByItself(matrix) }: ShiftOptions = {},
): FeatureMatrix {
  const { columns } = matrix;
  const { steps } = layout;
  const width = columns / steps;
  const deviations = deviationsOf(matrix, width);
  const varying = columnsOf(layout, width)
    .filter((features) => features.length === 1 && deviations[features[0]!]! > 0)
    .flat();
  if (varying.length === 0) {
    throw new HypersphereError("invalid-option", "No numeric column varies; there is nothing to shift.", {
      hint: "Choose shuffled-columns.",
    });
  }
  const most = Math.max(1, Math.round(share * varying.length));
  const data = new Float32Array(count * columns);
  for (let row = 0; row < count; row++) {
    const own = data.subarray(row * columns, (row + 1) * columns);
    own.set(rowOf(matrix, stream.int(matrix.rows)));
    const shifted = stream.sample(varying.length, 1 + stream.int(most));
    const length = 1 + stream.int(steps);
    const first = stream.int(steps - length + 1);
    for (const place of shifted) {
      const feature = varying[place]!;
      const shift = (stream.uniform() < 0.5 ? -distance : distance) * deviations[feature]!;
      for (let step = first; step < first + length; step++) own[step * width + feature]! += shift;
    }
  }
  return { rows: count, columns, data };
}

/**
 * Rows whose columns come from different rows: every column is permuted by itself, in windows its whole course. Each
 * column alone is real, but the relations between columns are lost. Where columns are independent of each other, these
 * are not outliers at all.
 *
 * @param count outliers; with as many as there are rows, every column keeps its values
 * @returns [count, columns]
 * @throws HypersphereError `invalid-option` for a single column, where permuting changes no row
 */
export function shuffledColumns(
  matrix: FeatureMatrix,
  count: number,
  stream: RandomStream,
  layout: RowLayout = eachByItself(matrix),
): FeatureMatrix {
  const { rows, columns } = matrix;
  const width = columns / layout.steps;
  const groups = columnsOf(layout, width);
  if (groups.length < 2) {
    throw new HypersphereError("invalid-option", "There is only one column; shuffling it changes no row.", {
      hint: "Choose shifted-features.",
    });
  }
  const data = new Float32Array(count * columns);
  for (const features of groups) {
    for (let from = 0; from < count; from += rows) {
      const order = stream.permutation(rows);
      for (let row = from; row < Math.min(count, from + rows); row++) {
        const source = rowStart(matrix, order[row - from]!);
        for (let step = 0; step < columns; step += width) {
          for (const feature of features)
            data[row * columns + step + feature] = matrix.data[source + step + feature]!;
        }
      }
    }
  }
  return { rows: count, columns, data };
}

/** One row, as a view. */
export const rowOf = (matrix: FeatureMatrix, row: number): Float32Array =>
  matrix.data.subarray(rowStart(matrix, row), rowStart(matrix, row) + matrix.columns);

const eachByItself = ({ columns }: FeatureMatrix): RowLayout => ({
  steps: 1,
  columnOf: Uint32Array.from({ length: columns }, (_, k) => k),
});

/** The features of each column within a time step, in the order in which columns first appear. */
function columnsOf({ columnOf }: RowLayout, width: number): number[][] {
  const groups = new Map<number, number[]>();
  for (let feature = 0; feature < width; feature++) {
    const group = groups.get(columnOf[feature]!);
    if (group === undefined) groups.set(columnOf[feature]!, [feature]);
    else group.push(feature);
  }
  return [...groups.values()];
}

/** Of each feature of a time step, over all rows and steps; exactly zero for those that never vary. */
function deviationsOf(matrix: FeatureMatrix, width: number): Float64Array {
  const { rows, columns } = matrix;
  const count = (rows * columns) / width;
  const first = rowOf(matrix, 0).slice(0, width);
  const sums = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    rowOf(matrix, row).forEach((value, at) => {
      const step = value - first[at % width]!;
      sums[at % width]! += step;
      squares[at % width]! += step * step;
    });
  }
  return squares.map((square, feature) =>
    Math.sqrt(Math.max(0, square / count - (sums[feature]! / count) ** 2)),
  );
}
