/** From what readers give to samples: labels, names and the given split are taken out of the data. */
import {
  type Column,
  columnLabels,
  type Dataset,
  dropColumns,
  findColumn,
  type GivenSplit,
  type ImageSet,
  type Labels,
  oneClass,
  type Reading,
  type RowNames,
  type Samples,
  type SeriesSet,
  samplesOf,
  selectColumns,
  seriesFromTable,
  splitLabels,
  type Table,
} from "../data/index.js";
import { HypersphereError } from "../errors.js";
import type { OpenOptions } from "./open-options.js";

/** A table as it was read, with what its file says besides. */
export interface TableParts {
  readonly table: Table;
  readonly split?: GivenSplit | undefined;
  readonly warnings: readonly string[];
  /** Column of labels where no option names one. */
  readonly labelColumn?: string | undefined;
}

type Labelled = Pick<Samples, "labels" | "labelColumn" | "split" | "warnings"> & { readonly table: Table };

/** Rows of a table. */
export function tableSamples(parts: TableParts, options: OpenOptions): Samples<Table> {
  const { table, ...known } = takeLabels(parts, options);
  const { idColumn } = options;
  const names = idColumn === undefined ? undefined : columnNames(table, [idColumn]);
  const data = chosenColumns(table, options, [known.labelColumn, idColumn, options.splitColumn]);
  return samplesOf(data, { ...known, names, reading: readingOf(options) });
}

/**
 * Windows cut from a table of time steps, which are the rows.
 * @param cover whether every step is to be in a window, as for scoring
 */
export function seriesSamples(
  parts: TableParts,
  options: OpenOptions & { readonly window: number },
  cover: boolean,
): Samples<SeriesSet> {
  const { table, ...known } = takeLabels(parts, options);
  const { window, stride, timeColumn, entityColumn, maxGap, every, fill, idColumn } = options;
  const own = [entityColumn, timeColumn].filter((name) => name !== undefined);
  const named = idColumn === undefined ? own : [idColumn];
  const names = named.length === 0 ? undefined : columnNames(table, named);
  const apart = [known.labelColumn, idColumn, options.splitColumn, ...own];
  const series = seriesFromTable(chosenColumns(table, options, apart, own), {
    ...{ window, stride, timeColumn, entityColumn, maxGap, every, fill, cover },
  });
  const warnings = [...known.warnings, ...series.warnings];
  return samplesOf(series, {
    ...known,
    ...{ rows: "time-steps", rowCount: table.rowCount, names, warnings, reading: readingOf(options) },
  });
}

/** Windows that were cut already. @param classes one per window, where the file has any */
export function windowSamples(
  series: SeriesSet,
  classes: Column | undefined,
  { normalLabel, anomalyLabel, normalClass, labelled = true }: OpenOptions,
): Samples<SeriesSet> {
  if (classes === undefined) return samplesOf(series);
  const options = { normalLabel: normalLabel ?? normalClass, anomalyLabel };
  return samplesOf(series, {
    labels: labelled ? columnLabels(classes, series.source, options) : undefined,
    labelColumn: classes.name,
  });
}

/** Images as a reader gives them. */
export interface ImageParts {
  readonly images: ImageSet;
  readonly labels: Labels | undefined;
  readonly kinds: readonly string[] | undefined;
  readonly classes: Int32Array<ArrayBuffer> | undefined;
  readonly mask?: ((row: number) => Promise<Uint8Array>) | undefined;
  readonly split?: GivenSplit | undefined;
  readonly warnings: readonly string[];
}

/** Images, with labels by their folders or classes. */
export function imageSamples(parts: ImageParts, { normalClass }: OpenOptions): Samples<ImageSet> {
  const { images, labels, kinds, classes, mask, split, warnings } = parts;
  const names: RowNames | undefined = images.names && {
    columns: ["image"],
    of: (row) => [images.names![row]!],
  };
  const known = { names, mask, split, warnings };
  if (normalClass === undefined) {
    return samplesOf(images, { ...known, labels, labelColumn: kinds === undefined ? undefined : "folder" });
  }
  if (classes === undefined) {
    throw new HypersphereError(
      "invalid-option",
      `option "normalClass" is ${normalClass}, but ${images.source} says of no image which class it is.`,
      { hint: 'Classes come with option "labels" for IDX files, and in CIFAR-10 and NPZ files.' },
    );
  }
  return samplesOf(images, { ...known, labels: oneClass(classes, normalClass).labels, labelColumn: "class" });
}

