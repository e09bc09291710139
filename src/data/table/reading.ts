/** How a table was told to be read: what decides which columns it has, and which values their cells. */
export interface Reading {
  /** Columns that were asked for by name, where they were. */
  readonly columns?: readonly string[];
  /** Kinds of columns that were given, by name. */
  readonly columnTypes?: Readonly<Record<string, "numeric" | "categorical">>;
  /** Cells that mean a missing value, besides empty ones: texts as they are, and numbers however they are written. */
  readonly missing?: readonly string[];
  /** Texts, in lower case, that mean one in any case where the other cells of the column are numbers. */
  readonly missingAmongNumbers?: readonly string[];
  /** The mark before decimals in texts, where it was not found out. */
  readonly decimal?: "." | ",";
  /** Between the fields of a text file, where it was not found out. */
  readonly delimiter?: string;
  /** False for a text file whose first line is data. */
  readonly header?: boolean;
}

/** What of options says how cells become values; undefined where nothing was said. */
export function saidOfCells({
  columnTypes,
  missing,
  missingAmongNumbers,
  decimal,
}: { readonly [Key in keyof Reading]?: Reading[Key] | undefined }): Reading | undefined {
  const reading: Reading = {
    ...(columnTypes && { columnTypes }),
    ...(missing && { missing }),
    ...(missingAmongNumbers && { missingAmongNumbers }),
    ...(decimal && { decimal }),
  };
  return Object.keys(reading).length === 0 ? undefined : reading;
}
