import { checkChannels, convertChannels, makeImageSet } from "../../data/images/image-arrays.js";
import type { ImageSet } from "../../data/images/images.js";
import { HypersphereError, throwIfAborted } from "../../errors.js";
import { listNames } from "../../text/closest-name.js";
import { count } from "../../text/format.js";
import { shown } from "../../text/shown.js";
import type { ReadControl } from "../byte-source.js";
import type { Folder } from "../folder.js";
import { checkLimit } from "../limits.js";
import type { ImageDecoder } from "../platform.js";
import { CorruptImage } from "./corrupt-image.js";
import { decodeImage, decodeOrThrow } from "./decode-image.js";
import type { DecodedImage } from "./decoded-image.js";
import type { SkippedImage } from "./types.js";

export interface ImageFileOptions extends ReadControl {
  /** 1 for grey, 3 for colour; default 1 when all files are grey, otherwise 3. Scoring takes the model's own number. */
  channels?: 1 | 3 | undefined;
  /** [height, width] of all images: others count as those that cannot be decoded. */
  size?: readonly [height: number, width: number] | undefined;
  /** What to do about images that cannot be decoded: "stop" (default) names and counts them, "skip" leaves them out. */
  onCorrupt?: "stop" | "skip" | undefined;
  /** Refuses images with more pixels as damaged ones; default 2^26, and Infinity for any number. */
  maxPixels?: number | undefined;
  /** Decoded images are kept in memory up to so many bytes, the others decoded again when read; default 512 MiB. */
  memoryLimit?: number | undefined;
}

export interface ImageFiles {
  readonly images: ImageSet;
  /** [height, width] of each image. */
  readonly sizes: readonly (readonly [height: number, width: number])[];
  readonly skipped: readonly SkippedImage[];
  /** Sentences about what was left out of the files. */
  readonly warnings: readonly string[];
}

/** Where image files are: a folder, or what stands for one. */
export type ImageFolderFiles = Pick<Folder, "name" | "file">;

/** Decoding is done in native threads, of which this many are kept busy. */
const decodedAtOnce = 4;
const defaultMemoryLimit = 512 * 2 ** 20;

/**
 * Image files as observations. Every file is decoded once before this returns, so that a damaged one stops the run at its
 * beginning and not hours later.
 * @param names paths below `folder`
 * @throws HypersphereError `unreadable-data` for images that cannot be decoded, `schema-mismatch` for images of another size
 * than `size`, `invalid-option`, `io`, `aborted`
 */
export async function openImageFiles(
  folder: ImageFolderFiles,
  names: readonly string[],
  options: ImageFileOptions,
  decode: ImageDecoder,
): Promise<ImageFiles> {
  const { onCorrupt = "stop", memoryLimit = defaultMemoryLimit, maxPixels, size } = options;
  const wanted = checkChannels(options.channels);
  checkOptions(onCorrupt, memoryLimit);
  if (maxPixels !== undefined) checkLimit("maxPixels", maxPixels, "a number of pixels");
  const checked = await checkAll(folder, names, wanted, memoryLimit, options, decode);
  const corrupt = names.flatMap((name, k): SkippedImage[] => {
    const found = checked[k]!;
    return found instanceof CorruptImage ? [{ name, reason: found.reason }] : [];
  });
  if (corrupt.length > 0 && (onCorrupt === "stop" || corrupt.length === names.length)) {
    const others = checked.filter((found) => found instanceof OtherSize).length;
    throw size !== undefined && others === corrupt.length
      ? otherSizeError(folder.name, corrupt, names.length, size)
      : corruptError(folder.name, corrupt, names.length, others);
  }
  const good = names.flatMap((name, k) => {
    const found = checked[k]!;
    return found instanceof CorruptImage ? [] : [{ name, ...found }];
  });
  const channels = wanted ?? (good.every((image) => image.channels === 1) ? 1 : 3);
  const images = makeImageSet({
    rowCount: good.length,
    channels,
    source: folder.name,
    names: good.map(({ name }) => name),
    async read(row) {
      const { name, decoded } = good[row]!;
      const image = decoded ?? (await decodeOrThrow(await folder.file(name), decode, wanted, maxPixels));
      const { height, width } = image;
      return { height, width, data: convertChannels(image.data, image.channels, channels) };
    },
  });
  return {
    ...{ images, sizes: good.map(({ height, width }) => [height, width]), skipped: corrupt },
    warnings: [
      ...skippedWarning(folder.name, corrupt, names.length),
      ...pagesWarning(folder.name, good),
      ...blackWarning(folder.name, good),
    ],
  };
}

interface Checked {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly pages: number;
  /** Whether its 16 bits hold something, and their upper 8 nothing. */
  readonly isBlack: boolean;
  /** Undefined where memory did not suffice. */
  readonly decoded: DecodedImage | undefined;
}

