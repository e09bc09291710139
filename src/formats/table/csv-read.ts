import type { ColumnBuilder } from "../../data/table/column-builder.js";
import { checkColumnTypes } from "../../data/table/column-types.js";
import { HypersphereError } from "../../errors.js";
import { listNames } from "../../text/closest-name.js";
import { parseNumber } from "../../text/parse-number.js";
import { shown } from "../../text/shown.js";
import { checkColumnCount } from "../limits.js";
import {
  finishColumns,
  newBuilder,
  type ReadColumns,
  refuseSpoiled,
  type TextReadOptions,
} from "./column-set.js";
import { readCsvRecords } from "./csv-records.js";

export interface CsvReadOptions extends TextReadOptions {
  delimiter?: string | undefined;
  /** Whether the first record names the columns; without one they are c0, c1, ... */
  header: boolean;
}

/**
 * Reads delimited text into columns.
 * @throws HypersphereError `unreadable-data` for an empty file, ragged rows, a first row of numbers where names were
 * expected; `unfit-data` for a header without rows, and for names that are empty or repeated
 */
export async function readCsv(
  bytes: AsyncIterable<Uint8Array>,
  options: CsvReadOptions,
): Promise<ReadColumns> {
  const { source, header, maxRows = Number.POSITIVE_INFINITY } = options;
  let names: string[] | undefined;
  /** As the file writes them. */
  let headers: readonly string[] = [];
  let headerLine = 1;
  let builders: (ColumnBuilder | undefined)[] = [];
  let rowCount = 0;
  let firstCells: readonly string[] = [];

  const start = (written: readonly string[]) => {
    const found = options.choice.spelled(written);
    names = found;
    checkColumnCount(found.length, source, options.maxColumns);
    const read = options.choice.places(found);
    options.choice.check(found);
    checkColumnTypes(options.columnTypes ?? {}, found, source);
    builders = found.map((name, k) => (read[k] ? newBuilder(name, "line", options) : undefined));
  };

  const { delimiter, blankLines } = await readCsvRecords(bytes, options, (cells, line) => {
    if (names === undefined) {
      headerLine = line;
      if (header) {
        refuseNumbers(cells, source, line);
        headers = cells.map((cell) => cell.trim());
        start(headers);
        return maxRows > 0;
      }
      start(cells.map((_, index) => `c${index}`));
      firstCells = cells;
    }
    if (cells.length !== builders.length) throw ragged(cells.length, line, builders.length);
    if (header && cells.length > 1 && repeatsNames(cells, headers)) {
      throw new HypersphereError(
        "unreadable-data",
        `${source}: line ${line} names the columns again, as line ${headerLine} does.`,
        { hint: "Were files put one behind the other? Leave out the header of all but the first." },
      );
    }
    for (let i = 0; i < cells.length; i++) {
      const builder = builders[i];
      if (builder === undefined) continue;
      try {
        builder.append(cells[i]!, line);
        if (builder.spoiled) refuseSpoiled(builder, "line", options);
      } catch (error) {
        options.choice.giveUp(builder.name, error);
        builders[i] = undefined;
      }
    }
    rowCount++;
    return rowCount < maxRows;
  });

  function ragged(found: number, line: number, expected: number): HypersphereError {
    const reference = header ? `the header on line ${headerLine}` : `line ${headerLine}`;
    return new HypersphereError(
      "unreadable-data",
      `${source}: line ${line} has ${found} field${found === 1 ? "" : "s"}, but ${reference} has ${expected}.`,
      {
        hint:
          found > expected
            ? "Put texts that contain the delimiter in quotes, or state the delimiter."
            : "A row must have all its fields, empty where there is no value. Was the file cut off, or is the delimiter another one?",
      },
    );
  }

  if (names === undefined) {
    throw new HypersphereError("unreadable-data", `${source} is empty.`, {
      hint: "Was it written to the end?",
    });
  }
  if (rowCount === 0 && maxRows > 0) {
    throw new HypersphereError("unfit-data", `${source} has a header but no rows.`, {
      hint: "Was it written to the end?",
    });
  }
  const headed = header ? undefined : headedColumns(builders, firstCells, headerLine);
  const result = finishColumns(builders, names, rowCount, options.choice, headed);
  if (headed !== undefined) {
    const listed = listNames(firstCells, 6);
    result.warnings.push(
      `Line ${headerLine} of ${source} is read as a row, but looks as if it named the columns: ${listed}. If it does, leave out option "header: false".`,
    );
  }
  // With one column a blank line may have been meant as a missing value, and skipping it moves the rows below.
  if (blankLines > 0 && result.names.length === 1) {
    result.warnings.push(
      `${blankLines} blank line${blankLines === 1 ? "" : "s"} between the rows of ${source} were skipped; write "" or NA for a missing value.`,
    );
  }
  const asData = header && !options.choice.findsNeeded(names) ? namesLikeData(result) : [];
  if (asData.length > 0) {
    result.warnings.push(
      `Line ${headerLine} of ${source} is taken for the names of the columns, but ${listNames(asData)} look${asData.length === 1 ? "s" : ""} like data. If the file has no header line, say so (option "header: false").`,
    );
  }
  const parting = header && result.names.length === 1 ? otherDelimiter(result) : undefined;
  if (parting !== undefined) {
    // What else there is to say of the column is said of several in one.
    result.warnings.splice(
      0,
      result.warnings.length,
      `${source} was read as one column named ${shown(result.names[0]!)}, and all its lines have as many ${shown(parting)} as that. If it has several columns, say what stands between them: option "delimiter" ${shown(parting)}.`,
    );
  } else if (result.names.length === 1 && SEPARATED.test(result.names[0]!) && delimiter === "," && header) {
    result.warnings.push(
      `${source} was read as one column named ${shown(result.names[0]!)}; if it has several, state what stands between them: option "delimiter".`,
    );
  }
  return result;
}

