/** From what readers give to samples: labels, names and the given split are taken out of the data. */
import {
  type Column,
  columnLabels,
  dropColumns,
  findColumn,
  type GivenSplit,
  type ImageSet,
  type Labels,
  oneClass,
  type Reading,
  type RowEntities,
  type RowNames,
  type Samples,
  type SeriesSet,
  samplesOf,
  selectColumns,
  selectRows,
  selectSeries,
  splitLabels,
  type Table,
} from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { shown } from "../text/shown.js";
import type { OpenOptions } from "./open-options.js";

/** However other files are named: they are not read here. */
type AnyOptions = OpenOptions<unknown>;

/** A table as it was read, with what its file says besides. */
export interface TableParts {
  readonly table: Table;
  readonly split?: GivenSplit | undefined;
  readonly warnings: readonly string[];
  /** Column of labels where no option names one. */
  readonly labelColumn?: string | undefined;
}

export interface Labelled extends Pick<Samples, "labels" | "labelColumn" | "split" | "warnings"> {
  readonly table: Table;
  /** The rows that the table was left with, where only a part of it was asked for. */
  readonly partRows: Uint32Array | undefined;
}

/**
 * Rows of a table.
 * @param forModel whether a model is to score them, which may well read the column that names the rows
 */
export function tableSamples(parts: TableParts, options: AnyOptions, forModel: boolean): Samples<Table> {
  const { table, partRows, ...known } = takeLabels(parts, options);
  const { idColumn, perEntity, splitColumn } = options;
  const names = idColumn === undefined ? rowNumbers(partRows) : columnNames(table, [idColumn]);
  const entities = perEntity === undefined ? undefined : entitiesIn(table, perEntity);
  const kept = idColumn !== undefined && forModel && idColumn !== perEntity ? [idColumn] : [];
  const data = chosenColumns(table, options, [known.labelColumn, idColumn, splitColumn, perEntity], kept);
  return samplesOf(data, { ...known, names, ...(entities && { entities }), reading: readingOf(options) });
}

/** Windows that were cut already, as a reader gives them. */
export interface WindowParts {
  readonly series: SeriesSet;
  /** One per window, where the file has any. */
  readonly classes: Column | undefined;
  readonly split?: GivenSplit | undefined;
}

/** Windows that were cut already, or the part of them that is asked for. */
export function windowSamples(
  { series, classes, split }: WindowParts,
  { normalLabel, anomalyLabel, normalClass, labelled = true, part }: AnyOptions,
): Samples<SeriesSet> {
  const options = { normalLabel: normalLabel ?? normalClass, anomalyLabel };
  const labels = labelled && classes ? columnLabels(classes, series.source, options) : undefined;
  const labelColumn = classes?.name;
  const partRows = part && split?.[part];
  if (partRows === undefined) return samplesOf(series, { labels, labelColumn, split });
  return samplesOf(selectSeries(series, partRows), {
    labels: labels && Int8Array.from(partRows, (row) => labels[row]!),
    labelColumn,
    names: rowNumbers(partRows),
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
  /** Images that are no rows. */
  readonly skipped?: Samples["leftOut"];
  readonly warnings: readonly string[];
}

/** Images, with labels by their folders or classes. */
export function imageSamples(parts: ImageParts, { normalClass }: AnyOptions): Samples<ImageSet> {
  const { images, labels, kinds, classes, mask, split, skipped, warnings } = parts;
  const names: RowNames | undefined = images.names && {
    columns: ["image"],
    of: (row) => [images.names![row]!],
  };
  const known = { names, mask, split, warnings, ...(skipped?.length && { leftOut: skipped }) };
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

export function readingOf({
  columns,
  columnTypes,
  missing,
  decimal,
  delimiter,
  header,
}: AnyOptions): Reading | undefined {
  const reading: Reading = {
    ...(columns && { columns }),
    ...(columnTypes && { columnTypes }),
    ...(missing && { missing }),
    ...(decimal && { decimal }),
    ...(delimiter !== undefined && { delimiter }),
    ...(header !== undefined && { header }),
  };
  return Object.keys(reading).length === 0 ? undefined : reading;
}

/** Takes labels and split out of a table, and leaves the part of it that is asked for. */
export function takeLabels(parts: TableParts, options: AnyOptions): Labelled {
  const { normalLabel, anomalyLabel, labelled = true, splitColumn, part } = options;
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
  const partRows = part && split?.[part];
  if (partRows !== undefined) {
    table = selectRows(table, partRows);
    labels = labels && Int8Array.from(partRows, (row) => labels![row]!);
    split = undefined;
  }
  return { table, labels, labelColumn, split, warnings, partRows };
}

/** The rows of a part by their numbers in the whole, from 1. */
export const rowNumbers = (partRows: Uint32Array | undefined): RowNames | undefined =>
  partRows && { columns: ["row"], of: (row) => [partRows[row]! + 1] };

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
        `${source}: split column "${column.name}" has ${shown(word)} in data row ${row + 1}, where train or test (0 or 1) was expected.`,
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
export function chosenColumns(
  table: Table,
  { columns, exclude = [] }: AnyOptions,
  apart: readonly (string | undefined)[],
  kept: readonly string[] = [],
): Table {
  const isFeature = (name: string): boolean => !apart.includes(name);
  const chosen =
    columns === undefined ? table : selectColumns(table, [...kept, ...columns.filter(isFeature)]);
  const there = new Set(chosen.columns.map(({ name }) => name));
  const excluded = [
    // The reader has left out what it could.
    ...exclude.filter((name) => isFeature(name) && there.has(name)),
    ...chosen.columns.map(({ name }) => name).filter((name) => !isFeature(name) && !kept.includes(name)),
  ];
  return excluded.length > 0 ? dropColumns(chosen, excluded) : chosen;
}

/** Which entity each row is of, by the texts of a column. */
export function entitiesIn(table: Table, name: string): RowEntities {
  const column = findColumn(table, name, "entity column");
  if (column.kind === "categorical") return { column: name, names: column.levels, codes: column.codes };
  const names: string[] = [];
  const codes = new Map<number, number>();
  const codeOf = (value: number): number => {
    if (Number.isNaN(value)) return -1;
    if (!codes.has(value)) codes.set(value, names.push(String(value)) - 1);
    return codes.get(value)!;
  };
  return { column: name, names, codes: Int32Array.from(column.values, codeOf) };
}

/** The texts of some columns as names of rows. */
export function columnNames(table: Table, columns: readonly string[]): RowNames {
  const cells = columns.map((name) => {
    const column = findColumn(table, name, "id column");
    return column.kind === "numeric"
      ? (row: number) => column.values[row]
      : (row: number) => column.levels[column.codes[row]!];
  });
  return { columns, of: (row) => cells.map((cell) => cell(row)) };
}
