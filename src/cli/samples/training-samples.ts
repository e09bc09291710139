import { type Dataset, dropColumns, selectColumns, type Table } from "../../data/index.js";
import { windowLabels } from "../../data/series/points.js";
import { seriesFromTable } from "../../data/series/series-from-table.js";
import { HypersphereError } from "../../errors.js";
import { looksLikeImages } from "../../io/index.js";
import type { CliContext } from "../command.js";
import type { ReadDataOptions } from "../files/read-data.js";
import type { SeriesFlags, TrainingSampleFlags } from "../flags/sample-flags.js";
import { readImageSamples } from "./images.js";
import { type LabelledData, readLabelled } from "./labelled-table.js";
import { holdsWindows, mayHoldWindows, readCutWindows } from "./windows.js";

export interface ColumnFlags {
  readonly columns?: readonly string[];
  readonly exclude?: readonly string[];
}

/** How what `train` learns from is read. */
export interface TrainingFlags
  extends TrainingSampleFlags,
    ColumnFlags,
    Pick<ReadDataOptions, "textColumns"> {}

/** What `train` learns from: images, windows of a series, or rows of a table, as the file and the flags say. */
export async function readTrainingSamples(
  path: string,
  flags: TrainingFlags,
  context: CliContext,
): Promise<LabelledData<Dataset>> {
  if (isSeriesWanted(flags)) return readSeries(path, flags, context);
  if (holdsWindows(path)) return readCutWindows(path, flags, context);
  if (await looksLikeImages(path)) {
    refuseFlags(flags, TABLE_FLAGS, `${path} holds images, which have no columns`);
    return readImageSamples(path, flags, "train", undefined, context);
  }
  refuseFlags(flags, IMAGE_FLAGS, `${path} holds no images`);
  const data = await readLabelled(path, flags, context);
  return { ...data, features: chooseColumns(data.features, flags, [data.labelColumn]) };
}

const TABLE_FLAGS = ["labelColumn", "columns", "exclude", "columnType"] as const;
const IMAGE_FLAGS = ["labels", "normalClass", "skipCorrupt"] as const;

export const isSeriesWanted = ({
  series,
  window,
  stride,
  timeColumn,
  entityColumn,
  every,
}: SeriesFlags): boolean =>
  series === true || [window, stride, timeColumn, entityColumn, every].some((flag) => flag !== undefined);

async function readSeries(
  path: string,
  flags: TrainingSampleFlags & ColumnFlags,
  context: CliContext,
): Promise<LabelledData<Dataset>> {
  const { window, stride, timeColumn, entityColumn, maxGap, every, fill } = flags;
  if (window === undefined) {
    if (await mayHoldWindows(path)) return readCutWindows(path, flags, context);
    throw new HypersphereError("invalid-option", "It is not said how long the windows of the series are.", {
      hint: "Add --window with a number of time steps, such as the length of what repeats.",
    });
  }
  const textColumns = [timeColumn, entityColumn].filter((name) => name !== undefined);
  const table = await readLabelled(path, { ...flags, textColumns }, context);
  const own = [table.labelColumn, timeColumn, entityColumn];
  const features = chooseColumns(table.features, flags, own, textColumns);
  const series = seriesFromTable(features, {
    ...{ window, stride, timeColumn, entityColumn, every, fill },
    maxGap: maxGap === undefined || Number.isNaN(Number(maxGap)) ? maxGap : Number(maxGap),
  });
  for (const warning of series.warnings) context.output.warn(warning);
  return { ...table, features: series, labels: table.labels && windowLabels(series, table.labels) };
}

/**
 * The columns to learn from.
 * @param own columns with a meaning of their own: naming them neither adds nor takes away
 * @param kept of these, those that the data must keep
 */
function chooseColumns(
  table: Table,
  { columns, exclude }: ColumnFlags,
  own: readonly (string | undefined)[],
  kept: readonly string[] = [],
): Table {
  const isFeature = (name: string): boolean => !own.includes(name);
  let chosen = table;
  if (columns !== undefined) chosen = selectColumns(chosen, [...kept, ...columns.filter(isFeature)]);
  const excluded = (exclude ?? []).filter(isFeature);
  return excluded.length > 0 ? dropColumns(chosen, excluded) : chosen;
}

function refuseFlags<K extends string>(
  flags: Readonly<Partial<Record<K, unknown>>>,
  names: readonly K[],
  reason: string,
): void {
  const given = names.find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new HypersphereError("invalid-option", `--${flag} was given, but ${reason}.`);
}
