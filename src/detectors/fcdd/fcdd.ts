import type { TrainingContext } from "../../model/contract.js";
import { mapNetwork } from "../../nn/images/map-network.js";
import { ParameterLayout } from "../../nn/parameters.js";
import type { ImageShape } from "../../synthesis/images.js";
import type { Detector } from "../define.js";
import { defineMapDetector, type MapTrainingData, type TrainedMaps } from "../maps/define-map-detector.js";
import { judgeCollapse } from "../networks/collapse.js";
import { trainMembers } from "../networks/ensemble.js";
import type { StageReport } from "../networks/report.js";
import type { CropSource, KnownDefect } from "./crops.js";
import { channelMoments, type ImagePool, poolOf, readPool } from "./image-pool.js";
import { FIELDS } from "./objective.js";
import { type FcddInput, type FcddOptions, fcddOptions } from "./options.js";
import { fcddMap, padded } from "./raw-map.js";
import { trainNetwork } from "./train-network.js";

/** What the card says of the training. */
export interface FcddReport {
  readonly health: { readonly healthy: boolean };
  /** The one network; its epochs are steps. */
  readonly members: readonly { readonly training: StageReport }[];
  /** What it learned from: images that crops were cut from, and others that are known to be abnormal. */
  readonly learnedFrom: {
    readonly images: number;
    readonly defects: number;
    readonly outliers: number;
    /** Size of the crops. */
    readonly height: number;
    readonly width: number;
  };
}

/**
 * FCDD (Liznerski et al., "Explainable Deep One-Class Classification", ICLR 2021): a fully convolutional network whose
 * output itself is the map. It learns from normal images and from copies with defects drawn into them, from labelled
 * defects with masks, and from outliers. By default it learns pixel by pixel; `loss: "image"` and `drawnDefects: "confetti"` is
 * what was published.
 *
 * @example
 * const model = await new Fcdd({ seed: 7 }).fit(await open("parts/train"));
 */
export const Fcdd = defineMapDetector<FcddOptions, FcddInput, FcddReport>({
  name: "fcdd",
  title: "FCDD: maps of images of parts, by a network that learns to find defects drawn into normal images",
  options: fcddOptions,
  learnsFrom: { outliers: true, defects: true },
  learnsAgainst: ["confetti", "defects"],
  train,
});
export type Fcdd = Detector<FcddOptions>;

async function train(
  options: FcddOptions,
  data: MapTrainingData,
  context: TrainingContext,
): Promise<TrainedMaps<FcddReport>> {
  const { images, validation, shape, defects, outliers } = data;
  const { random, signal } = context;
  const [channels, height, width] = shape;
  const pool = await readPool(images, shape, random.stream("pool"), signal);
  const moments = channelMoments(pool);
  const known = [...knownDefects(defects), ...knownOutliers(outliers, shape)];
  const side = (length: number): number => Math.min(options.cropSize, padded(length));
  const crop: ImageShape = [channels, side(height), side(width)];
  const source: CropSource = { pool, known, moments, crop };
  const held: ImagePool =
    validation.rows === 0 ? pool : await readPool(validation, shape, random.stream("watched"), signal);
  const network = mapNetwork(channels, options.mapWidths as [number, number, number], options.slope);
  const [result] = await trainMembers(1, Math.max(1, options.steps), context, (given) =>
    trainNetwork(network, options, source, { ...source, pool: held, known: [] }, given),
  );
  const { trained, untrained, report } = result!;
  const hint = "Lower the learning rate.";
  judgeCollapse("The network", [{ stage: "training", report, fatal: report.kept === 0 }], hint, context);
  const layout = new ParameterLayout(network.parameters);
  const map = (parameters: Float32Array) => fcddMap(network, layout, parameters, shape, moments);
  const learnedFrom = {
    images: pool.images.length,
    defects: defects?.images.rows ?? 0,
    outliers: outliers?.rows ?? 0,
    height: crop[1],
    width: crop[2],
  };
  return {
    raw: map(trained),
    // A few hundred steps on crops: images that were learned from look to the network like others.
    calibrateOn: "all",
    // Finer than maps are spread, there is nothing to tell apart.
    momentsSigma: FIELDS.sigma,
    untrained: map(untrained),
    training: {
      health: { healthy: report.signs.length === 0 },
      members: [{ training: report }],
      learnedFrom,
    },
  };
}

function knownDefects(defects: MapTrainingData["defects"]): KnownDefect[] {
  return defects === undefined
    ? []
    : poolOf(defects.images).map((image, row) => knownDefect(image, defects.masks[row]!));
}

/** Outliers are abnormal everywhere. */
function knownOutliers(
  outliers: MapTrainingData["outliers"],
  [, height, width]: MapTrainingData["shape"],
): KnownDefect[] {
  if (outliers === undefined) return [];
  const everywhere = new Uint8Array(height * width).fill(1);
  return poolOf(outliers).map((image) => knownDefect(image, everywhere));
}

function knownDefect(image: Uint8Array, mask: Uint8Array): KnownDefect {
  const places: number[] = [];
  mask.forEach((value, at) => {
    if (value !== 0) places.push(at);
  });
  return { image, mask, places: Uint32Array.from(places) };
}
