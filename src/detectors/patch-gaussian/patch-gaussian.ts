import { HypersphereError } from "../../errors.js";
import { add, mul, type Tensor } from "../../graph/index.js";
import { mean } from "../../math/quantile.js";
import type { TrainingContext } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import type { Detector } from "../define.js";
import { defineMapDetector, type MapTrainingData, type TrainedMaps } from "../maps/define-map-detector.js";
import { eachImage } from "../maps/each-image.js";
import { evenMap } from "../maps/even-map.js";
import { rawPatches } from "../maps/patch-features.js";
import {
  type LocalDensity,
  LocalMoments,
  logDistances,
  meanLogDeterminant,
  squaredDistances,
} from "./density.js";
import { type PatchGaussianInput, type PatchGaussianOptions, patchGaussianOptions } from "./options.js";
import { whitenedPatches } from "./whitened-patches.js";

/** What the card says of the training. */
export interface PatchGaussianReport {
  /** For each size of patches. */
  readonly sizes: readonly {
    readonly side: number;
    readonly density: "global" | "local";
    /** Mean negative log-likelihood of held-out patches, but for a constant; absent where the density was given. */
    readonly heldOut?: { readonly global: number; readonly local: number };
  }[];
}

/**
 * Patches of normal images as a Gaussian, on whitened pixels: a map of the squared Mahalanobis distance of every patch,
 * as its logarithm. Nothing is trained by gradients. One Gaussian stands for all patches, or one for each part of the image,
 * whichever gives held-out images the higher likelihood.
 *
 * @example
 * const model = await new PatchGaussian().fit(await open("parts/train"));
 */
export const PatchGaussian = defineMapDetector<PatchGaussianOptions, PatchGaussianInput, PatchGaussianReport>(
  {
    name: "patch-gaussian",
    title: "Maps of images of parts: how far each patch is from those of normal images, by a Gaussian",
    options: patchGaussianOptions,
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
  const [, height, width] = data.shape;
  const sides = [...new Set(options.patchSizes)];
  requireFit(Math.max(...sides), Math.min(height, width));
  const sizes: Size[] = [];
  for (const [k, side] of sides.entries()) {
    sizes.push(await trainSize(options, side, data, context, runtime));
    context.onProgress?.({ stage: "training", fraction: (k + 1) / (sides.length + 1) });
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
    training: { sizes: sizes.map(({ map: _, ...size }) => size) },
  };
}

async function trainSize(
  options: PatchGaussianOptions,
  side: number,
  { images, validation, shape }: MapTrainingData,
  { random, signal }: TrainingContext,
  runtime: Runtime,
): Promise<Size> {
  const patches = rawPatches(shape, side, options.patchStride);
  const stream = random.stream("patches", side);
  const { weights, offset } = await whitenedPatches(runtime, images, shape, side, options, stream, signal);
  const white = (features: Tensor): Tensor => patches.projected(features, weights, offset);
  const of = (density: "global" | "local", local?: LocalDensity) => ({
    side,
    density,
    map: (features: Tensor) =>
      evenMap(logDistances(white(features), local), options.patchStride, [shape[1], shape[2]]),
  });
  if (options.patchDensity === "global") return of("global");
  const moments = new LocalMoments(patches, offset.length);
  await eachImage(runtime, [images], white, (z) => moments.add(z), signal);
  const local = moments.density();
  if (options.patchDensity === "local") return of("local", local);
  const loss = async (density: LocalDensity | undefined): Promise<number> => {
    const distances: number[] = [];
    const each = (features: Tensor): Tensor => squaredDistances(white(features), density);
    await eachImage(runtime, [validation], each, (values) => distances.push(mean(values)), signal);
    return (mean(distances) + (density ? meanLogDeterminant(density, patches) : 0)) / 2;
  };
  const heldOut = { global: await loss(undefined), local: await loss(local) };
  return { ...(heldOut.local < heldOut.global ? of("local", local) : of("global")), heldOut };
}

/** @throws HypersphereError `unfit-data` for images smaller than a patch */
function requireFit(side: number, shorter: number): void {
  if (side <= shorter) return;
  throw new HypersphereError(
    "unfit-data",
    `The images that the model sees are ${shorter} pixels high or wide, and patches are ${side}.`,
    { hint: "Use smaller patches (patchSizes) or larger images (imageSize)." },
  );
}
