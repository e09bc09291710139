import { stat } from "node:fs/promises";
import { join } from "node:path";
import {
  findColumn,
  type GivenSplit,
  type Image,
  type ImageSet,
  type Samples,
  samplesOf,
  withChannels,
} from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { observations } from "../../features/index.js";
import { looksLikeImages } from "../../io/index.js";
import type { CliContext } from "../command.js";
import { isNpz, readData } from "../files/read-data.js";
import { readImageSamples } from "../samples/images.js";
import { isSeriesWanted, readTrainingSamples, type TrainingFlags } from "../samples/training-samples.js";
import { readSplitArray, splitOfTexts } from "./split-array.js";

/** How data sets are read for a comparison: as for `train`, and with their own split. */
export interface ComparisonFlags extends TrainingFlags {
  readonly splitColumn?: string;
}

/** Labelled samples with the split that they came with: folders train/ and test/, an array or a column. */
export async function readLabelledSamples(
  path: string,
  flags: ComparisonFlags,
  context: CliContext,
): Promise<Samples> {
  if (!isSeriesWanted(flags) && (await isFolderOfParts(path))) return readParts(path, flags, context);
  const { splitColumn, exclude = [] } = flags;
  const reading =
    splitColumn === undefined || (await looksLikeImages(path))
      ? flags
      : { ...flags, exclude: [...exclude, splitColumn] };
  const { features: data, labels, labelColumn } = await readTrainingSamples(path, reading, context);
  const split = await readSplit(path, flags, context);
  const samples = samplesOf(data, { labelColumn, labels });
  if (split === undefined) return samples;
  const cut = isSeriesWanted(flags) && flags.window !== undefined;
  const rows = cut ? "time-steps" : "observations";
  return { ...samples, split: observations(samplesOf(data, { rows, ...split })).split };
}

/** A split of the file's rows, and how many these are. */
async function readSplit(
  path: string,
  flags: ComparisonFlags,
  context: CliContext,
): Promise<{ readonly split: GivenSplit; readonly rowCount: number } | undefined> {
  const { splitColumn } = flags;
  if (splitColumn === undefined) return (await isNpz(path)) ? readSplitArray(path) : undefined;
  const table = await readData(path, { ...flags, textColumns: [splitColumn] }, context);
  const column = findColumn(table, splitColumn, "split column");
  const texts =
    column.kind === "numeric"
      ? Array.from(column.values, String)
      : Array.from(column.codes, (code) => column.levels[code] ?? "");
  return { rowCount: table.rowCount, split: splitOfTexts(texts, `${path}: split column "${splitColumn}"`) };
}

const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

const isFolderOfParts = async (path: string): Promise<boolean> =>
  (await isFolder(join(path, "train"))) && (await isFolder(join(path, "test")));

/** Images of both parts as one data set, those for training first. */
async function readParts(path: string, flags: ComparisonFlags, context: CliContext): Promise<Samples> {
  const [train, test] = [
    await readImageSamples(path, flags, "train", undefined, context),
    await readImageSamples(path, flags, "test", undefined, context),
  ];
  if (test.labels === undefined) {
    throw new HypersphereError("unfit-data", `${join(path, "test")} says of no image whether it is normal.`, {
      hint: "Put the normal ones into a folder named good, and defects into folders of their own.",
    });
  }
  const data = joined(train.features, test.features, path);
  const first = train.features.rowCount;
  const labels = new Int8Array(data.rowCount);
  // A folder for training that has images and no folders in it is normal as a whole.
  if (train.labels) labels.set(train.labels);
  labels.set(test.labels, first);
  const every = Uint32Array.from({ length: data.rowCount }, (_, row) => row);
  const split = { train: every.slice(0, first), test: every.slice(first) };
  return samplesOf(data, { labels, labelColumn: "folder", split });
}

function joined(first: ImageSet, second: ImageSet, source: string): ImageSet {
  const channels = Math.max(first.channels, second.channels) as 1 | 3;
  const [a, b] = [withChannels(first, channels), withChannels(second, channels)];
  const names = [
    ...(a.names ?? []).map((name) => `train/${name}`),
    ...(b.names ?? []).map((name) => `test/${name}`),
  ];
  return {
    kind: "images",
    rowCount: a.rowCount + b.rowCount,
    channels,
    source,
    names,
    read: (row): Promise<Image> => (row < a.rowCount ? a.read(row) : b.read(row - a.rowCount)),
  };
}
