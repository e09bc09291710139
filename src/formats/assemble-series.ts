/** From a table of time steps to windows: what `assemble.ts` does for other data. */
import {
  type Samples,
  type SeriesOptions,
  type SeriesSet,
  samplesOf,
  seriesFromTable,
} from "../data/index.js";
import { HypersphereError } from "../errors.js";
import {
  chosenColumns,
  columnNames,
  entitiesIn,
  type Labelled,
  readingOf,
  rowNumbers,
  type TableParts,
  takeLabels,
} from "./assemble.js";
import type { OpenOptions } from "./open-options.js";

/** However other files are named: they are not read here. */
type AnyOptions = OpenOptions<unknown>;

/**
 * Windows cut from a table of time steps, which are the rows.
 * @param forModel whether a model is to score them: every step is to be in a window then
 */
export function seriesSamples(
  parts: TableParts,
  options: AnyOptions & Pick<SeriesOptions, "timeUnit" | "usualStep">,
  forModel: boolean,
): Samples<SeriesSet> {
  const { table, partRows, ...known } = takeLabels(parts, options);
  requireOneStretch(partRows, options, table.source);
  const { window, stride, timeColumn, entityColumn, timeUnit, maxGap, every, fill, idColumn } = options;
  const { season, detrend, usualStep } = options;
  const own = [entityColumn, timeColumn].filter((name) => name !== undefined);
  const named = idColumn === undefined ? own : [idColumn];
  const names = named.length === 0 ? rowNumbers(partRows) : columnNames(table, named);
  const entities = options.perEntity === undefined ? undefined : entitiesIn(table, options.perEntity);
  const apart = [known.labelColumn, idColumn, options.splitColumn, ...own];
  const kept = forModel ? [...new Set([...own, ...named])] : own;
  const series = seriesFromTable(chosenColumns(table, options, apart, kept), {
    ...{ window, stride, timeColumn, entityColumn, timeUnit, maxGap, every, fill, cover: forModel },
    ...{ season, detrend, usualStep },
    learnedFrom: window === undefined ? learnedRows(known, table.rowCount) : undefined,
  });
  const warnings = [...known.warnings, ...series.warnings];
  return samplesOf(series, {
    ...known,
    ...{ rows: "time-steps", rowCount: table.rowCount, names, warnings, reading: readingOf(options) },
    ...(entities && { entities }),
  });
}

/** Rows that may have a part in training: of the training part, where there is one, all but those labelled as anomalies. */
function learnedRows(
  { labels, split }: Pick<Labelled, "labels" | "split">,
  rowCount: number,
): ArrayLike<number> | undefined {
  if (labels === undefined) return split?.train;
  const rows = split?.train ?? Uint32Array.from({ length: rowCount }, (_, row) => row);
  const normal = Uint32Array.from(rows).filter((row) => labels[row] !== 1);
  return normal.length > 0 ? normal : split?.train;
}

/**
 * Without time stamps, steps follow each other as rows do.
 * @throws HypersphereError `unfit-data` for rows with holes between them, which windows would bridge
 */
function requireOneStretch(
  partRows: Uint32Array | undefined,
  { timeColumn, part }: AnyOptions,
  source: string,
): void {
  if (partRows === undefined || timeColumn !== undefined) return;
  const hole = partRows.findIndex((row, k) => k > 0 && row !== partRows[k - 1]! + 1);
  if (hole === -1) return;
  throw new HypersphereError(
    "unfit-data",
    `${source}: rows of the part ${part} are not in one stretch: ${partRows[hole - 1]! + 1} is followed by ${partRows[hole]! + 1}. Windows would join steps that do not follow each other.`,
    { hint: 'Give option "timeColumn", which tells where steps are missing.' },
  );
}
