/** The readers of formats/ for paths and streams of Node. */
import { HypersphereError } from "../errors.js";
import type { ReadControl } from "../formats/byte-source.js";
import { type CifarOptions, readCifarFrom } from "../formats/images/cifar.js";
import { looksLikeImagesAt } from "../formats/images/holder.js";
import { readIdxFrom } from "../formats/images/idx.js";
import type { ImageFileOptions } from "../formats/images/image-files.js";
import { type NpzImagesOptions, readNpzImagesFrom } from "../formats/images/npz-images.js";
import {
  type ImageFolderOptions,
  readImagesOfFolder,
  readSingleImage,
} from "../formats/images/read-image-folder.js";
import { readImagesFrom } from "../formats/images/read-images.js";
import type { ImageFolder, ReadImages } from "../formats/images/types.js";
import { type NpzArchive, openNpz as openNpzAt } from "../formats/numpy/npz-read.js";
import { inMemory } from "../formats/opened.js";
import {
  type ReadWindows,
  type ReadWindowsOptions,
  readWindowsFrom,
} from "../formats/series/windows-read.js";
import { type ReadTable, type ReadTableOptions, readTableFrom } from "../formats/table/read-table.js";
import { byteSource, unopenedSource } from "./byte-source.js";
import { nodeFolder, placeAt } from "./node-folder.js";
import { nodePlatform } from "./platform.js";

const { inflate, decodeImage } = nodePlatform;

/**
 * Reads a table from a file, from standard input ("-") or from a stream: CSV and the like, JSON lines, Parquet, NPY and NPZ,
 * the text formats also compressed by gzip. Text is read as a stream, holding little more than the columns; the
 * other formats from a stream are held in memory whole.
 *
 * @example
 * const table = await readTable("sensors.csv.gz", { columnTypes: { machine: "categorical" } });
 *
 * @throws HypersphereError `io` when the file cannot be had, `unreadable-data` when it is not what it seems to be,
 * `unfit-data` when it holds no table, `invalid-option`, `aborted`
 */
export async function readTable(
  source: string | NodeJS.ReadableStream,
  options: ReadTableOptions = {},
): Promise<ReadTable> {
  return readTableFrom(await byteSource(source), options, nodePlatform);
}

/**
 * Rows that a Parquet file in memory says it has, by its footer alone: whoever bounds what they read need not read it first.
 * Reading checks that it is so.
 * @returns undefined where the footer has more than 1 MiB
 * @throws HypersphereError `unreadable-data` for what is no Parquet file
 */
export async function parquetRowCount(bytes: Uint8Array, source = "the file"): Promise<number | undefined> {
  const footer = await import("../formats/table/parquet/footer.js");
  return footer.parquetRowCount(inMemory(bytes, source), source);
}

/**
 * Reads series that were cut into windows already: `.ts` files of the UCR archive, and NPY or NPZ arrays
 * [windows, steps] or [windows, steps, channels]; all also compressed by gzip.
 * @param source a path, "-" for standard input, or a stream of bytes
 * @throws HypersphereError `io`, `unreadable-data`; `unfit-data` for other shapes, and for files of a format that holds a table
 */
export async function readWindows(
  source: string | NodeJS.ReadableStream,
  options: ReadWindowsOptions = {},
): Promise<ReadWindows> {
  return readWindowsFrom(await byteSource(source), options, inflate);
}

/** Options of all readers of images; each takes those that concern it. */
export interface ReadImagesOptions
  extends ImageFolderOptions,
    Pick<NpzImagesOptions, "array" | "labelArray"> {
  /** The path of the file of class numbers that belongs to an IDX file. */
  labels?: string | undefined;
}

/**
 * Reads images from whatever holds them: a folder, a single image, an IDX file or a folder with those of training and
 * test, CIFAR-10's binary files (one, or the folder with all of them), or arrays in NPZ and NPY. What it is, the content
 * says where it can, otherwise the name.
 *
 * @example
 * const { images, classes } = await readImages("train-images-idx3-ubyte.gz", { labels: "train-labels-idx1-ubyte.gz" });
 * const { normalRows } = oneClass(classes, 3);
 *
 * @throws HypersphereError `unreadable-data` when it is none of these or damaged, `unfit-data`, `invalid-option` also for
 * options that do not concern what was found, `io`, `aborted`
 */
