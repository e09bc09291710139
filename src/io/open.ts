import type { Samples } from "../data/index.js";
import { baseOf } from "../formats/folder.js";
import { listedFolder } from "../formats/listed-folder.js";
import { isZip } from "../formats/open-place.js";
import { type OpenSamplesOptions, openSamples } from "../model/open-samples.js";
import { byteSource, unopenedSource } from "./byte-source.js";
import { firstBytes } from "./first-bytes.js";
import { placeAt } from "./node-folder.js";
import { nodePlatform } from "./platform.js";

/** Options of `open` in Node: files are named by their paths. */
export type OpenFileOptions = OpenSamplesOptions<string>;

/**
 * Opens whatever is at a path as samples: rows of a table (CSV and the like, JSON lines, Parquet, NPY, NPZ), windows of
 * a series (the same, with `window` or another of the options that say how they are cut; `.ts` files and arrays of
 * windows), or images (a folder, an image, IDX, CIFAR-10, NPZ, NPY). Labels, names and a split that the data have of
 * their own come along; rows for training come first. Images are read when they are needed, and so keep their files in use.
 *
 * @param path of a file or folder; "-" for standard input; several paths for files that belong together, such as
 * X_TRAIN.ts and X_TEST.ts
 * @example
 * const training = await open("plant.csv", { labelColumn: "fault", normalLabel: "none" });
 * const model = await new DeepSvdd().fit(training);
 * const { scores } = await model.score(await open("today.csv", { model }));
 *
 * @throws HypersphereError `io` for what is not there; `unreadable-data` for what is damaged; `unfit-data` for columns,
 * labels and shapes that are not as said; `invalid-option` also for options that do not concern what was found;
 * `schema-mismatch` for data without the columns that the model needs; `aborted`
 */
export async function open(
  path: string | readonly string[],
  { labels, ...options }: OpenFileOptions = {},
): Promise<Samples> {
  const place =
    typeof path === "string"
      ? await placeAt(path)
      : listedFolder(path.map((file) => ({ path: baseOf(file), open: () => byteSource(file) })));
  const classes = labels === undefined ? undefined : unopenedSource(labels);
  return openSamples(place, { ...options, labels: classes }, nodePlatform);
}

/** Files that by their names hold windows and nothing else. */
export const holdsWindows = (path: string): boolean => /\.ts(\.gz)?$/i.test(path);

/** Whether there is an NPZ archive at a path. */
export const isNpz = async (path: string): Promise<boolean> => isZip(await firstBytes(path, 4));
