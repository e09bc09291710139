import type { FeatureMatrix } from "../../features/index.js";
import type { RandomStream } from "../../math/random.js";
import { inRowBlocks } from "../../nn/row-blocks.js";
import type { Runtime } from "../../runtime/index.js";
import { kMeans, nearestCentre } from "../../train/k-means.js";
import type { Look } from "./training-windows.js";

/** Rows whose distances to all centres exist at a time. */
const BLOCK = 512;

/** Distance to the nearest centre of k-means. */
export async function centresLook(
  runtime: Runtime,
  rows: FeatureMatrix,
  clusters: number,
  stream: RandomStream,
  signal?: AbortSignal,
): Promise<Look<{ readonly clusters: number }>> {
  const { count, data } = await kMeans(runtime, rows, clusters, stream, signal);
  return {
    value: (x) =>
      inRowBlocks(x, BLOCK, (block) => {
        const centres = x.graph.root.initializer("centres", "float32", [count, rows.columns], data);
        return nearestCentre(block, centres).distance;
      }),
    report: { clusters: count },
  };
}
