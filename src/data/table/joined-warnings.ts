import { count } from "../../text/format.js";
import { shown } from "../../text/shown.js";
import type { ColumnWarnings } from "./column-warnings.js";

/** So many columns that are read alike share one sentence: an export with decimal commas has dozens. */
const FEWEST = 3;
/** Columns that a sentence names. */
const LISTED = 6;

/** What a user should know about how the columns of a table were read. */
export function joinedWarnings(columns: readonly ColumnWarnings[]): string[] {
  const alike = new Map<string, string[]>();
  for (const { name, reading } of columns) {
    if (reading === undefined) continue;
    const named = alike.get(reading.how) ?? [];
    named.push(`${shown(name)} (${reading.examples[0]})`);
    alike.set(reading.how, named);
  }
  const isJoined = ({ reading }: ColumnWarnings): boolean =>
    reading !== undefined && alike.get(reading.how)!.length >= FEWEST;
  return [
    ...[...alike]
      .filter(([, named]) => named.length >= FEWEST)
      .map(([how, named]) => {
        const more = named.length > LISTED ? ` and ${count(named.length - LISTED)} more` : "";
        return `${count(named.length)} columns are read as numbers${how}: ${named.slice(0, LISTED).join(", ")}${more}.`;
      }),
    ...columns.filter((column) => !isJoined(column)).flatMap(({ warnings }) => warnings),
  ];
}
