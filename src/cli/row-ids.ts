import { type Column, findColumn, type Table } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import type { Cell } from "../io/csv-write.js";

/** What stands first in each row of scores. */
export interface RowIds {
  readonly name: string;
  of(row: number): Cell;
}

const taken = ["score", "p_value", "threshold", "is_anomaly"];

/** Numbers of rows from 1, or the texts of a column. */
export function rowIds(table: Table, column: string | undefined): RowIds {
  if (column === undefined) return { name: "row", of: (row) => row + 1 };
  if (taken.includes(column)) {
    throw new HypersphereError(
      "invalid-option",
      `--id-column "${column}" is the name of a column of scores.`,
    );
  }
  return { name: column, of: cellsOf(findColumn(table, column, "id column")) };
}

function cellsOf(column: Column): (row: number) => Cell {
  if (column.kind === "numeric") return (row) => column.values[row];
  return (row) => column.levels[column.codes[row]!];
}
