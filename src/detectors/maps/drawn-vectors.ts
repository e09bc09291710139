import { throwIfAborted } from "../../errors.js";
import { Graph, serialize } from "../../graph/index.js";
import type { RandomStream } from "../../math/random.js";
import type { RowReader } from "../../model/contract.js";
import { float32, type Runtime } from "../../runtime/index.js";
import type { VectorMaps } from "./vector-maps.js";

/** Hands over the vectors of each image, [channels, height, width]. */
export async function eachVectorMap(
  runtime: Runtime,
  images: RowReader,
  maps: VectorMaps,
  signal: AbortSignal | undefined,
  take: (vectors: Float32Array, row: number) => void,
): Promise<void> {
  const graph = new Graph();
  graph.output("vectors", maps.vectors(graph.input("features", "float32", ["rows", images.columns])));
  const session = await runtime.createSession(serialize(graph), { threads: runtime.cores });
  try {
    for (let row = 0; row < images.rows; row++) {
      throwIfAborted(signal);
      const results = await session.run({ features: float32([1, images.columns], await images.read(row)) });
      take(results["vectors"]!.data as Float32Array, row);
    }
  } finally {
    await session.release();
  }
}

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
  await eachVectorMap(runtime, images, maps, signal, (vectors, row) => {
    random
      .sample(area, count)
      .sort()
      .forEach((place, k) => {
        const at = (row * count + k) * channels;
        for (let channel = 0; channel < channels; channel++) {
          drawn[at + channel] = vectors[channel * area + place]!;
        }
      });
    each?.(row + 1);
  });
  return drawn;
}