export async function readImages(
  path: string,
  { labels, ...options }: ReadImagesOptions = {},
): Promise<ReadImages & Partial<Pick<ImageFolder, "skipped" | "ignored" | "mask">>> {
  const classes = labels === undefined ? undefined : unopenedSource(labels);
  return readImagesFrom(await placeAt(path), { ...options, labels: classes }, nodePlatform);
}

/** Whether `readImages` is meant to read this; see `looksLikeImagesAt`. */
export async function looksLikeImages(path: string): Promise<boolean> {
  if (path === "-") return false;
  try {
    return await looksLikeImagesAt(await placeAt(path), nodePlatform);
  } catch (error) {
    if (error instanceof HypersphereError) return false;
    throw error;
  }
}

/**
 * Reads a folder of images (PNG, JPEG, WebP, GIF, TIFF, BMP, AVIF; any sizes, nested folders too) in natural order.
 * Understands the layout of MVTec AD: of a folder with train/ and test/ the `part`; in one with good/ and others
 * the kinds and labels; and ground_truth/<kind>/<name>_mask.png. Every image is decoded once, to 8 bits: grey when
 * all are, otherwise RGB.
 *
 * @example
 * const { images } = await readImageFolder("parts/train/good");
 * const { images, labels, kinds, mask } = await readImageFolder("parts", { part: "test" });
 *
 * @throws HypersphereError `unreadable-data` naming and counting images that cannot be decoded (unless skipped),
 * `unfit-data` for a folder without images, `invalid-option`, `io`, `aborted`
 */
export async function readImageFolder(path: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  return readImagesOfFolder(nodeFolder(path), options, decodeImage);
}

/** A single image file as a set of one. @throws HypersphereError `unreadable-data`, `invalid-option`, `io` */
export async function readImageFile(path: string, options: ImageFileOptions = {}): Promise<ImageFolder> {
  return readSingleImage(await byteSource(path), options, decodeImage);
}

export interface IdxOptions extends CifarOptions {
  /** The path of the file of class numbers that belongs to the images: train-labels-idx1-ubyte.gz to train-images-idx3-ubyte.gz. */
  labels?: string | undefined;
}

/**
 * Reads images in the IDX format of MNIST and Fashion-MNIST, gzipped or not; `labels` is the path of the file of class
 * numbers that belongs to it.
 * @throws HypersphereError `unreadable-data` for files of another format, cut off or too long, `unfit-data` when labels and
 * images do not belong together, `io`, `aborted`
 */
export async function readIdx(path: string, { labels, ...options }: IdxOptions = {}): Promise<ReadImages> {
  const classes = labels === undefined ? undefined : unopenedSource(labels);
  return readIdxFrom(await byteSource(path), classes, options, inflate);
}

/**
 * Reads CIFAR-10 in its binary version, gzipped or not; several files are read as one, in the order given.
 * @throws HypersphereError `unreadable-data` for files of another format or cut off, `io`, `aborted`
 */
export async function readCifarBinary(
  path: string | readonly string[],
  options: CifarOptions = {},
): Promise<ReadImages> {
  const paths = typeof path === "string" ? [path] : path;
  return readCifarFrom(await Promise.all(paths.map(byteSource)), options, inflate);
}

/**
 * Reads images from an array of bytes in an NPZ archive or an NPY file: [n, height, width] in grey, or
 * [n, height, width, channels] with 1, 3 or 4 channels (the fourth is left out).
 * @throws HypersphereError `unfit-data` for arrays of other types and shapes, or when it is not clear which one is meant,
 * `unreadable-data`, `io`, `aborted`
 */
export async function readNpzImages(path: string, options: NpzImagesOptions = {}): Promise<ReadImages> {
  return readNpzImagesFrom(await byteSource(path), options, inflate);
}

/**
 * The arrays of an NPZ archive in memory.
 * @param source for messages
 * @throws HypersphereError `unreadable-data` for what is no zip archive of NPY files
 */
export const openNpz = (
  archive: Uint8Array,
  source: string,
  control: ReadControl = {},
): Promise<NpzArchive> => openNpzAt({ archive: inMemory(archive, source), inflate, control });
