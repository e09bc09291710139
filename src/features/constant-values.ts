/** Later values of columns that did not vary in training. Such a column may be absent: it then has not changed. */
import type { Column } from "../data/index.js";
import { cut } from "../text/format.js";
import { categoricalTexts, numberOf } from "./cell-values.js";
import type { ConstantColumn } from "./schema.js";

/** Characters of a text that notes quote. */
const LONGEST = 60;

/** Cells of a column that did not vary in training, with another value than there. */
export interface ChangedConstant {
  readonly cells: number;
  /** The first of these cells, as text. */
  readonly example: string;
  /** What every training row had, as text; empty where all cells were missing. */
  readonly training: string;
}

/** The cells that differ from what all training rows had, by the rules of changed-cells.ts; undefined where none does. */
export function changesIn(column: Column, value: ConstantColumn["value"]): ChangedConstant | undefined {
  let cells = 0;
  let first = -1;
  const differs = differsFrom(column, value);
  const rows = column.kind === "numeric" ? column.values.length : column.codes.length;
  for (let row = 0; row < rows; row++) {
    if (!differs(row)) continue;
    if (cells === 0) first = row;
    cells++;
  }
  if (cells === 0) return undefined;
  const [example, training] = [textAt(column, first), String(value ?? "")].map((text) => cut(text, LONGEST));
  return { cells, example: example!, training: training! };
}

/** Whether the cell of a row differs from what all training rows had. */
export const differsFrom = (column: Column, value: ConstantColumn["value"]): ((row: number) => boolean) =>
  typeof value === "number" ? numberDiffers(column, value) : textDiffers(column, value ?? "");

function numberDiffers(column: Column, value: number): (row: number) => boolean {
  const values = numbersOf(column, value, 0);
  const usual = Math.fround(value);
  return (row) => !Number.isNaN(values[row]!) && Math.fround(values[row]!) !== usual;
}

function textDiffers(column: Column, value: string): (row: number) => boolean {
  const [codes, texts] = textsOf(column, value, 0);
  const differs = texts.map((text) => text !== "" && text !== value);
  return (row) => differs[codes[row]! + 1]!;
}

function textAt(column: Column, row: number): string {
  if (column.kind === "categorical") return column.levels[column.codes[row]!] ?? "";
  const value = column.values[row]!;
  return Number.isNaN(value) ? "" : String(value);
}

/**
 * The column as numbers, NaN where missing. A text that is no number is infinite: a change, whatever it says.
 * @param value what training had, which an absent column has too
 */
export function numbersOf(
  column: Column | undefined,
  value: number,
  rowCount: number,
): Float64Array | Float32Array {
  if (column === undefined) return new Float64Array(rowCount).fill(value);
  if (column.kind === "numeric") return column.values;
  const numbers = column.levels.map((level) => numberOf(level) ?? Number.POSITIVE_INFINITY);
  return Float64Array.from(column.codes, (code) => numbers[code] ?? Number.NaN);
}

/** The column as codes and texts, see `categoricalTexts`. @param value what training had; an absent column is missing */
export function textsOf(
  column: Column | undefined,
  value: string | null,
  rowCount: number,
): readonly [Int32Array, readonly string[]] {
  if (column === undefined) return [new Int32Array(rowCount).fill(-1), [""]];
  return categoricalTexts(column, value === null ? [] : [value]);
}
