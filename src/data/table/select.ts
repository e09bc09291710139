import { HypersphereError } from "../../errors.js";
import { findColumn, makeTable } from "./make-table.js";
import type { Column, Table } from "./table.js";

/**
 * The rows at `indices`, in that order; an index may occur more than once. Levels of categories are kept as they are, so
 * that codes of different selections of one table agree.
 * @throws HypersphereError `invalid-option` for an index out of range
 */
export function selectRows(table: Table, indices: Int32Array | Uint32Array): Table {
  for (const index of indices) {
    if (index < 0 || index >= table.rowCount) {
      throw new HypersphereError(
        "invalid-option",
        `Row ${index} was asked for, but ${table.source} has rows 0 to ${table.rowCount - 1}.`,
      );
    }
  }
  const columns = table.columns.map((column): Column => {
    if (column.kind === "categorical") return { ...column, codes: gather(column.codes, indices) };
    return { ...column, values: gather(column.values, indices) };
  });
  const { source, reading } = table;
  return { kind: "table", rowCount: indices.length, columns, source, ...(reading && { reading }) };
}

/** The named columns, in the order of `names`, sharing their values with the table. @throws HypersphereError `unfit-data` */
export function selectColumns(table: Table, names: readonly string[]): Table {
  return makeTable(
    names.map((name) => findColumn(table, name)),
    table.source,
    table.reading,
  );
}

/** All columns but the named ones. @throws HypersphereError `unfit-data` when one is not there, or none is left */
export function dropColumns(table: Table, names: readonly string[]): Table {
  for (const name of names) findColumn(table, name);
  const dropped = new Set(names);
  const kept = table.columns.filter((column) => !dropped.has(column.name));
  if (kept.length === 0) {
    throw new HypersphereError(
      "unfit-data",
      `${table.source}: no column is left after dropping ${names.length}.`,
    );
  }
  return makeTable(kept, table.source, table.reading);
}

function gather<A extends Float64Array | Float32Array | Int32Array>(
  values: A,
  indices: Int32Array | Uint32Array,
): A {
  const result = new (values.constructor as new (length: number) => A)(indices.length);
  for (let i = 0; i < indices.length; i++) result[i] = values[indices[i]!]!;
  return result;
}
