import { HypersphereError } from "../../errors.js";
import type { Image, ImageSet } from "./images.js";

/** One image with 1 (grey), 3 (red, green, blue) or 4 values per pixel: an `Image`, or a browser's `ImageData`. */
export interface RawImage {
  readonly height: number;
  readonly width: number;
  /** [height, width, channels] */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Images of one size in one array. */
export interface ImageArray {
  /** [count, height, width, channels] */
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3 | 4;
}

export interface ImagesFromOptions {
  /** Converts all images; default 1 when all are grey, otherwise 3. Scoring takes the model's own number. */
  channels?: 1 | 3 | undefined;
  /** One per image. */
  names?: readonly string[] | undefined;
  /** For messages; default `<memory>`. */
  source?: string | undefined;
}

/**
 * Images in memory as observations. The arrays are not copied, and must not be changed afterwards. A fourth channel
 * (alpha) is left out; colours stay as they are stored.
 *
 * @example
 * const images = imagesFrom({ data: pixels, count: 100, height: 28, width: 28, channels: 1 });
 * const shown = imagesFrom([canvas.getContext("2d").getImageData(0, 0, 64, 64)]);
 *
 * @throws HypersphereError `unfit-data` for no images, sizes that do not fit the data, or values that are not bytes;
 * `invalid-option`
 */
export function imagesFrom(
  images: readonly RawImage[] | ImageArray,
  options: ImagesFromOptions = {},
): ImageSet {
  const source = options.source ?? "<memory>";
  const all = "count" in images ? split(images, source) : images;
  const widths = all.map((image, row) => valuesPerPixel(image, row, source));
  if (all.length === 0) throw new HypersphereError("unfit-data", `${source}: there are no images.`);
  const channels = checkChannels(options.channels) ?? (widths.every((width) => width === 1) ? 1 : 3);
  return makeImageSet({
    rowCount: all.length,
    channels,
    source,
    names: options.names,
    read: (row) => {
      const { height, width, data } = all[row]!;
      return { height, width, data: convertChannels(bytesOf(data), widths[row]!, channels) };
    },
  });
}

/**
 * The images at `rows`, in that order; a row may occur more than once.
 * @throws HypersphereError `invalid-option` for a row out of range
 */
export function selectImages(images: ImageSet, rows: Int32Array | Uint32Array | readonly number[]): ImageSet {
  for (const row of rows) checkRow(row, images.rowCount, images.source);
  const { channels, source, names } = images;
  return makeImageSet({
    rowCount: rows.length,
    channels,
    source,
    names: names && Array.from(rows, (row) => names[row]!),
    read: (row) => images.read(rows[row]!),
  });
}

/** The same images in grey (1) or in colour (3), as `convertChannels` converts them; the set itself where nothing changes. */
export function withChannels(images: ImageSet, channels: 1 | 3): ImageSet {
  checkChannels(channels);
  if (images.channels === channels) return images;
  const { rowCount, source, names } = images;
  return makeImageSet({
    rowCount,
    channels,
    source,
    names,
    read: async (row) => {
      const image = await images.read(row);
      return { ...image, data: convertChannels(image.data, images.channels, channels) };
    },
  });
}

/** An image set whose `read` refuses rows that do not exist. */
export function makeImageSet(parts: {
  rowCount: number;
  channels: 1 | 3;
  source: string;
  names?: readonly string[] | undefined;
  /** Called with rows in range only. */
  read(row: number): Image | Promise<Image>;
}): ImageSet {
  const { rowCount, channels, source, names } = parts;
  if (names && names.length !== rowCount) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: ${names.length} names were given for ${rowCount} images.`,
    );
  }
  return {
    kind: "images",
    rowCount,
    channels,
    source,
    names,
    async read(row) {
      checkRow(row, rowCount, source);
      return parts.read(row);
    },
  };
}

/**
 * Values of [pixels, from] as [pixels, to]; the same array where they are equal. Grey becomes three equal channels,
 * colour becomes luma by ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B, rounded, with PIL's 16-bit coefficients, so that
 * models see what Python's readers give), and alpha is left out.
 */
export function convertChannels(data: Uint8Array, from: number, to: 1 | 3): Uint8Array {
  if (from === to) return data;
  const pixels = data.length / from;
  const result = new Uint8Array(pixels * to);
  for (let pixel = 0, at = 0; pixel < pixels; pixel++, at += from) {
    const first = data[at]!;
    if (from === 1) result.fill(first, pixel * 3, pixel * 3 + 3);
    else if (to === 1) {
      result[pixel] = (19595 * first + 38470 * data[at + 1]! + 7471 * data[at + 2]! + 32768) >> 16;
    } else {
      result[pixel * 3] = first;
      result[pixel * 3 + 1] = data[at + 1]!;
      result[pixel * 3 + 2] = data[at + 2]!;
    }
  }
  return result;
}

/** @throws HypersphereError `invalid-option` for anything but 1, 3 and undefined */
export function checkChannels(channels: number | undefined): 1 | 3 | undefined {
  if (channels === undefined || channels === 1 || channels === 3) return channels;
  throw new HypersphereError(
    "invalid-option",
    `channels must be 1 (grey) or 3 (red, green and blue), but is ${channels}.`,
  );
}

function checkRow(row: number, rowCount: number, source: string): void {
  if (Number.isInteger(row) && row >= 0 && row < rowCount) return;
  throw new HypersphereError(
    "invalid-option",
    `RawImage ${row} was asked for, but ${source} has images 0 to ${rowCount - 1}.`,
  );
}

function split({ data, count, height, width, channels }: ImageArray, source: string): RawImage[] {
  const size = height * width * channels;
  if (data.length !== count * size) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: ${count} images of ${height} x ${width} x ${channels} need ${count * size} values, ` +
        `but there are ${data.length}.`,
    );
  }
  return Array.from({ length: count }, (_, row) => ({
    height,
    width,
    data: data.subarray(row * size, (row + 1) * size),
  }));
}

/** @throws HypersphereError `unfit-data` where data and size do not belong together */
function valuesPerPixel({ data, height, width }: RawImage, row: number, source: string): number {
  const where = `${source}: image ${row}`;
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    const type = (data as object | undefined)?.constructor?.name ?? String(data);
    throw new HypersphereError("unfit-data", `${where} holds ${type}, where bytes were expected.`, {
      hint: "Pixels are whole numbers from 0 to 255 in a Uint8Array; multiply values between 0 and 1 by 255 and round.",
    });
  }
  if (![height, width].every((extent) => Number.isInteger(extent) && extent > 0)) {
    throw new HypersphereError(
      "unfit-data",
      `${where} is ${height} x ${width} pixels; height and width must be whole numbers above 0.`,
    );
  }
  const values = data.length / (height * width);
  if (values === 1 || values === 3 || values === 4) return values;
  throw new HypersphereError(
    "unfit-data",
    `${where} has ${data.length} values, but ${height} x ${width} pixels need ${height * width} (grey), ` +
      `${3 * height * width} (RGB) or ${4 * height * width} (RGBA).`,
  );
}

/** A plain array: of Node's Buffer, `slice` would give a view where a copy is expected. */
function bytesOf(data: Uint8Array | Uint8ClampedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}
