import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { HypersphereError } from "../../errors.js";
import { readError } from "../fs-errors.js";
import { isNpy } from "../npy-header.js";
import { readCifarBinary } from "./cifar.js";
import { foldersIn, isImageName } from "./find-images.js";
import type { FolderPart } from "./folder-layout.js";
import { isIdx, readIdx } from "./idx.js";
import { naturalOrder } from "./natural-order.js";
import { holdsImages, npzParts, readNpzImages } from "./npz-images.js";
import { readBytes, readHead } from "./read-bytes.js";
import { type ImageFolderOptions, readImageFile, readImageFolder } from "./read-image-folder.js";
import type { ImageFolder, ReadImages } from "./types.js";

/** Options of all readers of images; each takes those that concern it. */
export interface ReadImagesOptions extends ImageFolderOptions {
  /** The file of class numbers that belongs to an IDX file. */
  labels?: string | undefined;
  /** Names of the arrays with images and classes in an NPZ archive. */
  array?: string | undefined;
  labelsArray?: string | undefined;
}

type Kind = "folder" | "cifar-folder" | "image" | "idx" | "cifar" | "npz";

/**
 * Reads images from whatever holds them: a folder, a single image, an IDX file, CIFAR-10's binary files (one, or the
 * folder with all of them), or arrays in NPZ and NPY. What it is, the content says where it can, otherwise the name.
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
  options: ReadImagesOptions = {},
): Promise<ReadImages & Partial<Pick<ImageFolder, "skipped" | "ignored" | "mask">>> {
  const kind = await kindOf(path, false);
  if (kind === undefined) {
    throw new HypersphereError(
      "unreadable-data",
      `${path} holds no images of a kind that can be read: folders of images, image files, IDX, CIFAR-10 (.bin), NPZ and NPY.`,
      { hint: "Tables and series are read by other means." },
    );
  }
  checkConcerned(path, kind, options);
  switch (kind) {
    case "folder":
      return readImageFolder(path, options);
    case "image":
      return readImageFile(path, options);
    case "idx":
      return readIdx(path, options);
    case "cifar":
      return readCifarBinary(path, options);
    case "cifar-folder":
      return readCifarBinary(await cifarFiles(path, options.part), options);
    case "npz":
      return readNpzImages(path, options);
  }
}

/**
 * Whether `readImages` is meant to read this: any folder, and files that by their first bytes or their name hold images.
 * Arrays of three dimensions count when they are bytes; others may be windows of series, which `readWindows` reads.
 * Files that cannot be read are not, so that whoever reads them next says why.
 */
export async function looksLikeImages(path: string): Promise<boolean> {
  if (path === "-") return false;
  try {
    return (await kindOf(path, true)) !== undefined;
  } catch (error) {
    if (error instanceof HypersphereError) return false;
    throw error;
  }
}

/** The parts that a source of images has of its own: train and test, none for most. */
export async function imageParts(path: string): Promise<readonly FolderPart[]> {
  const both: readonly FolderPart[] = ["train", "test"];
  switch (await kindOf(path, false)) {
    case "folder": {
      const folders = await foldersIn(path);
      return both.filter((part) => folders.includes(part));
    }
    case "cifar-folder": {
      const names = await cifarNames(path);
      return both.filter((part) => names.some((name) => name.startsWith("test") === (part === "test")));
    }
    case "npz":
      return npzParts(await readBytes(path), path);
    default:
      return [];
  }
}

/** @param sure as `holdsImages` has it */
async function kindOf(path: string, sure: boolean): Promise<Kind | undefined> {
  if (await isFolder(path)) return (await cifarNames(path)).length > 0 ? "cifar-folder" : "folder";
  if (isImageName(path)) return "image";
  const head = await readHead(path);
  if (isImageContent(head)) return "image";
  if (isIdx(head)) return "idx";
  const archive = startsWith(head, [0x50, 0x4b, 0x03, 0x04]);
  if (archive || isNpy(head)) {
    const bytes = archive ? await readBytes(path) : head;
    return holdsImages(bytes, path, sure) ? "npz" : undefined;
  }
  return /\.bin(\.gz)?$/i.test(path) ? "cifar" : undefined;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw await readError(error, path);
  }
}

/** PNG, JPEG, GIF, and RIFF with WebP in it: beginnings that no table has. */
function isImageContent(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(0, 12));
  return (
    startsWith(head, [0x89, 0x50, 0x4e, 0x47]) ||
    startsWith(head, [0xff, 0xd8, 0xff]) ||
    text.startsWith("GIF8") ||
    (text.startsWith("RIFF") && text.endsWith("WEBP"))
  );
}

function startsWith(head: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, index) => head[index] === byte);
}

/** CIFAR-10 as it is unpacked: data_batch_1.bin to data_batch_5.bin for training, test_batch.bin. */
async function cifarNames(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => /^(data_batch_\d|test_batch)\.bin(\.gz)?$/.test(name)).sort(naturalOrder);
}

async function cifarFiles(folder: string, part: FolderPart | undefined): Promise<string[]> {
  const names = await cifarNames(folder);
  const files = names.filter((name) => name.startsWith("test") === (part === "test"));
  if (part !== undefined && files.length > 0) return files.map((name) => join(folder, name));
  const found = names.join(", ");
  if (part === undefined) {
    throw new HypersphereError(
      "invalid-option",
      `${folder} has CIFAR-10's files ${found}: which are meant?`,
      {
        hint: 'Say part "train" or "test", or name one file.',
      },
    );
  }
  throw new HypersphereError(
    "unfit-data",
    `${folder} has CIFAR-10's files ${found}, but none for the part ${part}.`,
  );
}

/** Options that would silently do nothing are refused; `part` and what is about damage apply wherever they can. */
function checkConcerned(path: string, kind: Kind, options: ReadImagesOptions): void {
  const owners: readonly [keyof ReadImagesOptions, Kind, string][] = [
    ["labels", "idx", "IDX files"],
    ["array", "npz", "NPZ archives"],
    ["labelsArray", "npz", "NPZ archives"],
    ["normalKind", "folder", "folders of images"],
  ];
  for (const [name, owner, what] of owners) {
    if (options[name] === undefined || kind === owner) continue;
    throw new HypersphereError(
      "invalid-option",
      `${name} concerns ${what}, which ${basename(path)} is not.`,
      {
        hint:
          kind.startsWith("cifar") && name === "labels"
            ? "CIFAR-10's files hold their labels."
            : "Leave it out.",
      },
    );
  }
}