/** A character that stands in the name of the only column and in each of its texts, as often as in the name. */
function otherDelimiter({ names, columns: [column] }: ReadColumns): string | undefined {
  const name = names[0]!;
  if (column?.kind !== "categorical") return undefined;
  const texts = column.levels.slice(0, LINES_THAT_TELL);
  const times = (text: string, mark: string): number => text.split(mark).length - 1;
  const marks = new Set(name.match(/[^\p{L}\p{N}"'.()[\]{}%°+-]/gu) ?? []);
  return [...marks].find(
    (mark) =>
      name.split(mark).every((part) => part.trim() !== "") &&
      texts.every((text) => times(text, mark) === times(name, mark)),
  );
}

/** Different texts of a column that are looked at to tell what may part it. */
const LINES_THAT_TELL = 200;

/** What may have been meant to part columns, between two names. */
const SEPARATED = /\S(?:\s+|[\^~¦]|\p{Cc})\S/u;

const repeatsNames = (cells: readonly string[], names: readonly string[]): boolean =>
  cells.every((cell, k) => cell.trim() === names[k]);

/** Names that are numbers with a fraction, and names of columns of texts that stand in cells of these, too. */
function namesLikeData({ names, columns }: ReadColumns): string[] {
  const isLevel = columns.map(
    (column, k) => column?.kind === "categorical" && column.levels.includes(names[k]!),
  );
  return names.filter((name, k) => isLevel[k] || /^[+-]?\d*\.\d+(?:e[+-]?\d+)?$/i.test(name));
}

/** Columns whose first cell alone is no number, where each first cell may be a name. */
function headedColumns(
  builders: readonly (ColumnBuilder | undefined)[],
  firstCells: readonly string[],
  line: number,
): ReadonlySet<string> | undefined {
  const mayBeNames =
    new Set(firstCells).size === firstCells.length &&
    firstCells.every((cell) => cell.trim() !== "" && !/^\P{L}*\d/u.test(cell.trim()));
  const headed = builders.filter((builder) => builder?.isNumericBut(line) === true);
  return mayBeNames && headed.length > 0 ? new Set(headed.map((builder) => builder!.name)) : undefined;
}

function refuseNumbers(cells: readonly string[], source: string, line: number): void {
  if (!cells.every((cell) => parseNumber(cell) !== undefined)) return;
  const start = cells.slice(0, 4).join(", ");
  throw new HypersphereError(
    "unreadable-data",
    `${source}: line ${line} should name the columns, but it is all numbers (${start}${cells.length > 4 ? ", ..." : ""}).`,
    { hint: 'If the file has no header line, say so (option "header: false").' },
  );
}
