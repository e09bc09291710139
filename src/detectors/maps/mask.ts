import { convertChannels, imagesFrom, type RawImage } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { type Graph, gather, type Tensor } from "../../graph/index.js";
import { digestOf } from "../../math/digest.js";

/** From this grey value on, a pixel of a mask says: look here. */
const WHITE = 128;
/** A mask is kept in the model at a lower resolution where it has more pixels. */
const MOST_PIXELS = 2 ** 20;
/** Sizes that differ by more than a pixel and this share are of other proportions. */
const TOLERANCE = 0.01;

/** Which pixels of images count, as the model sees them. */
export class Mask {
  readonly height: number;
  readonly width: number;
  /** Pixels along a side that share one value. */
  readonly #block: number;
  readonly #rows: number;
  readonly #columns: number;
  /** [rows, columns] 1 where the model looks. */
  readonly #looked: Uint8Array<ArrayBuffer>;
  /** [rows + 1, columns + 1] how many of those before are looked at. */
  readonly #sums: Uint32Array;

  /** @param looked [height, width] 1 where the model looks */
  constructor(height: number, width: number, looked: Uint8Array) {
    this.height = height;
    this.width = width;
    this.#block = Math.ceil(Math.sqrt((height * width) / MOST_PIXELS));
    this.#rows = Math.ceil(height / this.#block);
    this.#columns = Math.ceil(width / this.#block);
    // A block is looked at where all of it is: nothing that is to be ignored gets in.
    this.#looked = new Uint8Array(this.#rows * this.#columns).fill(1);
    looked.forEach((value, pixel) => {
      if (value === 0) this.#looked[this.#place(Math.floor(pixel / width), pixel % width)] = 0;
    });
    this.#sums = summed(this.#looked, this.#rows, this.#columns);
  }

  /** Share of the pixels that are ignored. */
  get ignored(): number {
    return 1 - this.share(0, 0, this.height, this.width);
  }

  looks(y: number, x: number): boolean {
    return this.#looked[this.#place(y, x)] === 1;
  }

  /** Share of a rectangle that the model looks at; its blocks count as a whole. */
  share(top: number, left: number, height: number, width: number): number {
    const block = this.#block;
    const [y0, x0] = [Math.floor(top / block), Math.floor(left / block)];
    const y1 = Math.min(this.#rows, Math.ceil((top + height) / block));
    const x1 = Math.min(this.#columns, Math.ceil((left + width) / block));
    const sum = (y: number, x: number): number => this.#sums[y * (this.#columns + 1) + x]!;
    return (sum(y1, x1) - sum(y0, x1) - sum(y1, x0) + sum(y0, x0)) / ((y1 - y0) * (x1 - x0));
  }

  /** For each pixel of a map, whether the model looks at any of what it stands for: [height, width] 1 or 0. */
  ofMap(height: number, width: number): Uint8Array<ArrayBuffer> {
    const [down, across] = [this.height / height, this.width / width];
    return Uint8Array.from({ length: height * width }, (_, place) => {
      const [y, x] = [Math.floor(place / width), place % width];
      const [top, left] = [Math.floor(y * down), Math.floor(x * across)];
      const share = this.share(
        top,
        left,
        Math.ceil((y + 1) * down) - top,
        Math.ceil((x + 1) * across) - left,
      );
      return share > 0 ? 1 : 0;
    });
  }

  /** bool [height, width] */
  tensor(graph: Graph): Tensor {
    const { root } = graph;
    const grid = root.constant("bool", [this.#rows, this.#columns], this.#looked);
    const places = (length: number): Tensor =>
      root.indices(Array.from({ length }, (_, k) => Math.floor(k / this.#block)));
    return this.#block === 1 ? grid : gather(gather(grid, places(this.height), 0), places(this.width), 1);
  }

  #place(y: number, x: number): number {
    return Math.floor(y / this.#block) * this.#columns + Math.floor(x / this.#block);
  }
}

function summed(values: Uint8Array, rows: number, columns: number): Uint32Array {
  const sums = new Uint32Array((rows + 1) * (columns + 1));
  for (let y = 1; y <= rows; y++) {
    for (let x = 1, line = 0; x <= columns; x++) {
      line += values[(y - 1) * columns + x - 1]!;
      sums[y * (columns + 1) + x] = sums[(y - 1) * (columns + 1) + x]! + line;
    }
  }
  return sums;
}

/**
 * A mask for images of this size. It has their size, or is resized as they are: a pixel of the model is looked at where all
 * that it is computed from is.
 * @throws HypersphereError `invalid-option` for other proportions, and where everything is ignored
 */
export function maskOf(image: RawImage, height: number, width: number): Mask {
  const looked = whiteOf(image);
  const across = (image.width / image.height) * height;
  if (Math.abs(across - width) > Math.max(1, TOLERANCE * width)) {
    throw new HypersphereError(
      "invalid-option",
      `The mask has ${image.height} x ${image.width} pixels (height x width), and the images ${height} x ${width}: other proportions.`,
      { hint: "Make a mask of the size of the images, white where to look and black where to ignore." },
    );
  }
  const mask = new Mask(height, width, shrunk(looked, image, height, width));
  if (mask.ignored < 1) return mask;
  let brightest = 0;
  for (const value of image.data) brightest = Math.max(brightest, value);
  throw new HypersphereError("invalid-option", "The mask ignores every pixel that the model sees.", {
    hint:
      brightest > 0 && brightest < WHITE
        ? `White (128 to 255) means: look here, but no value of the mask is above ${brightest}. Multiply them: 0 and 255 are black and white.`
        : "White (128 to 255) means: look here; black means: ignore. Is the mask the wrong way round?",
  });
}

/** SHA-256 over the size of a mask and what it looks at. */
export function maskFingerprint(image: RawImage): Promise<string> {
  const size = new TextEncoder().encode(`${image.height} x ${image.width}`);
  return digestOf([size, whiteOf(image)]);
}

/** [height, width] 1 where a mask is white. */
function whiteOf(image: RawImage): Uint8Array {
  // Refuses what is no image.
  imagesFrom([image], { source: "the mask" });
  const { height, width, data } = image;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
  return convertChannels(bytes, data.length / (height * width), 1).map((value) => (value >= WHITE ? 1 : 0));
}

/** The least of what the resizing takes into account. */
function shrunk(
  looked: Uint8Array,
  from: { readonly height: number; readonly width: number },
  height: number,
  width: number,
): Uint8Array {
  const [down, across] = [supports(from.height, height), supports(from.width, width)];
  const lines = new Uint8Array(from.height * width);
  for (let y = 0; y < from.height; y++) {
    across.forEach(([first, last], x) => {
      let least = 1;
      for (let k = first; k <= last; k++) least &= looked[y * from.width + k]!;
      lines[y * width + x] = least;
    });
  }
  const result = new Uint8Array(height * width);
  down.forEach(([first, last], y) => {
    for (let x = 0; x < width; x++) {
      let least = 1;
      for (let k = first; k <= last; k++) least &= lines[k * width + x]!;
      result[y * width + x] = least;
    }
  });
  return result;
}

/** First and last pixel that a pixel is computed from, by linear interpolation with antialiasing. */
function supports(from: number, to: number): (readonly [first: number, last: number])[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, k) => {
    const centre = (k + 0.5) * scale - 0.5;
    return [
      Math.max(0, Math.floor(centre - reach) + 1),
      Math.min(from - 1, Math.ceil(centre + reach) - 1),
    ] as const;
  });
}
