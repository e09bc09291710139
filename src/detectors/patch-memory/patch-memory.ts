import type { Tensor } from "../../graph/index.js";
import type { TrainingContext } from "../../model/contract.js";
import { trainingBackbone } from "../backbone/training-backbone.js";
import type { Detector } from "../define.js";
import {
  defineMapDetector,
  type MapTrainingData,
  noPlaces,
  type TrainedMaps,
} from "../maps/define-map-detector.js";
import { evenMap } from "../maps/even-map.js";
import { globalMemory, positionMemory } from "../maps/normal-patches.js";
import { beyondRounding, globalDistances, positionDistances } from "../maps/patch-distances.js";
import { requirePatchFit } from "../maps/patch-features.js";
import { backbonePatches, pixelPatches } from "../maps/vector-maps.js";
import { type PatchMemoryInput, type PatchMemoryOptions, patchMemoryOptions } from "./options.js";

/** What the card says of the training. */
export interface PatchMemoryReport {
  /** Whether patches are described by a backbone or by their pixels, in how many numbers. */
  readonly features: "backbone" | "pixels";
  readonly channels: number;
  /** Places of an image. */
  readonly height: number;
  readonly width: number;
  /** Normal patches that are remembered, of all or of each position, and those that they were chosen from. */
  readonly remembered: number;
  readonly candidates: number;
  /** Largest distance of a candidate from what is remembered, in the random projections that a global choice is made in. */
  readonly radius: number;
}

const DEFAULT_SIZE = { global: 2000, position: 8 };

/**
 * Memory of normal patches, after PatchCore (Roth et al., "Towards total recall in industrial anomaly detection", CVPR
 * 2022): a map of the distance of each patch to the nearest normal one that is remembered. Patches are described by inner
 * maps of a network that the user brings (fit option `backbone`), or by their whitened pixels. Nothing is trained by
 * gradients.
 *
 * @example
 * const detector = new PatchMemory();
 * const model = await detector.fit(await open("parts/train"), { backbone: { bytes, name: "resnet18.onnx" } });
 */
export const PatchMemory = defineMapDetector<PatchMemoryOptions, PatchMemoryInput, PatchMemoryReport>({
  name: "patch-memory",
  title:
    "Maps of images of parts: how far each patch is from the nearest normal one, by a backbone or by pixels",
  options: patchMemoryOptions,
  backbone: "maps",
  before(options) {
    if (options.tile !== undefined && options.patchMemory === "position")
      throw noPlaces("patchMemory", "position");
  },
  train,
});
export type PatchMemory = Detector<PatchMemoryOptions>;

async function train(
  options: PatchMemoryOptions,
  data: MapTrainingData,
  context: TrainingContext,
): Promise<TrainedMaps<PatchMemoryReport>> {
  const runtime = await context.backend.inline();
  const { images, shape } = data;
  const { random, signal, backbone: given } = context;
  if (given === undefined) requirePatchFit(options.patchSize, shape, "patchSize");
  const backbone = given && (await trainingBackbone(runtime, given, data, options, "levels"));
  const maps =
    backbone === undefined
      ? await pixelPatches(
          runtime,
          images,
          shape,
          { side: options.patchSize, stride: options.patchStride },
          random.stream("whitening"),
          signal,
        )
      : backbonePatches(backbone);
  const onProgress = (fraction: number): void =>
    context.onProgress?.({ stage: "training", fraction: 0.95 * fraction });
  const choosing = { runtime, random, signal, onProgress };
  const { patchMemory, memorySize: size = DEFAULT_SIZE[patchMemory], maxPatches } = options;
  const memory =
    patchMemory === "global"
      ? await globalMemory(images, maps, { size, candidates: Math.max(size, maxPatches) }, choosing)
      : await positionMemory(images, maps, size, choosing);
  const all = images.rows * maps.height * maps.width;
  if (memory.candidates < all) {
    context.onWarning?.(
      `The patches to remember are chosen from ${memory.candidates} of the ${all} of the training images, drawn at random${patchMemory === "global" ? "; raise maxPatches for more" : ""}.`,
    );
  }
  const distances = patchMemory === "global" ? globalDistances : positionDistances;
  const { channels, height, width } = maps;
  return {
    raw: (features: Tensor) => {
      const map = beyondRounding(distances(features, maps, memory), memory.vectors, channels);
      return backbone === undefined ? evenMap(map, options.patchStride, [shape[1], shape[2]]) : map;
    },
    ...(backbone && { backbone: backbone.record }),
    training: {
      features: backbone === undefined ? "pixels" : "backbone",
      ...{ channels, height, width },
      remembered: memory.entries,
      candidates: memory.candidates,
      radius: memory.radius,
    },
  };
}
