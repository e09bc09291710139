import { HypersphereError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";
import { baseOf, type Place } from "../folder.js";
import type { SizeLimit } from "../limits.js";
import type { Platform } from "../platform.js";
import { cifarFiles, cifarNames, type IdxPart } from "./array-folders.js";
import { readCifarFrom } from "./cifar.js";
import { type FolderPart, PARTS, partsIn } from "./folder-layout.js";
import { type Holder, holderOf } from "./holder.js";
import { readIdxFrom } from "./idx.js";
import { type NpzImagesOptions, npzParts, readNpzImagesFrom } from "./npz-images.js";
import { type ImageFolderOptions, readImagesOfFolder, readSingleImage } from "./read-image-folder.js";
import type { ImageFolder, ReadImages } from "./types.js";

/** Options of all readers of images; each takes those that concern it. */
export interface ImagesAtOptions extends ImageFolderOptions, Pick<NpzImagesOptions, "array" | "labelArray"> {
  /** The file of class numbers that belongs to an IDX file. */
  labels?: ByteSource | undefined;
}

/**
 * Reads images from whatever holds them: a folder, a single image, an IDX file or a folder with those of training and
 * test, CIFAR-10's binary files (one, or the folder with all of them), or arrays in NPZ and NPY. What it is, the content
 * says where it can, otherwise the name.
 *
 * @throws HypersphereError `unreadable-data` when it is none of these or damaged, `unfit-data`, `invalid-option` also for
 * options that do not concern what was found, `io`, `aborted`
 */
export async function readImagesFrom(
  place: Place,
  options: ImagesAtOptions,
  platform: Platform,
): Promise<ReadImages & Partial<Pick<ImageFolder, "skipped" | "ignored" | "mask">>> {
  const holder = await holderOf(place, false, platform, options);
  if (holder === undefined) {
    throw new HypersphereError(
      "unreadable-data",
      `${place.name} holds no images of a kind that can be read: folders of images, image files, IDX, CIFAR-10 (.bin), NPZ and NPY.`,
      { hint: "Tables and series are read by other means." },
    );
  }
  checkConcerned(place.name, holder.kind, options);
  const { inflate, decodeImage } = platform;
  switch (holder.kind) {
    case "folder":
      return readImagesOfFolder(holder.folder, options, decodeImage);
    case "cifar-folder":
      return readCifarFrom(await cifarFiles(holder.folder, options.part), options, inflate);
    case "idx-folder": {
      const { images, labels } = chooseIdx(holder.parts, options.part, place.name);
      return readIdxFrom(images, labels, options, inflate);
    }
    case "image":
      return readSingleImage(holder.file, options, decodeImage);
    case "idx":
      return readIdxFrom(holder.file, options.labels, options, inflate);
    case "cifar":
      return readCifarFrom([holder.file], options, inflate);
    case "npz":
      return readNpzImagesFrom(holder.file, options, inflate);
  }
}

/** The parts that a source of images has of its own: train and test, none for most. */
export async function imagePartsAt(
  place: Place,
  platform: Platform,
  limit: SizeLimit = {},
): Promise<readonly FolderPart[]> {
  const holder = await holderOf(place, false, platform, limit);
  switch (holder?.kind) {
    case "folder":
      return partsIn(holder.folder);
    case "cifar-folder": {
      const names = await cifarNames(holder.folder);
      return PARTS.filter((part) => names.some((name) => name.startsWith("test") === (part === "test")));
    }
    case "idx-folder":
      return holder.parts.map(({ part }) => part);
    case "npz":
      return npzParts(holder.file, platform.inflate, limit);
    default:
      return [];
  }
}

/** @throws HypersphereError `invalid-option` where there are two parts and it was not said which */
function chooseIdx(parts: readonly IdxPart[], part: FolderPart | undefined, name: string): IdxPart {
  const chosen = part === undefined && parts.length === 1 ? parts[0] : parts.find((one) => one.part === part);
  if (chosen !== undefined) return chosen;
  const found = parts.map(({ images }) => baseOf(images.name)).join(", ");
  if (part === undefined) {
    throw new HypersphereError("invalid-option", `${name} has the IDX files ${found}: which are meant?`, {
      hint: 'Say part "train" or "test", or name one file.',
    });
  }
  throw new HypersphereError(
    "unfit-data",
    `${name} has the IDX files ${found}, but none for the part ${part}.`,
  );
}

/** Options that would silently do nothing are refused; `part` and what is about damage apply wherever they can. */
function checkConcerned(path: string, kind: Holder["kind"], options: ImagesAtOptions): void {
  const owners: readonly [keyof ImagesAtOptions, Holder["kind"], string][] = [
    ["labels", "idx", "IDX files"],
    ["array", "npz", "NPZ archives"],
    ["labelArray", "npz", "NPZ archives"],
    ["normalKind", "folder", "folders of images"],
  ];
  for (const [name, owner, what] of owners) {
    if (options[name] === undefined || kind === owner) continue;
    throw new HypersphereError("invalid-option", `${name} concerns ${what}, which ${baseOf(path)} is not.`, {
      hint:
        kind.startsWith("cifar") && name === "labels"
          ? "CIFAR-10's files hold their labels."
          : "Leave it out.",
    });
  }
}
