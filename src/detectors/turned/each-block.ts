import { throwIfAborted } from "../../errors.js";
import type { FeatureMatrix } from "../../features/index.js";
import { Graph, serialize, type Tensor } from "../../graph/index.js";
import type { ResidualEncoder } from "../../nn/images/resnet-small.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { MOVED } from "./views.js";

/** Bytes of the largest map of a block of images. */
const MOST_BYTES = 2 ** 24;
const MOST_IMAGES = 64;

/** Images whose views go through the network at once. */
export function imagesAtOnce({ widths, sides }: Pick<ResidualEncoder, "widths" | "sides">): number {
  const bytes = Float32Array.BYTES_PER_ELEMENT * MOVED.length * widths[0]! * sides[0]! ** 2;
  return Math.max(1, Math.min(MOST_IMAGES, Math.floor(MOST_BYTES / bytes)));
}

/** What a graph computes from each image, block by block: [rows, ...]. */
export async function eachBlock(
  runtime: Runtime,
  { rows, columns, data }: FeatureMatrix,
  most: number,
  compute: (features: Tensor) => Tensor,
  signal?: AbortSignal,
): Promise<Float32Array<ArrayBuffer>> {
  const graph = new Graph();
  graph.output("computed", compute(graph.input("features", "float32", ["rows", columns])));
  const session = await runtime.createSession(serialize(graph), { threads: runtime.cores });
  let all: Float32Array<ArrayBuffer> | undefined;
  try {
    for (let from = 0; from < rows; from += most) {
      throwIfAborted(signal);
      const to = Math.min(rows, from + most);
      const features = float32([to - from, columns], data.slice(from * columns, to * columns));
      const part = (await session.run({ features }))["computed"]!.data as Float32Array;
      all ??= new Float32Array((part.length / (to - from)) * rows);
      all.set(part, (all.length / rows) * from);
    }
  } finally {
    await session.release();
  }
  return all ?? new Float32Array(0);
}
