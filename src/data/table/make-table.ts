import { HypersphereError } from "../../errors.js";
import { didYouMean, listNames } from "../../text/closest-name.js";
import { nameKey } from "../../text/name-key.js";
import { shown } from "../../text/shown.js";
import type { Reading } from "./reading.js";
import type { Column, Table } from "./table.js";

/**
 * Puts columns together into a table, checking that there is at least one, that all have the same length, and that
 * their names are distinct, to the eye too, and not empty.
 * @throws HypersphereError `unfit-data`
 */
export function makeTable(columns: readonly Column[], source = "<memory>", reading?: Reading): Table {
  const first = columns[0];
  if (first === undefined) {
    throw new HypersphereError("unfit-data", `${source}: a table needs at least one column.`);
  }
  checkNames(
    columns.map((column) => column.name),
    source,
  );
  const rowCount = columnLength(first);
  for (const column of columns) {
    if (columnLength(column) !== rowCount) {
      throw new HypersphereError(
        "unfit-data",
        `${source}: column "${column.name}" has ${columnLength(column)} rows, but "${first.name}" has ${rowCount}.`,
        { hint: "All columns of a table need the same length." },
      );
    }
  }
  return { kind: "table", rowCount, columns, source, ...(reading && { reading }) };
}

/** @throws HypersphereError `unfit-data` naming the empty or repeated names, and those that cannot be told apart */
export function checkNames(names: readonly string[], source: string): void {
  const empty = names.findIndex((name) => name.trim() === "");
  if (empty >= 0) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: column ${empty + 1} of ${names.length} has no name.`,
      {
        hint:
          empty === 0
            ? "A first column without a name is often a row index written by pandas: write the file with index=False, or name it."
            : "Give every column a name; a separator at the end of the header line makes a column without one.",
      },
    );
  }
  const seen = new Map<string, string>();
  const repeated = new Set<string>();
  let alike: readonly string[] | undefined;
  for (const name of names) {
    const key = nameKey(name);
    const known = seen.get(key);
    if (known === name) repeated.add(name);
    else if (known !== undefined) alike ??= [known, name];
    else seen.set(key, name);
  }
  if (repeated.size > 0) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: column names must be distinct, but these occur more than once: ${listNames([...repeated])}.`,
      { hint: "Rename the columns." },
    );
  }
  if (alike !== undefined) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: column names must be distinct, but two of them look the same, ${shown(alike[1])}: they are written ${alike.map(spelledOut).join(" and ")}.`,
      {
        hint: "Rename one: they differ only in how Unicode writes a letter, in spaces, or in invisible characters.",
      },
    );
  }
}

/** In quotes, every character beyond ASCII as its number: what tells it from a name that looks the same. */
const spelledOut = (name: string): string =>
  shown(name, 200).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Rows in a column. */
export function columnLength(column: Column): number {
  return column.kind === "numeric" ? column.values.length : column.codes.length;
}

/** The column of that name. @throws HypersphereError `unfit-data` listing the columns there are */
export function findColumn(table: Table, name: string, what = "column"): Column {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column) return column;
  const names = table.columns.map((candidate) => candidate.name);
  throw new HypersphereError(
    "unfit-data",
    `${table.source} has no ${what} "${name}"; its columns are ${listNames(names)}.`,
    { hint: `${didYouMean(name, names)}Names are case-sensitive.` },
  );
}
