import type { Dataset } from "../../data/index.js";
import { kindOf, sampleFeatures } from "../../features/index.js";
import { add, log, type Tensor } from "../../graph/index.js";
import type { TrainingContext, TrainingData, Views } from "../../model/contract.js";
import { joinedViews } from "../../nn/joined-views.js";
import { inRowBlocks, severalInRowBlocks } from "../../nn/row-blocks.js";
import { standardised } from "../../nn/standardisation.js";
import { type Detector, defineDetector, type Instead } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import { joinedScorer, standardisedViews } from "../windows/fitted-view.js";
import { furtherViews, trainingWindows } from "../windows/training-windows.js";
import { neighbourViews } from "./neighbour-views.js";
import { neighbourhoods } from "./neighbours.js";
import {
  type AutoInput,
  type AutoOptions,
  autoOptions,
  changedOption,
  OF_FURTHER_VIEWS,
  refuseMinutes,
  refuseMovement,
} from "./options.js";
import { neighbourLogarithms } from "./parts.js";
import { meanSphereDistance, sphereView } from "./sphere-view.js";

/** What the card says of the training. */
export interface AutoReport {
  /** The views that the score is the mean of. */
  readonly views: readonly string[];
  /** Training rows that neighbours are looked for in. */
  readonly references: number;
  readonly rows: number;
  readonly neighbours: number;
}

/** With fewer training rows the nearest neighbour alone does better than the average (docs/detectors/auto.md). */
const FEW_ROWS = 32;
/** Windows that say what amplitude is usual. */
const MOST_WINDOWS = 20_000;
/** Distances held at once while scoring: with the steps between them few enough to stay in a core's own cache. */
const DISTANCES_PER_BLOCK = 2 ** 16;

/**
 * The default for tables: the mean of three views of a row, each as a standardised logarithm passed through a
 * softplus, so that a view which finds the row utterly normal cannot cancel the others.
 *
 * - its distance to the nearest training row (global distance),
 * - its distance to the k-th neighbour, relative to the neighbours' own such distances (local density),
 * - its distance to the centre of whitened random encoders (Deep SVDD before training).
 *
 * Windows of series are asked how far single steps and levels are from the usual, in place of the last two: see `amplitudeViews`.
 * It learns from normal rows alone, and never sees a label. On fewer than 32 training rows it is the first view alone. To
 * images another detector is fitted in its place: to large ones one that makes maps, to many small ones a network that learns
 * how they were turned and moved, see `imagesInstead`.
 */
export const Auto = defineDetector<AutoOptions, AutoInput, AutoReport>({
  name: "auto",
  title: "The default for tables: nearest neighbours, local density and whitened random encoders, averaged",
  options: autoOptions,
  instead,
  // Of small images it learns which way they are turned.
  learnsAgainst: ["turned"],
  overlapping: true,
  train,
});
export type Auto = Detector<AutoOptions>;

/** What images are given to is loaded where there are images: in a browser, tables come without waiting for it. */
async function instead(options: AutoOptions, data: Dataset): Promise<Instead | undefined> {
  if (kindOf(data).columns(data).length > 0) {
    refuseMinutes(options);
    return undefined;
  }
  refuseMovement(options);
  const { imagesInstead } = await import("./whole-images.js");
  return imagesInstead(options, data);
}

async function train(
  options: AutoOptions,
  data: TrainingData,
  context: TrainingContext,
): Promise<TrainedDetector<AutoReport>> {
  const { random, onProgress, onWarning, signal } = context;
  const windows = data.inputShape.length === 2 && data.inputShape[0]! >= 2;
  if (!windows) refuseMovement(options);
  const references = sampleFeatures(data.train, options.maxReferences, random.stream("references"));
  const k = Math.min(options.neighbours, references.rows - 1);
  const neighbourhood = await neighbourhoods(references, k, signal);
  const neighbours = neighbourViews(references, neighbourhood);
  onProgress?.({ stage: "training", fraction: 0.5 });
  const few = data.train.rows < FEW_ROWS;
  const amplitude = few || !windows ? undefined : await amplitudeOf(options, data, context);
  if (options.movement && few)
    onWarning?.(`Option "movement" has no effect on fewer than ${FEW_ROWS} windows.`);
  const isAsked = changedOption(options, OF_FURTHER_VIEWS) !== undefined;
  const alone = few || (amplitude !== undefined && !isAsked);
  const spheres = alone ? undefined : await sphereView(options, data.train, context);
  const views = ["nearest", ...(spheres === undefined ? [] : ["relative", "sphere"])];

  const parts = (x: Tensor): Tensor[] => {
    const { nearest, relative } = neighbourLogarithms(x, neighbours.part);
    const first = standardised(nearest, neighbours.nearest);
    if (spheres === undefined) return [first];
    const logarithm = log(add(meanSphereDistance(x, spheres.members), spheres.floor));
    return [
      first,
      standardised(relative, neighbours.relative),
      standardised(logarithm, spheres.standardisation),
    ];
  };
  const block = Math.max(16, Math.floor(DISTANCES_PER_BLOCK / references.rows));
  const training: AutoReport = {
    views: [...views, ...(amplitude?.names ?? [])],
    references: references.rows,
    rows: data.train.rows,
    neighbours: k,
  };
  const scorer =
    amplitude === undefined
      ? { score: (features: Tensor) => inRowBlocks(features, block, (x) => joinedViews(parts(x))) }
      : joinedScorer({
          names: training.views,
          values: (features) => [
            ...severalInRowBlocks(features, block, parts),
            ...amplitude.values(features),
          ],
        });
  return { scorer: { ...scorer, training }, untrained: undefined };
}

/** How far single steps and levels of windows are from the usual, and what else is asked. */
async function amplitudeOf(
  { movement }: AutoOptions,
  data: TrainingData,
  { backend, random }: TrainingContext,
): Promise<Views> {
  const windows = trainingWindows(data, MOST_WINDOWS, random.stream("windows"))!;
  // Beside the nearest neighbour, views of amplitude alone unless a person asks: docs/adr/0019-families-by-planted-faults.md, 0021.
  const asked = { amplitude: true, singleSteps: false, movement };
  return standardisedViews(await furtherViews(asked, windows, await backend.inline()));
}
