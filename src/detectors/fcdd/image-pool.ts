import { throwIfAborted } from "../../errors.js";
import type { FeatureMatrix } from "../../features/index.js";
import type { RandomStream } from "../../math/random.js";
import type { RowReader } from "../../model/contract.js";
import type { ImageShape } from "../../synthesis/images.js";

/** Bytes of the images that are held for crops; of more, a part is drawn. */
const MOST_BYTES = 2 ** 28;

/** Images to cut crops from, one byte a value: features are in [0, 1]. */
export interface ImagePool {
  readonly shape: ImageShape;
  readonly images: readonly Uint8Array[];
}

/** Reads as many images as may be held, drawn at random where there are more. */
export async function readPool(
  reader: RowReader,
  shape: ImageShape,
  stream: RandomStream,
  signal?: AbortSignal,
): Promise<ImagePool> {
  const most = Math.max(2, Math.floor(MOST_BYTES / reader.columns));
  const rows =
    reader.rows <= most
      ? Array.from({ length: reader.rows }, (_, row) => row)
      : Array.from(stream.sample(reader.rows, most).sort());
  const images: Uint8Array[] = [];
  for (const row of rows) {
    throwIfAborted(signal);
    images.push(inBytes(await reader.read(row)));
  }
  return { shape, images };
}

/** The images of a matrix, as one byte a value. */
export const poolOf = ({ rows, columns, data }: FeatureMatrix): Uint8Array[] =>
  Array.from({ length: rows }, (_, row) => inBytes(data.subarray(row * columns, (row + 1) * columns)));

const inBytes = (features: Float32Array): Uint8Array =>
  Uint8Array.from(features, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));

/** Mean and deviation of each channel. */
export interface ChannelMoments {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export function channelMoments({ shape: [channels, height, width], images }: ImagePool): ChannelMoments {
  const area = height * width;
  const moments = Array.from({ length: channels }, (_, channel) => {
    let [sum, squares] = [0, 0];
    for (const image of images) {
      for (let at = channel * area; at < (channel + 1) * area; at++) {
        sum += image[at]!;
        squares += image[at]! ** 2;
      }
    }
    const count = images.length * area;
    const mean = sum / count;
    const deviation = Math.sqrt(Math.max(0, squares / count - mean ** 2));
    return { mean: mean / 255, deviation: Math.max(deviation / 255, LEAST_DEVIATION) };
  });
  return { mean: moments.map(({ mean }) => mean), deviation: moments.map(({ deviation }) => deviation) };
}

/** Of a channel that hardly varies. */
const LEAST_DEVIATION = 1e-3;