function readingOf({ columnTypes, missing }: OpenOptions): Reading | undefined {
  if (columnTypes === undefined && missing === undefined) return undefined;
  return { ...(columnTypes && { columnTypes }), ...(missing && { missing }) };
}

/** Takes labels and split out of a table. */
function takeLabels(parts: TableParts, options: OpenOptions): Labelled {
  const { normalLabel, anomalyLabel, labelled = true, splitColumn } = options;
  const labelColumn = options.labelColumn ?? parts.labelColumn;
  const { warnings } = parts;
  let { table, split } = parts;
  let labels: Labels | undefined;
  if (labelColumn === undefined) {
    if (normalLabel !== undefined || anomalyLabel !== undefined) {
      throw new HypersphereError("invalid-option", "A label was given, but not the column to find it in.", {
        hint: 'Give option "labelColumn".',
      });
    }
  } else if (labelled) {
    ({ features: table, labels } = splitLabels(table, labelColumn, { normalLabel, anomalyLabel }));
  } else if (table.columns.some(({ name }) => name === labelColumn)) {
    table = dropColumns(table, [labelColumn]);
  }
  if (splitColumn !== undefined) {
    split = splitOf(findColumn(table, splitColumn, "split column"), table.source);
    table = dropColumns(table, [splitColumn]);
  }
  return { table, labels, labelColumn, split, warnings };
}

const TRAINING = new Set(["train", "training", "0"]);
const TEST = new Set(["test", "testing", "1"]);

/** The rows of both parts, from a column that says train or test. @throws HypersphereError `unfit-data` for other words */
export function splitOf(column: Column, source: string): GivenSplit {
  const words =
    column.kind === "numeric"
      ? Array.from(column.values, String)
      : Array.from(column.codes, (code) => column.levels[code] ?? "");
  const train: number[] = [];
  const test: number[] = [];
  words.forEach((word, row) => {
    const said = word.trim().toLowerCase();
    if (TRAINING.has(said)) train.push(row);
    else if (TEST.has(said)) test.push(row);
    else {
      throw new HypersphereError(
        "unfit-data",
        `${source}: split column "${column.name}" has ${JSON.stringify(word)} in data row ${row + 1}, where train or test (0 or 1) was expected.`,
      );
    }
  });
  return { train: Uint32Array.from(train), test: Uint32Array.from(test) };
}

/**
 * The columns that were asked for.
 * @param apart columns with a meaning of their own: naming them neither adds nor takes away
 * @param kept of these, those that the data must keep
 */
function chosenColumns(
  table: Table,
  { columns, exclude = [] }: OpenOptions,
  apart: readonly (string | undefined)[],
  kept: readonly string[] = [],
): Table {
  const isFeature = (name: string): boolean => !apart.includes(name);
  const chosen =
    columns === undefined ? table : selectColumns(table, [...kept, ...columns.filter(isFeature)]);
  const excluded = exclude.filter(isFeature);
  return excluded.length > 0 ? dropColumns(chosen, excluded) : chosen;
}

/** The texts of some columns as names of rows. */
function columnNames(table: Table, columns: readonly string[]): RowNames {
  const cells = columns.map((name) => {
    const column = findColumn(table, name, "id column");
    return column.kind === "numeric"
      ? (row: number) => column.values[row]
      : (row: number) => column.levels[column.codes[row]!];
  });
  return { columns, of: (row) => cells.map((cell) => cell(row)) };
}

const TABLE_OPTIONS = [
  "labelColumn",
  "columns",
  "exclude",
  "columnTypes",
  "idColumn",
  "splitColumn",
] as const;
const IMAGE_OPTIONS = ["labels", "normalClass", "onCorrupt", "channels"] as const;

/** Options that would do nothing are refused. @throws HypersphereError `invalid-option` naming the first of them */
export function refuseOptions(options: OpenOptions, found: Dataset["kind"], path: string): void {
  const foreign = { images: TABLE_OPTIONS, table: IMAGE_OPTIONS, series: [] }[found];
  const reasons = { images: "holds images, which have no columns", table: "holds no images", series: "" };
  const given = foreign.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  throw new HypersphereError("invalid-option", `option "${given}" was given, but ${path} ${reasons[found]}.`);
}
