import { type Graph, split, type Tensor } from "../../graph/index.js";
import {
  LARGE_PATCH,
  largeEmbeddings,
  type PatchEncoder,
  SMALL_PATCH,
  smallEmbeddings,
} from "../../nn/images/patch-encoder.js";
import { reflected } from "../../nn/images/reflect.js";
import type { Parameters } from "../../nn/parameters.js";
import { type PatchView, viewed } from "./patch-images.js";
import { type BySize, bySize, type PatchSize } from "./patch-sizes.js";

/** Patches of images are embedded at this distance, in pixels: that of the small ones as published. */
export const MAP_STRIDE = 4;

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

/** Places of an image that patches are embedded at, down and across. */
export const placesOf = ({ shape: [, height, width] }: PatchView): readonly [number, number] => [
  Math.ceil(height / MAP_STRIDE),
  Math.ceil(width / MAP_STRIDE),
];

/**
 * Embeddings of the patches about the middle of each place of images, where edges are mirrored: for each size [rows,
 * latentDim, places down, places across].
 */
export function embedded(features: Tensor, { encoder, sizes, view, stored }: TrainedEncoder): BySize<Tensor> {
  const [, height, width] = view.shape;
  const large = sizes.includes("large");
  // The quarters of a large patch are small patches, 16 pixels from its middle along each axis.
  const around = large ? SMALL_PATCH / 2 : 0;
  const before = (SMALL_PATCH - MAP_STRIDE) / 2 + around;
  const [down, across] = placesOf(view);
  const after = (length: number, places: number): number =>
    (places - 1) * MAP_STRIDE + SMALL_PATCH + 2 * around - before - length;
  const wide = reflected(viewed(features, view), [before, before, after(height, down), after(width, across)]);
  const parameters = stored(features.graph.root);
  const small = smallEmbeddings(encoder, wide, parameters, MAP_STRIDE);
  const skipped = around / MAP_STRIDE;
  return bySize(sizes, (size) =>
    size === "large"
      ? largeEmbeddings(small, parameters, MAP_STRIDE)
      : within(small, [skipped, skipped], [down, across]),
  );
}

/** A part of maps [rows, channels, height, width]. */
function within(
  maps: Tensor,
  [top, left]: readonly [number, number],
  [height, width]: readonly [number, number],
): Tensor {
  if (top === 0 && left === 0) return maps;
  const along = (x: Tensor, axis: number, from: number, count: number): Tensor => {
    const rest = (x.shape[axis] as number) - from - count;
    return split(x, axis, [from, count, rest])[1]!;
  };
  return along(along(maps, 2, top, height), 3, left, width);
}
