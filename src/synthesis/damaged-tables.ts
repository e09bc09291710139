import type { Column, NumericColumn, Table } from "../data/index.js";
import type { RandomStream } from "../math/random.js";
import { isVaried, spreadOf } from "./spread.js";

export const TABLE_DAMAGES = [
  "shifted-values",
  "drawn-values",
  "swapped-values",
  "shuffled-columns",
] as const;
/**
 * How rows of a table are damaged, before anything is made of their cells:
 *
 * - `shifted-values`: some numbers are 1 to 4 standard deviations higher or lower;
 * - `drawn-values`: some cells are drawn anew, numbers evenly between the least and the greatest, texts evenly among those
 *   that there are;
 * - `swapped-values`: some cells are those of other rows, half of the columns at most;
 * - `shuffled-columns`: every cell is that of another row.
 */
export type TableDamage = (typeof TABLE_DAMAGES)[number];

/** Columns that are shifted, drawn or swapped in a row: from one of them to half of all. */
const SHARE = 0.5;
/** How far numbers are shifted, in standard deviations. */
const [NEAR, FAR] = [1, 4];

/**
 * Damaged copies of random rows: outliers for a detector that does not learn from their kind. Missing cells stay missing but
 * where cells are swapped, and what never varies stays as it is.
 *
 * @param count rows to make
 * @returns undefined where the columns cannot be damaged in this way: no number varies, or swapping changes nothing
 */
export function damagedTable(
  table: Table,
  damage: TableDamage,
  count: number,
  stream: RandomStream,
): Table | undefined {
  const changeable = table.columns.flatMap((column, k) => (canBe(damage, column) ? [k] : []));
  const swaps = damage === "swapped-values" || damage === "shuffled-columns";
  // A single column that is swapped is as normal as before.
  if (changeable.length === 0 || (swaps && table.columns.length < 2)) return undefined;
  const sources = Uint32Array.from({ length: count }, () => stream.int(table.rowCount));
  const damagedCells = new Map(changeable.map((k) => [k, new Uint8Array(count)]));
  const most = Math.max(1, Math.floor(SHARE * changeable.length));
  for (let row = 0; row < count; row++) {
    const columns =
      damage === "shuffled-columns"
        ? changeable
        : Array.from(stream.sample(changeable.length, 1 + stream.int(most)), (place) => changeable[place]!);
    for (const column of columns) damagedCells.get(column)![row] = 1;
  }
  const columns = table.columns.map((column, k) => {
    const cells = damagedCells.get(k);
    const copies = copied(column, sources);
    return cells === undefined ? copies : changed(column, copies, cells, damage, stream);
  });
  return { kind: "table", rowCount: count, columns, source: table.source };
}

/** Whether a column varies in a way that the damage can be seen in. */
function canBe(damage: TableDamage, column: Column): boolean {
  return isVaried(column) && (column.kind === "numeric" || damage !== "shifted-values");
}

function copied(column: Column, sources: Uint32Array): Column {
  if (column.kind === "categorical")
    return { ...column, codes: Int32Array.from(sources, (row) => column.codes[row]!) };
  // Shifted float32 values need not be float32 values, but columns of a model's input are.
  return { ...column, values: Float64Array.from(sources, (row) => column.values[row]!) };
}

function changed(
  column: Column,
  copies: Column,
  cells: Uint8Array,
  damage: TableDamage,
  stream: RandomStream,
): Column {
  if (column.kind === "categorical") {
    const codes = copies.kind === "categorical" ? copies.codes.slice() : column.codes;
    cells.forEach((damaged, row) => {
      if (damaged === 0) return;
      if (damage === "drawn-values") codes[row] = stream.int(column.levels.length);
      else codes[row] = column.codes[stream.int(column.codes.length)]!;
    });
    return { ...column, codes };
  }
  const { low, high, deviation } = spreadOf(column);
  const values = (copies as NumericColumn).values.slice();
  cells.forEach((damaged, row) => {
    if (damaged === 0) return;
    if (damage === "drawn-values")
      values[row] = keepMissing(values[row]!, low + stream.uniform() * (high - low));
    else if (damage === "shifted-values") {
      const distance = (NEAR + stream.uniform() * (FAR - NEAR)) * deviation;
      values[row]! += stream.uniform() < 0.5 ? -distance : distance;
    } else values[row] = column.values[stream.int(column.values.length)]!;
  });
  return { ...column, values };
}

const keepMissing = (before: number, value: number): number => (Number.isNaN(before) ? before : value);
