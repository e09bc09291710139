import { HypersphereError } from "../../errors.js";
import { makeTable } from "./make-table.js";
import type { Table } from "./table.js";

export interface FlatMatrix {
  /** rows * columns values. */
  readonly data: Float32Array | Float64Array;
  readonly rows: number;
  readonly columns: number;
  /** "C": row after row. "F": column after column. */
  readonly order: "C" | "F";
}

/**
 * A table from a matrix with one row per observation. Columns are named `names` or x0, x1, ... and are views of one
 * buffer, column after column: the matrix' own in order "F" (not copied, not to be changed after), a new one otherwise.
 * @throws HypersphereError `unfit-data` for ragged rows, sizes that do not fit, or non-numbers
 */
export function tableFromMatrix(
  matrix: readonly (readonly number[])[] | FlatMatrix,
  names?: readonly string[],
  source = "<memory>",
): Table {
  const flat = "data" in matrix ? matrix : flatten(matrix, source);
  const { data, rows, columns, order } = flat;
  if (data.length !== rows * columns) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: a matrix of ${rows} x ${columns} needs ${rows * columns} values, but has ${data.length}.`,
    );
  }
  if (names && names.length !== columns) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: ${names.length} names were given for a matrix with ${columns} columns.`,
    );
  }
  const byColumn = order === "F" || columns === 1 ? data : transpose(data, rows, columns);
  const made = Array.from({ length: columns }, (_, column) => ({
    kind: "numeric" as const,
    name: names?.[column] ?? `x${column}`,
    values: byColumn.subarray(column * rows, (column + 1) * rows),
  }));
  return makeTable(made, source);
}

function flatten(matrix: readonly (readonly number[])[], source: string): FlatMatrix {
  const rows = matrix.length;
  const columns = matrix[0]?.length ?? 0;
  const data = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const values = matrix[row]!;
    if (values.length !== columns) {
      throw new HypersphereError(
        "unfit-data",
        `${source}: row ${row + 1} of the matrix has ${values.length} values, but the first row has ${columns}.`,
      );
    }
    for (let column = 0; column < columns; column++) {
      const value: unknown = values[column];
      if (typeof value !== "number") {
        throw new HypersphereError(
          "unfit-data",
          `${source}: row ${row + 1}, column ${column + 1} of the matrix is ${String(value)}, not a number.`,
        );
      }
      data[column * rows + row] = value;
    }
  }
  return { data, rows, columns, order: "F" };
}

/** Row-major to column-major, in blocks that stay in the cache while both sides are walked. */
function transpose<A extends Float32Array | Float64Array>(data: A, rows: number, columns: number): A {
  const block = 64;
  const result = (
    data instanceof Float32Array ? new Float32Array(data.length) : new Float64Array(data.length)
  ) as A;
  for (let rowStart = 0; rowStart < rows; rowStart += block) {
    const rowEnd = Math.min(rows, rowStart + block);
    for (let columnStart = 0; columnStart < columns; columnStart += block) {
      const columnEnd = Math.min(columns, columnStart + block);
      for (let column = columnStart; column < columnEnd; column++) {
        for (let row = rowStart; row < rowEnd; row++) {
          result[column * rows + row] = data[row * columns + column]!;
        }
      }
    }
  }
  return result;
}