async function checkAll(
  folder: ImageFolderFiles,
  names: readonly string[],
  channels: 1 | 3 | undefined,
  memoryLimit: number,
  { onProgress, signal, onCorrupt, maxPixels, size }: ImageFileOptions,
  decode: ImageDecoder,
): Promise<(Checked | CorruptImage)[]> {
  const results: (Checked | CorruptImage)[] = [];
  let next = 0;
  let done = 0;
  let kept = 0;
  const check = async (name: string): Promise<Checked | CorruptImage> => {
    try {
      const image = await decodeImage(await folder.file(name), decode, channels, maxPixels);
      if (size !== undefined && (image.height !== size[0] || image.width !== size[1]))
        return new OtherSize(image, size);
      const keep = kept + image.data.length <= memoryLimit;
      if (keep) kept += image.data.length;
      const { height, width, pages = 1 } = image;
      const isBlack = image.marks !== undefined && image.data.every((value) => value === 0);
      const decoded = keep ? { height, width, channels: image.channels, data: image.data } : undefined;
      return { height, width, channels: image.channels, pages, isBlack, decoded };
    } catch (error) {
      if (error instanceof CorruptImage) return error;
      // A link that leads nowhere, or a file that may not be read, is as good as a damaged one.
      if (onCorrupt === "skip" && error instanceof HypersphereError && error.code === "io") {
        return new CorruptImage("it cannot be read", error);
      }
      throw error;
    }
  };
  const work = async (): Promise<void> => {
    while (next < names.length) {
      throwIfAborted(signal);
      const k = next++;
      results[k] = await check(names[k]!);
      done++;
      onProgress?.({ fraction: done / names.length, done, total: names.length });
    }
  };
  try {
    await Promise.all(Array.from({ length: decodedAtOnce }, work));
  } finally {
    // After an error the other workers finish the image they are at, and no more.
    next = names.length;
  }
  return results;
}

function checkOptions(onCorrupt: string, memoryLimit: number): void {
  if (onCorrupt !== "stop" && onCorrupt !== "skip") {
    throw new HypersphereError(
      "invalid-option",
      `onCorrupt must be stop or skip, but is ${shown(onCorrupt)}.`,
    );
  }
  if (!(memoryLimit >= 0)) {
    throw new HypersphereError(
      "invalid-option",
      `memoryLimit must be a number of bytes, but is ${memoryLimit}.`,
    );
  }
}

/** An image that can be decoded, and is not of the size that is wanted. */
class OtherSize extends CorruptImage {
  constructor({ height, width }: DecodedImage, [wantedHeight, wantedWidth]: readonly [number, number]) {
    super(`${height} x ${width} pixels, not ${wantedHeight} x ${wantedWidth}`);
    this.name = "OtherSize";
  }
}

const NAMED = 3;

/** The first of them with what is wrong, and how many more there are. */
function withReasons(skipped: readonly SkippedImage[], named = NAMED): string {
  const first = skipped.slice(0, named).map(({ name, reason }) => `${shown(name)} (${reason})`);
  return `${first.join(", ")}${skipped.length > named ? ` and ${skipped.length - named} more` : ""}`;
}

function otherSizeError(
  folder: string,
  others: readonly SkippedImage[],
  total: number,
  [height, width]: readonly [number, number],
): HypersphereError {
  return new HypersphereError(
    "schema-mismatch",
    `${folder}: ${others.length} of ${total} images are not of ${height} x ${width} pixels (height x width), as the model was trained on: ${withReasons(others)}.`,
    {
      hint:
        "Resize them or remove them, or train on images of several sizes: a model of mixed sizes takes any." +
        (others.length === total ? "" : ' Or leave them out and be told: option "onCorrupt: skip".'),
    },
  );
}

/** @param others how many of them can be decoded, and are of another size */
function corruptError(
  folder: string,
  corrupt: readonly SkippedImage[],
  total: number,
  others: number,
): HypersphereError {
  const what = others === 0 ? "cannot be decoded" : `cannot be decoded, or (${others}) are of another size`;
  return new HypersphereError(
    "unreadable-data",
    `${folder}: ${corrupt.length} of ${total} images ${what}: ${withReasons(corrupt)}.`,
    {
      hint:
        corrupt.length === total
          ? "Are these images? Were they copied to the end?"
          : 'Fetch them again or remove them, or leave them out and be told: option "onCorrupt: skip".',
    },
  );
}

/** What to tell about images that were left out; nothing when there are none. */
function skippedWarning(folder: string, skipped: readonly SkippedImage[], total: number): string[] {
  if (skipped.length === 0) return [];
  return [`${folder}: left out ${skipped.length} of ${total} images: ${withReasons(skipped, 5)}.`];
}

/** What to tell about files of several pages or frames; nothing when there are none. */
function pagesWarning(
  folder: string,
  files: readonly { readonly name: string; readonly pages: number }[],
): string[] {
  const several = files.filter(({ pages }) => pages > 1);
  if (several.length === 0) return [];
  const first = several.slice(0, NAMED).map(({ name, pages }) => `${shown(name)} (${count(pages)})`);
  const more = several.length > NAMED ? ` and ${several.length - NAMED} more` : "";
  const [hold, which, them] =
    several.length === 1
      ? ["1 file holds", "the first is read", "it"]
      : [`${count(several.length)} files hold`, "the first of each is read", "them"];
  return [
    `${folder}: ${hold} several pages or frames, of which only ${which}: ${first.join(", ")}${more}. Split ${them} into a file for each where all of them count.`,
  ];
}

/** What to tell about images of 16 bits that are black in 8; nothing when there are none. */
function blackWarning(
  folder: string,
  files: readonly { readonly name: string; readonly isBlack: boolean }[],
): string[] {
  const black = files.filter(({ isBlack }) => isBlack);
  if (black.length === 0) return [];
  const [hold, their, them] =
    black.length === 1
      ? ["1 image of 16 bits holds", "its", "it"]
      : [`${count(black.length)} images of 16 bits hold`, "their", "them"];
  return [
    `${folder}: ${hold} no value above 255, and ${their} upper 8 bits are black: ${listNames(
      black.map(({ name }) => name),
      NAMED,
    )}. Save ${them} with 8 bits.`,
  ];
}
