import {
  cast,
  concat,
  encodeLabels,
  equal,
  isNaN as isMissing,
  not,
  split,
  type Tensor,
  where,
} from "../graph/index.js";
import type { ColumnInputs } from "./feature-graph.js";
import { type FeatureSchema, inputColumns, numericConstants, textConstants } from "./schema.js";

/** Cells of columns that did not vary in training. */
export interface ChangedCells {
  /** 1 where a cell has another value than training, else 0: float32 [rows, watched columns]. */
  readonly changed: Tensor;
  /** [watched columns] places of their columns among those that the model reads, numeric ones first. */
  readonly columns: Uint32Array;
}

/**
 * Which cells have another value than training in a column that was constant there. Numbers are compared as float32, since
 * files differ in how they store them. A missing cell is no change.
 *
 * @returns undefined for a schema whose constant columns are not watched
 */
export function changedCells(schema: FeatureSchema, inputs: ColumnInputs): ChangedCells | undefined {
  if (!schema.watched) return undefined;
  const cells: Tensor[] = [];
  const numbers = numericConstants(schema);
  if (numbers.length > 0) {
    const values = lastColumns(inputs.numeric!, numbers.length);
    const usual = values.graph.constant(
      "float64",
      [numbers.length],
      Float64Array.from(numbers, ({ value }) => value),
    );
    const filled = where(isMissing(values), usual, values);
    cells.push(cast(not(equal(cast(filled, "float32"), cast(usual, "float32"))), "float32"));
  }
  const texts = textConstants(schema);
  if (texts.length > 0) {
    const values = lastColumns(inputs.categorical!, texts.length);
    const columns = split(
      values,
      1,
      texts.map(() => 1),
    );
    texts.forEach(({ value }, k) => {
      const usual = [...new Set([value ?? "", ""])];
      const other = usual.length;
      cells.push(cast(equal(encodeLabels(columns[k]!, usual, other), other), "float32"));
    });
  }
  const { numeric } = inputColumns(schema);
  return {
    changed: concat(cells, 1),
    columns: Uint32Array.from([
      ...numbers.map((_, k) => schema.numeric.length + k),
      ...texts.map((_, k) => numeric.length + schema.categorical.length + k),
    ]),
  };
}

/** The last `count` columns of a matrix. */
function lastColumns(x: Tensor, count: number): Tensor {
  const columns = x.shape[1] as number;
  return count === columns ? x : split(x, 1, [columns - count, count])[1]!;
}
