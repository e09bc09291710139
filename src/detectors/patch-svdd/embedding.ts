import { Graph, reshape, serialize, type Tensor, transpose } from "../../graph/index.js";
import {
  embeddingMaps,
  LARGE_PATCH,
  type PatchEncoder,
  positionsAlong,
  SMALL_PATCH,
} from "../../nn/images/patch-encoder.js";
import type { Parameters } from "../../nn/parameters.js";
import { float32, type Runtime, type Session } from "../../runtime/index.js";
import { type BySize, bySize } from "./feeds.js";
import type { PatchSize } from "./objective.js";
import { type PatchView, viewed } from "./patch-images.js";

/** Patches are embedded at these distances, in pixels, as published. */
export const STRIDES = { small: 4, large: 16 } as const;

/** Encoders as training left them, or as they were before it. */
export interface TrainedEncoder {
  readonly encoder: PatchEncoder;
  readonly sizes: readonly PatchSize[];
  readonly view: PatchView;
  /** The parameters as constants of a graph. */
  stored(graph: Graph): Parameters;
}

/** Sizes of patches that fit an image as the encoder sees it. */
export function usableSizes(
  scales: "both" | PatchSize,
  [, height, width]: PatchView["shape"],
): readonly PatchSize[] {
  const shortest = Math.min(height, width);
  if (scales === "small" || shortest < 2 * LARGE_PATCH) return ["small"];
  return scales === "both" ? ["small", "large"] : ["large"];
}

/** Positions of patches, down and across. */
export function gridOf(
  size: PatchSize,
  { shape: [, height, width] }: PatchView,
): readonly [down: number, across: number] {
  const patch = size === "small" ? SMALL_PATCH : LARGE_PATCH;
  return [positionsAlong(height, patch, STRIDES[size]), positionsAlong(width, patch, STRIDES[size])];
}

/** Embeddings of all patches of images, for each size [rows, positions, latentDim]; positions row by row. */
export function embedded(features: Tensor, trained: TrainedEncoder): BySize<Tensor> {
  const { encoder, sizes, view } = trained;
  const maps = embeddingMaps(encoder, viewed(features, view), trained.stored(features.graph.root), {
    small: STRIDES.small,
    large: sizes.includes("large") ? STRIDES.large : undefined,
  });
  return bySize(sizes, (size) => {
    const [down, across] = gridOf(size, view);
    return reshape(transpose(maps[size]!, [0, 2, 3, 1]), [
      features.shape[0]!,
      down * across,
      encoder.latentDim,
    ]);
  });
}

/** Embeds images one at a time. */
export class Embedder {
  readonly #session: Session;
  readonly #sizes: readonly PatchSize[];

  private constructor(session: Session, sizes: readonly PatchSize[]) {
    this.#session = session;
    this.#sizes = sizes;
  }

  static async open(runtime: Runtime, trained: TrainedEncoder): Promise<Embedder> {
    const graph = new Graph();
    const columns = trained.view.mean.length;
    const maps = embedded(graph.input("features", "float32", [1, columns]), trained);
    for (const size of trained.sizes) graph.output(size, maps[size]!);
    return new Embedder(
      await runtime.createSession(serialize(graph), { threads: runtime.cores }),
      trained.sizes,
    );
  }

  /** @returns for each size [positions, latentDim] */
  async read(features: Float32Array): Promise<BySize<Float32Array>> {
    const results = await this.#session.run({ features: float32([1, features.length], features) });
    return bySize(this.#sizes, (size) => results[size]!.data as Float32Array);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
