import { throwIfAborted } from "../../errors.js";
import { type FeatureMatrix, sampleFeatures } from "../../features/index.js";
import { add, log, mul, type Tensor } from "../../graph/index.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import { joinedViews } from "../../nn/joined-views.js";
import { inRowBlocks } from "../../nn/row-blocks.js";
import { logFloor, standardisation, standardised } from "../../nn/standardisation.js";
import { perRow } from "../../train/per-row.js";
import { type Detector, defineDetector } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import { type Neighbourhood, neighbourhoods } from "./neighbours.js";
import { type AutoInput, type AutoOptions, autoOptions } from "./options.js";
import { type NeighbourPart, neighbourLogarithms } from "./parts.js";
import { fitRandomSphere, type RandomSphere, sphereDistance } from "./random-sphere.js";
import { imagesInstead } from "./whole-images.js";

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
 * It learns from normal rows alone, and never sees a label. On fewer than 32 training rows it is the first view alone. To
 * images another detector is fitted in its place: to large ones one that makes maps, to many small ones a network that learns
 * how they were turned and moved, see `imagesInstead`.
 */
export const Auto = defineDetector<AutoOptions, AutoInput, AutoReport>({
  name: "auto",
  title: "The default for tables: nearest neighbours, local density and whitened random encoders, averaged",
  options: autoOptions,
  instead: imagesInstead,
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

function meanSphereDistance(features: Tensor, members: readonly RandomSphere[]): Tensor {
  const distances = members.map((member, k) => sphereDistance(features, member, `sphere${k}`));
  return mul(
    distances.reduce((sum, distance) => add(sum, distance)),
    1 / members.length,
  );
}

/** Both views by neighbours, standardised on training rows that are each left out of their own neighbourhood. */
function neighbourViews({ rows, columns, data }: FeatureMatrix, { k, distances, indices }: Neighbourhood) {
  const nearest = Float64Array.from({ length: rows }, (_, row) => distances[row * k]!);
  const reach = Float64Array.from({ length: rows }, (_, row) => distances[row * k + k - 1]!);
  const local = Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let place = 0; place < k; place++) sum += reach[indices[row * k + place]!]!;
    return sum / k;
  });
  const part: NeighbourPart = {
    references: data,
    columns,
    k,
    reach: Float32Array.from(reach),
    nearestFloor: logFloor(nearest),
    reachFloor: logFloor(reach),
    localFloor: logFloor(local),
  };
  return {
    part,
    nearest: standardisation(nearest.map((value) => Math.log(value + part.nearestFloor))),
    relative: standardisation(
      reach.map((value, row) => Math.log(value + part.reachFloor) - Math.log(local[row]! + part.localFloor)),
    ),
  };
}

async function sphereView(
  options: AutoOptions,
  train: FeatureMatrix,
  { backend, random, onProgress, signal }: TrainingContext,
) {
  const runtime = await backend.inline();
  const rows = sampleFeatures(train, options.maxRows, random.stream("rows"));
  const members: RandomSphere[] = [];
  const average = new Float64Array(rows.rows);
  for (let member = 0; member < options.members; member++) {
    throwIfAborted(signal);
    const sphere = await fitRandomSphere(runtime, rows, options, random.stream("sphere", member));
    members.push(sphere);
    const distances = await perRow(runtime, rows, (x) => sphereDistance(x, sphere, "sphere"));
    // What the distance would be had the row not been among those that the covariance was taken from: with leverage
    // (d^2 + 1) / n, a row pulls the ellipsoid towards itself.
    distances.forEach((distance, row) => {
      const leverage = Math.min((distance + 1) / rows.rows, 0.999);
      average[row]! += distance / (1 - leverage) / options.members;
    });
    onProgress?.({ stage: "training", fraction: 0.5 + (0.5 * (member + 1)) / options.members });
  }
  const floor = logFloor(average);
  return {
    members,
    floor,
    standardisation: standardisation(average.map((value) => Math.log(value + floor))),
  };
}
