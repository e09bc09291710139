import { add, concat, mul, type Tensor } from "../../graph/index.js";
import { mean } from "../../math/quantile.js";
import type { TrainingContext } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import type { Backbone } from "../backbone/backbone.js";
import { trainingBackbone } from "../backbone/training-backbone.js";
import type { Detector } from "../define.js";
import {
  defineMapDetector,
  type MapTrainingData,
  noPlaces,
  type TrainedMaps,
} from "../maps/define-map-detector.js";
import { drawnVectors } from "../maps/drawn-vectors.js";
import { eachImage } from "../maps/each-image.js";
import { evenMap } from "../maps/even-map.js";
import { type PatchFeatures, rawPatches, requirePatchFit } from "../maps/patch-features.js";
import { backbonePatches, someChannels } from "../maps/vector-maps.js";
import { type PatchWhitening, whitenedPatches, whiteningOf } from "../maps/whitened-patches.js";
import {
  type LocalDensity,
  LocalMoments,
  logDistances,
  meanLogDeterminant,
  squaredDistances,
} from "./density.js";
import { type PatchGaussianInput, type PatchGaussianOptions, patchGaussianOptions } from "./options.js";

/** What the card says of the training. */
export interface PatchGaussianReport {
  /** For each size of patches, or once for a backbone. */
  readonly sizes: readonly {
    /** Absent where a backbone describes patches. */
    readonly side?: number;
    readonly density: "global" | "local";
    /** Mean negative log-likelihood of held-out patches, but for a constant; absent where the density was given. */
    readonly heldOut?: { readonly global: number; readonly local: number };
  }[];
}

/**
 * Patches of normal images as a Gaussian, on whitened pixels or on inner maps of a network that the user brings: a map of
 * the squared Mahalanobis distance of every patch, as its logarithm. Nothing is trained by gradients. One Gaussian stands for
 * all patches, or one for each part of the image, whichever gives held-out images the higher likelihood.
 *
 * @example
 * const model = await new PatchGaussian().fit(await open("parts/train"));
 */
export const PatchGaussian = defineMapDetector<PatchGaussianOptions, PatchGaussianInput, PatchGaussianReport>(
  {
    name: "patch-gaussian",
    title: "Maps of images of parts: how far each patch is from those of normal images, by a Gaussian",
    options: patchGaussianOptions,
    backbone: "maps",
    before(options) {
      if (options.tile !== undefined && options.patchDensity === "local")
        throw noPlaces("patchDensity", "local");
    },
    train,
  },
);
export type PatchGaussian = Detector<PatchGaussianOptions>;

type Size = PatchGaussianReport["sizes"][number] & { map(features: Tensor): Tensor };

async function train(
  options: PatchGaussianOptions,
  data: MapTrainingData,
  context: TrainingContext,
): Promise<TrainedMaps<PatchGaussianReport>> {
  const runtime = await context.backend.inline();
  const { backbone: given, onProgress } = context;
  const backbone = given && (await trainingBackbone(runtime, given, data, options, "levels"));
  const described =
    backbone === undefined
      ? await pixelPatches(options, data, context, runtime)
      : [await networkPatches(options, backbone, data, context, runtime)];
  const sizes: Size[] = [];
  for (const each of described) {
    sizes.push(await trainSize(options, each, data, context, runtime));
    onProgress?.({ stage: "training", fraction: sizes.length / (described.length + 1) });
  }
  return {
    raw: (features) => {
      const maps = sizes.map((size) => size.map(features));
      return mul(
        maps.reduce((sum, map) => add(sum, map)),
        1 / maps.length,
      );
    },
    // Sixty thousand patches say little of any one of them: images that they are from look like others.
    calibrateOn: "all",
    ...(backbone && { backbone: backbone.record }),
    training: { sizes: sizes.map(({ map: _, ...size }) => size) },
  };
}

/** Patches as vectors, and how those become uncorrelated. */
interface Described {
  readonly side?: number;
  readonly patches: PatchFeatures;
  readonly map: PatchWhitening;
}

/** @throws HypersphereError `unfit-data` for images smaller than a patch */
async function pixelPatches(
  options: PatchGaussianOptions,
  { shape, images }: MapTrainingData,
  { random, signal }: TrainingContext,
  runtime: Runtime,
): Promise<Described[]> {
  const sides = [...new Set(options.patchSizes)];
  requirePatchFit(Math.max(...sides), shape, "patchSizes");
  const described: Described[] = [];
  for (const side of sides) {
    const stream = random.stream("patches", side);
    const map = await whitenedPatches(runtime, images, shape, side, options, stream, signal);
    described.push({ side, patches: rawPatches(shape, side, options.patchStride), map });
  }
  return described;
}

/** Covariances of more numbers take too long to take apart. */
const MOST_CHANNELS = 400;

async function networkPatches(
  options: PatchGaussianOptions,
  backbone: Backbone,
  { images }: MapTrainingData,
  { random, signal }: TrainingContext,
  runtime: Runtime,
): Promise<Described> {
  const patches = someChannels(backbonePatches(backbone), MOST_CHANNELS, random.stream("channels"));
  const stream = random.stream("patches");
  const vectors = await drawnVectors(runtime, images, patches, options.maxPatches, stream, signal);
  return { patches, map: await whiteningOf(runtime, vectors, patches.channels, options) };
}

async function trainSize(
  options: PatchGaussianOptions,
  { side, patches, map }: Described,
  { images, validation, shape, tiled }: MapTrainingData,
  { signal }: TrainingContext,
  runtime: Runtime,
): Promise<Size> {
  const { weights, offset } = map;
  const white = (features: Tensor): Tensor => patches.projected(features, weights, offset);
  const of = (density: "global" | "local", local?: LocalDensity) => ({
    ...(side !== undefined && { side }),
    density,
    map: (features: Tensor) => {
      const distances = logDistances(white(features), local);
      return side === undefined ? distances : evenMap(distances, options.patchStride, [shape[1], shape[2]]);
    },
  });
  if (options.patchDensity === "global" || tiled) return of("global");
  const moments = new LocalMoments(patches, offset.length);
  await eachImage(runtime, [images], white, (z) => moments.add(z), signal);
  const local = moments.density();
  if (options.patchDensity === "local") return of("local", local);
  const both = (features: Tensor): Tensor => {
    const z = white(features);
    return concat([squaredDistances(z, undefined), squaredDistances(z, local)], 1);
  };
  const heldOut = { global: 0, local: meanLogDeterminant(local, patches) / 2 };
  const take = (distances: Float32Array): void => {
    const half = distances.length / 2;
    heldOut.global += mean(distances.subarray(0, half)) / (2 * validation.rows);
    heldOut.local += mean(distances.subarray(half)) / (2 * validation.rows);
  };
  await eachImage(runtime, [validation], both, take, signal);
  return { ...(heldOut.local < heldOut.global ? of("local", local) : of("global")), heldOut };
}
