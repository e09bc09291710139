import {
  cast,
  concat,
  encodeLabels,
  equal,
  isNaN as isMissing,
  max,
  not,
  split,
  type Tensor,
  where,
} from "../graph/index.js";
import type { ColumnInputs } from "./feature-graph.js";
import { type FeatureSchema, numericConstants, textConstants } from "./schema.js";

/**
 * Which rows have another value than training in a column that was constant there: bool [rows]. Numbers are compared as
 * float32, since files differ in how they store them. A missing cell is no change.
 *
 * @returns undefined for a schema whose constant columns are not watched
 */
export function changedCells(schema: FeatureSchema, inputs: ColumnInputs): Tensor | undefined {
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
  return cast(max(concat(cells, 1), [1]), "bool");
}

/** The last `count` columns of a matrix. */
function lastColumns(x: Tensor, count: number): Tensor {
  const columns = x.shape[1] as number;
  return count === columns ? x : split(x, 1, [columns - count, count])[1]!;
}
