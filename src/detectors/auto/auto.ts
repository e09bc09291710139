import { sampleFeatures } from "../../features/index.js";
import { add, log, type Tensor } from "../../graph/index.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import { joinedViews } from "../../nn/joined-views.js";
import { inRowBlocks } from "../../nn/row-blocks.js";
import { standardised } from "../../nn/standardisation.js";
import { type Detector, defineDetector } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import { partsInstead } from "./inspection.js";
import { neighbourViews } from "./neighbour-views.js";
import { neighbourhoods } from "./neighbours.js";
import { type AutoInput, type AutoOptions, autoOptions } from "./options.js";
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
/** Distances held at once while scoring: few enough to stay in a processor's cache. */
const DISTANCES_PER_BLOCK = 2 ** 20;

/**
 * The default for tables: the mean of three views of a row, each as a standardised logarithm passed through a
 * softplus, so that a view which finds the row utterly normal cannot cancel the others.
 *
 * - its distance to the nearest training row (global distance),
 * - its distance to the k-th neighbour, relative to the neighbours' own such distances (local density),
 * - its distance to the centre of whitened random encoders (Deep SVDD before training).
 *
 * It learns from normal rows alone, and never sees a label. On fewer than 32 training rows it is the first view alone. Large
 * images are taken for photographs of parts, and a detector that makes maps is fitted in its place: see `partsInstead`.
 */
export const Auto = defineDetector<AutoOptions, AutoInput, AutoReport>({
  name: "auto",
  title: "The default for tables: nearest neighbours, local density and whitened random encoders, averaged",
  options: autoOptions,
  instead: partsInstead,
  train,
});
export type Auto = Detector<AutoOptions>;

async function train(
  options: AutoOptions,
  data: TrainingData,
  context: TrainingContext,
): Promise<TrainedDetector<AutoReport>> {
  const { random, onProgress, signal } = context;
  const references = sampleFeatures(data.train, options.maxReferences, random.stream("references"));
  const k = Math.min(options.neighbours, references.rows - 1);
  const neighbourhood = await neighbourhoods(references, k, signal);
  const neighbours = neighbourViews(references, neighbourhood);
  onProgress?.({ stage: "training", fraction: 0.5 });
  const spheres = data.train.rows < FEW_ROWS ? undefined : await sphereView(options, data.train, context);
  const views = ["nearest", ...(spheres === undefined ? [] : ["relative", "sphere"])];

  const rowScore = (x: Tensor): Tensor => {
    const { nearest, relative } = neighbourLogarithms(x, neighbours.part);
    const parts = [standardised(nearest, neighbours.nearest)];
    if (spheres !== undefined) {
      const logarithm = log(add(meanSphereDistance(x, spheres.members), spheres.floor));
      parts.push(
        standardised(relative, neighbours.relative),
        standardised(logarithm, spheres.standardisation),
      );
    }
    return joinedViews(parts);
  };
  const block = Math.max(16, Math.floor(DISTANCES_PER_BLOCK / references.rows));
  const training: AutoReport = { views, references: references.rows, rows: data.train.rows, neighbours: k };
  return {
    scorer: { score: (features) => inRowBlocks(features, block, rowScore), training },
    untrained: undefined,
  };
}
