import type { Samples } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { baseOf, isFolder } from "../formats/folder.js";
import { listedFolder } from "../formats/listed-folder.js";
import { isZip } from "../formats/open-place.js";
import { tsPair } from "../formats/series/ts-pair.js";
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
  requirePaths(path);
  const place =
    typeof path === "string"
      ? await placeAt(path)
      : listedFolder(path.map((file) => ({ path: baseOf(file), open: () => byteSource(file) })));
  const classes = labels === undefined ? undefined : unopenedSource(labels);
  return openSamples(place, { ...options, labels: classes }, nodePlatform);
}

/** Programs without types pass files, and nothing at all. */
function requirePaths(path: unknown): void {
  if ((Array.isArray(path) ? path : [path]).every((each) => typeof each === "string")) return;
  const text = Array.isArray(path) ? "a list with something else in it" : `of type ${typeof path}`;
  throw new HypersphereError("invalid-option", `The path is ${text}, expected a text, or a list of texts.`, {
    hint: "Files that a user chose in a browser are opened by open in hypersphere/web.",
  });
}

/** Whether data at a path have a place of their own for labels: NPZ archives, and windows that were cut already. */
export async function bringsLabels(path: string): Promise<boolean> {
  if (/\.ts(\.gz)?$/i.test(path) || isZip(await firstBytes(path, 4))) return true;
  const place = await placeAt(path);
  return isFolder(place) && (await tsPair(place)) !== undefined;
}
