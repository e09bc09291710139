import { ColumnBuilder, type ColumnKind } from "../../data/table/column-builder.js";
import type { ColumnWarnings } from "../../data/table/column-warnings.js";
import { joinedWarnings } from "../../data/table/joined-warnings.js";
import type { Column } from "../../data/table/table.js";
import { HypersphereError } from "../../errors.js";
import type { MissingTokens } from "../../text/missing-tokens.js";
import type { DecimalMark, NumberNotation } from "../../text/number-notation.js";
import { ownValue } from "../../text/own-value.js";
import { shown } from "../../text/shown.js";
import type { SizeLimit } from "../limits.js";
import type { ColumnChoice } from "./column-choice.js";

/** How numbers are written in columns of which that is known, by name. */
export type Notations = Readonly<Record<string, NumberNotation | "plain">>;

export interface TextReadOptions extends SizeLimit {
  /** For messages. */
  source: string;
  choice: ColumnChoice;
  columnTypes?: Readonly<Record<string, ColumnKind>> | undefined;
  missing?: MissingTokens | undefined;
  decimal?: DecimalMark | undefined;
  notations?: Notations | undefined;
  /** Columns that are no features: their texts are taken as they are. */
  verbatim?: ReadonlySet<string> | undefined;
  maxRows?: number | undefined;
  maxColumns?: number | undefined;
  /** Builds these columns only: the second reading for columns that turned out to be texts late. */
  only?: ReadonlySet<string> | undefined;
  /** Whether there can be a second reading. Without it a late text in a column of numbers is an error. */
  rereadable: boolean;
}

export interface ReadColumns {
  rowCount: number;
  /** In file order; undefined where `spoiled` names the column, and for those that are not read. */
  columns: (Column | undefined)[];
  names: readonly string[];
  /** Columns to read again, keeping their texts. */
  spoiled: string[];
  warnings: string[];
}

export function newBuilder(name: string, unit: string, options: TextReadOptions): ColumnBuilder | undefined {
  if (!options.choice.reads(name) || (options.only && !options.only.has(name))) return undefined;
  const { columnTypes, missing, decimal, notations, verbatim, source } = options;
  return new ColumnBuilder(name, {
    ...{
      kind: ownValue(columnTypes, name),
      notation: ownValue(notations, name),
      missing,
      decimal,
      source,
      unit,
    },
    ...{ verbatim: verbatim?.has(name) === true, keepTexts: options.only !== undefined },
  });
}

/** A stream cannot be read again, so it stops at once instead of at the end. */
export function refuseSpoiled(builder: ColumnBuilder, unit: string, options: TextReadOptions): void {
  if (!builder.spoiled || options.rereadable) return;
  const { position, cell } = builder.firstText!;
  throw new HypersphereError(
    "unreadable-data",
    `${options.source}: column "${builder.name}" held only numbers before ${shown(cell)} on ${unit} ${position}, ` +
      "and a stream cannot be read again to keep them as texts.",
    {
      hint: "Correct the cell, name it as a missing value, state the type of the column, or read from a file instead of a stream.",
    },
  );
}

/** @param silent columns of which the reader itself says what there is to say */
export function finishColumns(
  builders: readonly (ColumnBuilder | undefined)[],
  names: readonly string[],
  rowCount: number,
  choice: ColumnChoice,
  silent?: ReadonlySet<string>,
): ReadColumns {
  const spoiled: string[] = [];
  // A builder can say nothing after it has given its column away.
  const said = builders.map((builder) => builder?.said());
  const read: ColumnWarnings[] = [];
  const columns = builders.map((builder, k) => {
    if (!builder) return undefined;
    try {
      if (builder.spoiled) spoiled.push(builder.name);
      const column = builder.spoiled ? undefined : builder.finish();
      if (silent?.has(builder.name) !== true) read.push(said[k]!);
      return column;
    } catch (error) {
      choice.giveUp(builder.name, error);
      return undefined;
    }
  });
  return { rowCount, columns, names, spoiled, warnings: joinedWarnings(read) };
}
