import { makeImageSet } from "../../data/images/image-arrays.js";
import type { ImageParts } from "../assemble.js";
import type { Place } from "../folder.js";
import type { Platform } from "../platform.js";
import type { FolderPart } from "./folder-layout.js";
import { type ImagesAtOptions, readImagesFrom } from "./read-images.js";
import type { ImageFolder, ReadImages, SkippedImage } from "./types.js";

type Part = ReadImages & Partial<Pick<ImageFolder, "mask" | "skipped">>;

/**
 * The training images of a source that has two parts, and after them those for testing. Training images that nothing
 * is said of count as normal: that is what the part is for.
 */
export async function bothParts(
  place: Place,
  options: ImagesAtOptions,
  platform: Platform,
): Promise<ImageParts> {
  const half = (before: number): ImagesAtOptions["onProgress"] =>
    options.onProgress && (({ fraction = 1 }) => options.onProgress!({ fraction: (before + fraction) / 2 }));
  const read = (part: FolderPart, before: number, channels = options.channels) =>
    readImagesFrom(place, { ...options, channels, part, onProgress: half(before) }, platform);
  const train = await read("train", 0);
  const { channels } = train.images;
  const test = await read("test", 1, channels);
  const [first, second] = [train.images.rowCount, test.images.rowCount];
  const range = (from: number, count: number): Uint32Array =>
    Uint32Array.from({ length: count }, (_, k) => from + k);
  const labelled = train.labels !== undefined || test.labels !== undefined;
  return {
    images: makeImageSet({
      rowCount: first + second,
      channels,
      source: place.name,
      names: namesOf(train, test),
      read: (row) => (row < first ? train.images.read(row) : test.images.read(row - first)),
    }),
    labels: labelled
      ? joined(
          new Int8Array(first + second),
          train.labels ?? new Int8Array(first),
          test.labels ?? new Int8Array(second).fill(-1),
        )
      : undefined,
    kinds: train.kinds && test.kinds && [...train.kinds, ...test.kinds],
    classes:
      train.classes && test.classes && joined(new Int32Array(first + second), train.classes, test.classes),
    mask: masksOf(train, test),
    skipped: [...skippedOf("train", train), ...skippedOf("test", test)],
    split: { train: range(0, first), test: range(first, second) },
    warnings: [...new Set([...train.warnings, ...test.warnings])],
  };
}

function joined<A extends Int8Array | Int32Array>(target: A, first: A, second: A): A {
  target.set(first);
  target.set(second, first.length);
  return target;
}

function namesOf(train: Part, test: Part): readonly string[] | undefined {
  if (train.images.names === undefined || test.images.names === undefined) return undefined;
  return [
    ...train.images.names.map((name) => `train/${name}`),
    ...test.images.names.map((name) => `test/${name}`),
  ];
}

const skippedOf = (part: FolderPart, { skipped = [] }: Part): SkippedImage[] =>
  skipped.map(({ name, reason }) => ({ name: `${part}/${name}`, reason }));

/** Masks are those of the test part; training images have no defects. */
function masksOf(train: Part, test: Part): ImageParts["mask"] {
  const { mask } = test;
  const count = train.images.rowCount;
  if (mask === undefined) return undefined;
  return async (row) => {
    if (row >= count) return mask(row - count);
    const { height, width } = await train.images.read(row);
    return new Uint8Array(height * width);
  };
}
