import { type Column, findColumn, type Table } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import type { Cell } from "../../io/csv-write.js";

/** What stands first in each row of scores. */
export interface RowIds {
  readonly names: readonly string[];
  of(row: number): readonly Cell[];
}

const taken = ["score", "p_value", "threshold", "is_anomaly"];

/** Numbers of rows from 1. */
export const rowNumbers: RowIds = { names: ["row"], of: (row) => [row + 1] };

/** The texts of some columns. */
export function columnIds(table: Table, columns: readonly string[]): RowIds {
  const clash = columns.find((column) => taken.includes(column));
  if (clash !== undefined) {
    throw new HypersphereError("invalid-option", `--id-column "${clash}" is the name of a column of scores.`);
  }
  const cells = columns.map((column) => cellsOf(findColumn(table, column, "id column")));
  return { names: columns, of: (row) => cells.map((cell) => cell(row)) };
}

function cellsOf(column: Column): (row: number) => Cell {
  if (column.kind === "numeric") return (row) => column.values[row];
  return (row) => column.levels[column.codes[row]!];
}
