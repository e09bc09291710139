import { HypersphereError } from "../../errors.js";
import { didYouMean, listNames } from "../../text/closest-name.js";
import { shown } from "../../text/shown.js";
import type { ColumnKind } from "./column-builder.js";

/** @throws HypersphereError `invalid-option` when a type is stated for a column that is not there, or is no type */
export function checkColumnTypes(
  types: Readonly<Record<string, ColumnKind>>,
  names: readonly string[],
  source: string,
): void {
  for (const [name, kind] of Object.entries(types)) {
    if (kind !== "numeric" && kind !== "categorical") {
      throw new HypersphereError(
        "invalid-option",
        `The type of column "${name}" must be numeric or categorical, not ${shown(kind)}.`,
      );
    }
    if (!names.includes(name)) {
      throw new HypersphereError(
        "invalid-option",
        `A type was given for column "${name}", but ${source} has only ${listNames(names)}.`,
        {
          hint: `${didYouMean(name, names)}Names are case-sensitive.`,
          details: { option: "columnTypes", column: name, columns: names, source },
        },
      );
    }
  }
}
