/** Vectors that describe the places of an image, from a user's own network or from pixels. */
import { concat, conv, div, gather, reshape, resize, type Tensor } from "../../graph/index.js";
import type { RandomStream } from "../../math/random.js";
import type { RowReader } from "../../model/contract.js";
import { patchProducts } from "../../nn/images/patch-products.js";
import type { Runtime } from "../../runtime/index.js";
import type { Backbone } from "../backbone/backbone.js";
import { type PatchFeatures, rawPatches } from "./patch-features.js";
import { WHITENING, whitenedPatches } from "./whitened-patches.js";

/** Patch features that are vectors to compare as they are. */
export interface VectorMaps extends Pick<PatchFeatures, "channels" | "height" | "width"> {
  /** From features of images to float32 [rows, channels, height, width]. */
  vectors(features: Tensor): Tensor;
}

/**
 * Maps of a network as PatchCore has them (Roth et al., 2022): each the mean over 3 x 3 places, at the size of the finest,
 * one after the other.
 */
export function backbonePatches(backbone: Backbone): PatchFeatures & VectorMaps {
  const { shapes } = backbone;
  const height = Math.max(...shapes.map((shape) => shape[1]));
  const width = Math.max(...shapes.map((shape) => shape[2]));
  const channels = shapes.reduce((sum, shape) => sum + shape[0], 0);
  const vectors = (features: Tensor): Tensor => {
    const [rows] = features.shape as [number | string];
    const maps = backbone.maps(features).map((map, k) => {
      const [own, h, w] = shapes[k]!;
      const planes = localMeans(reshape(map, ["planes", 1, h, w]));
      const sized = h === height && w === width ? planes : resize(planes, height, width);
      return reshape(sized, [rows, own, height, width]);
    });
    return concat(maps, 1);
  };
  return projecting({ channels, height, width, vectors });
}

/** So many of the channels, drawn at random, as in PaDiM (Defard et al., 2021); all where there are no more. */
export function someChannels(
  maps: VectorMaps,
  most: number,
  random: RandomStream,
): PatchFeatures & VectorMaps {
  if (maps.channels <= most) return projecting(maps);
  const chosen = random.sample(maps.channels, most).sort();
  return projecting({
    ...maps,
    channels: most,
    vectors: (features) => gather(maps.vectors(features), features.graph.root.indices([...chosen]), 1),
  });
}

function projecting(maps: VectorMaps): PatchFeatures & VectorMaps {
  return {
    ...maps,
    projected(features, weights, offset) {
      return patchProducts(maps.vectors(features), { weights, offset, side: 1, stride: 1 });
    },
  };
}

/** Means over 3 x 3 places, at the edges over those inside. @param planes [planes, 1, height, width] */
function localMeans(planes: Tensor): Tensor {
  const { graph } = planes;
  const [, , height, width] = planes.shape as [string, 1, number, number];
  const sums = conv(planes, graph.constant("float32", [1, 1, 3, 3], new Float32Array(9).fill(1)), {
    pads: 1,
  });
  const inside = (place: number, length: number): number =>
    Math.min(place + 1, length - 1) - Math.max(place - 1, 0) + 1;
  const counts = Float32Array.from(
    { length: height * width },
    (_, k) => inside(Math.floor(k / width), height) * inside(k % width, width),
  );
  return div(sums, graph.constant("float32", [height, width], counts));
}

/** Whitened pixels of patches: no direction counts for more than another because normal patches vary more along it. */
export async function pixelPatches(
  runtime: Runtime,
  images: RowReader,
  shape: readonly [channels: number, height: number, width: number],
  { side, stride }: { readonly side: number; readonly stride: number },
  random: RandomStream,
  signal?: AbortSignal,
): Promise<VectorMaps> {
  const patches = rawPatches(shape, side, stride);
  const options = { ...WHITENING, maxPatches: MOST_PATCHES };
  const { weights, offset } = await whitenedPatches(runtime, images, shape, side, options, random, signal);
  const { height, width } = patches;
  return {
    channels: offset.length,
    height,
    width,
    vectors: (features) => patches.projected(features, weights, offset),
  };
}

/** That the whitening is learned from. */
const MOST_PATCHES = 20_000;
