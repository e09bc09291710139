import type { RandomStream } from "../../math/random.js";
import type { RowReader } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import { eachImage } from "./each-image.js";
import type { VectorMaps } from "./vector-maps.js";

/**
 * Vectors at random places, as many from each image: [patches, channels].
 * @param most patches, or as many more as make the same number for each image
 * @param each called after every image, with how many there were
 */
export async function drawnVectors(
  runtime: Runtime,
  images: RowReader,
  maps: VectorMaps,
  most: number,
  random: RandomStream,
  signal?: AbortSignal,
  each?: (images: number) => void,
): Promise<Float32Array> {
  const { channels } = maps;
  const area = maps.height * maps.width;
  const count = Math.min(area, Math.ceil(most / images.rows));
  const drawn = new Float32Array(count * images.rows * channels);
  let row = 0;
  const take = (vectors: Float32Array): void => {
    random
      .sample(area, count)
      .sort()
      .forEach((place, k) => {
        const at = (row * count + k) * channels;
        for (let channel = 0; channel < channels; channel++) {
          drawn[at + channel] = vectors[channel * area + place]!;
        }
      });
    row++;
    each?.(row);
  };
  await eachImage(runtime, [images], maps.vectors, take, signal);
  return drawn;
}
