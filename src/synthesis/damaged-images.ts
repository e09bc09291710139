import { type Image, type ImageSet, makeImageSet } from "../data/index.js";
import type { RandomSource, RandomStream } from "../math/random.js";
import { withDefect } from "./defects.js";

export const IMAGE_DAMAGES = ["confetti", "defects", "grain", "turned"] as const;
/**
 * How images are damaged, as bytes:
 *
 * - `confetti`: rectangles of another colour, see `withDefect`;
 * - `defects`: blobs and strokes of other content, see `withDefect`;
 * - `grain`: noise of 0.05 to 0.3 of the whole range on all pixels;
 * - `turned`: by a quarter, a half or three quarters. What looks the same when turned is as normal as before, for every
 *   detector alike.
 */
export type ImageDamage = (typeof IMAGE_DAMAGES)[number];

/**
 * Damaged copies of random images: anomalies for a detector that does not learn from their kind. A copy is made when it is
 * read, the same each time.
 *
 * @param count images to make
 */
export function damagedImages(
  images: ImageSet,
  damage: ImageDamage,
  count: number,
  random: RandomSource,
): ImageSet {
  const { rowCount, channels, source } = images;
  return makeImageSet({
    rowCount: count,
    channels,
    source,
    async read(row) {
      const stream = random.stream("damage", damage, row);
      const image = await images.read(stream.int(rowCount));
      if (damage === "turned") return turned(image, channels, 1 + stream.int(3));
      if (damage === "grain") return grainy(image, stream);
      const other = await images.read(stream.int(rowCount));
      return defective(image, other, channels, damage, stream);
    },
  });
}

/** By so many quarters, clockwise. */
function turned({ height, width, data }: Image, channels: number, quarters: number): Image {
  const upright = quarters === 2;
  const [rows, columns] = upright ? [height, width] : [width, height];
  const bytes = new Uint8Array(data.length);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const [fromY, fromX] = upright
        ? [height - 1 - y, width - 1 - x]
        : quarters === 1
          ? [height - 1 - x, y]
          : [x, width - 1 - y];
      const [to, from] = [(y * columns + x) * channels, (fromY * width + fromX) * channels];
      for (let c = 0; c < channels; c++) bytes[to + c] = data[from + c]!;
    }
  }
  return { height: rows, width: columns, data: bytes };
}

function grainy({ height, width, data }: Image, stream: RandomStream): Image {
  const size = 255 * (0.05 + 0.25 * stream.uniform());
  // What does not fit into a byte is its least or its greatest value.
  const bytes = Uint8ClampedArray.from(data, (value) => value + size * stream.normal());
  return { height, width, data: new Uint8Array(bytes.buffer) };
}

function defective(
  image: Image,
  other: Image,
  channels: number,
  damage: "confetti" | "defects",
  stream: RandomStream,
): Image {
  const { height, width } = image;
  const alike = other.height === height && other.width === width;
  const own = planesOf(image, channels);
  const kind = damage === "confetti" ? "confetti" : "synthetic";
  const shape = [channels, height, width] as const;
  const made = withDefect(kind, own, shape, alike ? planesOf(other, channels) : own, stream).image;
  const area = height * width;
  const data = Uint8Array.from(image.data, (_, at) =>
    Math.round(255 * made[(at % channels) * area + Math.floor(at / channels)]!),
  );
  return { height, width, data };
}

/** Values in [0, 1], one channel after the other. */
function planesOf({ height, width, data }: Image, channels: number): Float32Array {
  const area = height * width;
  const planes = new Float32Array(data.length);
  data.forEach((value, at) => {
    planes[(at % channels) * area + Math.floor(at / channels)] = value / 255;
  });
  return planes;
}
