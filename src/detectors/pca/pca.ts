import { HypersphereError } from "../../errors.js";
import type { FeatureMatrix } from "../../features/index.js";
import { cast } from "../../graph/index.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import { covarianceOf } from "../../train/covariance.js";
import { type Detector, defineDetector } from "../define.js";
import { denseWindows } from "../fit/dense-windows.js";
import type { TrainedDetector } from "../fit/fit.js";
import { viewScorer } from "../windows/fitted-view.js";
import { furtherViews, type Look, lookView, trainingWindows } from "../windows/training-windows.js";
import { type PcaInput, type PcaOptions, pcaOptions } from "./options.js";
import {
  type Moments,
  mahalanobisDistance,
  mahalanobisMap,
  type PrincipalSubspace,
  principalSubspace,
  principalSubspaceOfFew,
  reconstructionError,
} from "./subspace.js";

/** What the card says of the training. */
export interface PcaReport {
  /** mahalanobis: how far the covariance was moved towards a multiple of the identity. */
  readonly shrinkage?: number;
  /** reconstruction: dimensions of the subspace, and the share of the variance along each of them. */
  readonly components?: number;
  readonly explainedVariance?: readonly number[];
  /** The views that the score is joined from; absent where it is the distance itself. */
  readonly views?: readonly string[];
}

/**
 * Principal component analysis: the score is the mean squared distance to the subspace in which the training rows vary
 * most, or Mahalanobis' squared distance to their mean. `fit` throws `unfit-data` for rows that are too long for it.
 *
 * @example
 * const model = await new Pca({ components: 0.9 }).fit(await open("plant.csv"));
 */
export const Pca = defineDetector<PcaOptions, PcaInput, PcaReport>({
  name: "pca",
  title: "PCA: distance to the subspace in which the training rows vary, or Mahalanobis' distance",
  options: pcaOptions,
  overlapping: true,
  train,
});
export type Pca = Detector<PcaOptions>;

async function train(
  options: PcaOptions,
  data: TrainingData,
  { backend, random, onWarning }: TrainingContext,
): Promise<TrainedDetector<PcaReport>> {
  const runtime = await backend.inline();
  const windows =
    options.normalise === "window"
      ? trainingWindows(data, data.train.rows, random.stream("rows"))
      : undefined;
  if (windows === undefined) {
    if (options.normalise === "window")
      onWarning?.('Option "normalise" has no effect: rows are no windows of a series.');
    const { value, report } = await pcaLook(options, denseWindows(data.train), runtime);
    if (explainsAll(report)) onWarning?.(EXPLAINS_ALL);
    return { scorer: { score: value, training: report }, untrained: undefined };
  }
  const look = (rows: FeatureMatrix): Promise<Look<PcaReport>> => pcaLook(options, rows, runtime);
  const { view, report } = await lookView("residual", windows, runtime, FEWEST_ROWS, look);
  if (explainsAll(report)) onWarning?.(EXPLAINS_ALL);
  const views = [view, ...(await furtherViews(options, windows, runtime))];
  return {
    scorer: { ...viewScorer(views), training: { ...report, views: views.map(({ name }) => name) } },
    untrained: undefined,
  };
}

/** Windows without which a fit to a part of them says nothing. */
const FEWEST_ROWS = 10;

/** Share of the variance below which nothing is left but roundings. */
const NOTHING_LEFT = 1e-9;

const explainsAll = ({ explainedVariance }: PcaReport): boolean =>
  explainedVariance !== undefined &&
  explainedVariance.reduce((sum, share) => sum + share, 0) >= 1 - NOTHING_LEFT;

const EXPLAINS_ALL =
  "The components explain all of the variance: rows that keep the relations between the columns have the score 0, however " +
  'far away they are. Use fewer (option "components"), or Mahalanobis\' distance (option "score").';

/** An eigenvalue problem larger than this takes minutes, and ten times longer at twice the size. */
const MOST_DIMENSIONS = 3000;

/** @throws HypersphereError `unfit-data` for rows that are too long */
export async function pcaLook(
  options: Pick<PcaOptions, "score" | "components" | "shrinkage">,
  train: FeatureMatrix,
  runtime: Runtime,
): Promise<Look<PcaReport>> {
  const few = options.score === "reconstruction" && train.rows < train.columns;
  const dimensions = few ? train.rows : train.columns;
  if (dimensions > MOST_DIMENSIONS) {
    throw new HypersphereError(
      "unfit-data",
      `Rows of ${train.columns} numbers, and ${train.rows} of them, are too large for PCA, which takes ${MOST_DIMENSIONS} of one or the other at most.`,
      { hint: "Use smaller images (imageSize), shorter windows or fewer rows, or another detector." },
    );
  }
  if (few) return reconstruction(principalSubspaceOfFew(train, options.components));
  const moments = await momentsOf(runtime, train);
  if (options.score === "mahalanobis") {
    const map = mahalanobisMap(train, moments, options.shrinkage);
    return {
      value: (rows) => cast(mahalanobisDistance(map, rows), "float32"),
      report: { shrinkage: map.shrinkage },
    };
  }
  return reconstruction(principalSubspace(moments, options.components));
}

function reconstruction(subspace: PrincipalSubspace): Look<PcaReport> {
  const explained = subspace.shares.slice(0, subspace.count);
  return {
    value: (rows) => cast(reconstructionError(subspace, rows), "float32"),
    report: { components: subspace.count, explainedVariance: explained },
  };
}

/** Mean and covariance of all rows, divided by their number. */
export async function momentsOf(runtime: Runtime, { rows, columns, data }: FeatureMatrix): Promise<Moments> {
  const mean = new Float64Array(columns);
  for (let k = 0; k < data.length; k++) mean[k % columns]! += data[k]!;
  const covariance = await covarianceOf(runtime, data, columns);
  return {
    mean: mean.map((value) => value / rows),
    covariance: covariance.map((value) => (value * (rows - 1)) / rows),
  };
}
