import { ColumnBuilder, type ColumnKind } from "../../data/table/column-builder.js";
import type { Column } from "../../data/table/table.js";
import { HypersphereError } from "../../errors.js";
import { shown } from "../../text/shown.js";

export interface TextReadOptions {
  /** For messages. */
  source: string;
  columnTypes?: Readonly<Record<string, ColumnKind>> | undefined;
  missing?: ReadonlySet<string> | undefined;
  maxRows?: number | undefined;
  /** Builds these columns only: the second reading for columns that turned out to be texts late. */
  only?: ReadonlySet<string> | undefined;
  /** Whether there can be a second reading. Without it a late text in a column of numbers is an error. */
  rereadable: boolean;
}

export interface ReadColumns {
  rowCount: number;
  /** In file order; undefined where `spoiled` names the column. */
  columns: (Column | undefined)[];
  names: string[];
  /** Columns to read again as categorical. */
  spoiled: string[];
  warnings: string[];
}

export function newBuilder(name: string, unit: string, options: TextReadOptions): ColumnBuilder | undefined {
  if (options.only && !options.only.has(name)) return undefined;
  const kind = options.only ? "categorical" : options.columnTypes?.[name];
  return new ColumnBuilder(name, { kind, missing: options.missing, source: options.source, unit });
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

export function finishColumns(
  builders: readonly (ColumnBuilder | undefined)[],
  names: string[],
  rowCount: number,
): ReadColumns {
  const spoiled: string[] = [];
  const warnings: string[] = [];
  const columns = builders.map((builder) => {
    if (!builder) return undefined;
    warnings.push(...builder.warnings());
    if (!builder.spoiled) return builder.finish();
    spoiled.push(builder.name);
    return undefined;
  });
  return { rowCount, columns, names, spoiled, warnings };
}
