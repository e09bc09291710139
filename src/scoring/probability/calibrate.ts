/**
 * From scores to probabilities of being an anomaly, by labelled rows. A probability is another thing than a p-value:
 * a p-value is the share of normal rows that look at least as abnormal and needs no anomaly to compute; a probability
 * is the share of anomalies among labelled rows with such a score, and holds at a stated prevalence only.
 */
import { HypersphereError } from "../../errors.js";
import { iqr, median } from "../../math/quantile.js";
import { createRandom } from "../../math/random.js";
import { countLabels, type Labels } from "../../metrics/labels.js";
import { auroc } from "../../metrics/ranking.js";
import { checkOption, checkScores } from "../conformal/calibration.js";
import { curveAt, type IsotonicCurve, isotonicRegression } from "./isotonic.js";
import { logisticAt, logisticLoss, plattScaling, smoothedTargets } from "./platt.js";
import { type Reliability, reliability } from "./reliability.js";

export type ProbabilityMethod = "isotonic" | "platt";

/** Scores to probabilities, non-decreasing; plain values fit for JSON. */
export type ProbabilityCurve =
  /** Straight between knots (x: score, y: probability), level beyond. */
  | ({ readonly method: "isotonic" } & IsotonicCurve)
  /** 1 / (1 + exp(-(slope z + intercept))) of z = asinh((score - centre) / scale). */
  | {
      readonly method: "platt";
      readonly centre: number;
      readonly scale: number;
      readonly slope: number;
      readonly intercept: number;
    };

export interface ProbabilityCalibration {
  readonly curve: ProbabilityCurve;
  /** Share of anomalies among all rows, at which the probabilities hold, in (0, 1). */
  readonly prevalence: number;
  /** Labelled rows that it was learned from. */
  readonly labelled: { readonly anomalies: number; readonly normals: number };
  /** Number of folds behind `reliability`. */
  readonly folds: number;
  /** Cross-validated: every row is judged by a curve that was fitted without it. */
  readonly reliability: Reliability;
}

export interface CalibrateOptions {
  /** Default "platt": two numbers to learn. "isotonic" assumes no shape and wants many more rows. */
  method?: ProbabilityMethod | undefined;
  /**
   * Share of anomalies where the model is used, in (0, 1). Default: their share of the labelled rows, which is seldom
   * the real one. Odds are corrected by Bayes' rule: scores within each class are taken to be alike in both places.
   */
  prior?: number | undefined;
  /** Number of cross-validation folds, an integer from 2 to 20; default 5. */
  folds?: number | undefined;
  /** For the folds; default 0. */
  seed?: number | string | undefined;
}

/** Fewer labelled rows of a class than this are refused. */
export const LEAST_PER_CLASS: Readonly<Record<ProbabilityMethod, number>> = { platt: 10, isotonic: 50 };

/**
 * Learns probabilities from scores and labels of rows that the detector was not trained on. Labels are smoothed as in
 * {@link smoothedTargets}, for isotonic regression too: no probability is 0 or 1 but by rounding.
 * @param scores [n], finite; rounded to float32, which is what models answer
 * @param labels [n] 0/1
 * @throws unfit-data with fewer than {@link LEAST_PER_CLASS} rows of a class, or where a higher score does not mean
 * more anomalies; invalid-option on options
 * @example
 * const calibration = calibrateProbabilities(scores, labels, { prior: 0.01 });
 * const better = await model.withProbability(calibration);
 */
export function calibrateProbabilities(
  scores: ArrayLike<number>,
  labels: Labels,
  options: CalibrateOptions = {},
): ProbabilityCalibration {
  const { method = "platt", folds = 5, seed = 0 } = options;
  const { labels: truth, anomalies, normals } = checked(scores, labels, method, folds);
  const prevalence = options.prior ?? anomalies / (anomalies + normals);
  checkOption(prevalence, 0, 1, "calibrateProbabilities: prior", "open");
  const rounded = Float32Array.from(scores);
  const ranking = auroc(truth, rounded);
  const curve = fitCurve(rounded, truth, method, prevalence);
  if (ranking <= 0.5 || (curve.method === "platt" && curve.slope <= 0)) {
    throw new HypersphereError(
      "unfit-data",
      `calibrateProbabilities: a higher score does not mean more anomalies on these rows (AUROC ${ranking.toFixed(3)}).`,
      {
        hint: "Check that the labels are the right way round; otherwise this model does not find these anomalies.",
      },
    );
  }
  const heldOut = crossValidated(rounded, truth, method, prevalence, folds, seed);
  return {
    curve,
    prevalence,
    labelled: { anomalies, normals },
    folds,
    reliability: reliability(heldOut, truth, { prevalence }),
  };
}

/** Probability of being an anomaly per score, in [0, 1], non-decreasing in the score. */
export function probabilities(curve: ProbabilityCurve, scores: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return Float64Array.from(scores, (score) =>
    curve.method === "isotonic"
      ? curveAt(curve, score)
      : logisticAt(curve, compressed(score, curve.centre, curve.scale)),
  );
}

/** Up to how many interquartile ranges of the normal rows from their median scores stay as they are; the best is taken. */
const WIDTHS = [1, 4, 16];

/**
 * Heavy tails, tamed: about straight within `scale` of the centre, logarithmic far out. A logistic curve of raw scores
 * would be bent by one score of a million. Defined for negative scores, which a logarithm is not.
 */
function compressed(score: number, centre: number, scale: number): number {
  return Math.asinh((score - centre) / scale);
}

function fitCurve(
  scores: Float32Array,
  truth: Uint8Array,
  method: ProbabilityMethod,
  prevalence: number,
): ProbabilityCurve {
  const { anomalies, normals } = countLabels(truth, "calibrateProbabilities");
  const shift = logit(prevalence) - Math.log(anomalies / normals);
  if (method === "isotonic") {
    const targets = smoothedTargets(normals, anomalies);
    const { x, y } = isotonicRegression(
      scores,
      Float64Array.from(truth, (label) => targets[label as 0 | 1]),
    );
    return { method, x, y: y.map((p) => 1 / (1 + Math.exp(-(logit(p) + shift)))) };
  }
  // In the graph these are float32; made so before the fit, nothing is lost there.
  const normalScores = scores.filter((_, row) => truth[row] === 0);
  const centre = Math.fround(median(normalScores));
  // Where half of the normal rows have one score, any unit will do: the largest distance from it is at hand.
  const widest = scores.reduce((most, score) => Math.max(most, Math.abs(score - centre)), 0);
  const unit = Math.fround(iqr(normalScores)) || Math.fround(widest) || 1;
  let best: ProbabilityCurve | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const width of WIDTHS) {
    const z = Float64Array.from(scores, (score) => compressed(score, centre, width * unit));
    const { slope, intercept } = plattScaling(z, truth);
    const loss = logisticLoss({ slope, intercept }, z, truth);
    if (loss >= least) continue;
    least = loss;
    best = { method, centre, scale: width * unit, slope, intercept: intercept + shift };
  }
  return best!;
}

/** Stratified: each fold has its share of either class, as nearly as whole rows allow. */
function crossValidated(
  scores: Float32Array,
  truth: Uint8Array,
  method: ProbabilityMethod,
  prevalence: number,
  folds: number,
  seed: number | string,
): Float64Array {
  const random = createRandom(seed).stream("calibration folds");
  const fold = new Uint8Array(truth.length);
  const seen = [0, 0];
  for (const row of random.permutation(truth.length)) fold[row] = seen[truth[row]!]!++ % folds;
  const heldOut = new Float64Array(truth.length);
  for (let k = 0; k < folds; k++) {
    const others = (_: number, row: number): boolean => fold[row] !== k;
    const curve = fitCurve(scores.filter(others), truth.filter(others), method, prevalence);
    const judged = probabilities(curve, scores);
    fold.forEach((own, row) => {
      if (own === k) heldOut[row] = judged[row]!;
    });
  }
  return heldOut;
}

function checked(
  scores: ArrayLike<number>,
  labels: Labels,
  method: ProbabilityMethod,
  folds: number,
): ReturnType<typeof countLabels> {
  if (method !== "platt" && method !== "isotonic") {
    throw new HypersphereError(
      "invalid-option",
      `calibrateProbabilities: method is "${String(method)}", expected "platt" or "isotonic".`,
    );
  }
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= 20)) {
    throw new HypersphereError(
      "invalid-option",
      `calibrateProbabilities: folds is ${folds}, expected an integer from 2 to 20.`,
    );
  }
  if (scores.length !== labels.length) {
    throw new HypersphereError(
      "unfit-data",
      `calibrateProbabilities: ${labels.length} labels for ${scores.length} scores.`,
    );
  }
  const counted = countLabels(labels, "calibrateProbabilities");
  const least = Math.max(LEAST_PER_CLASS[method], folds);
  if (Math.min(counted.anomalies, counted.normals) < least) {
    const { anomalies, normals } = counted;
    throw new HypersphereError(
      "unfit-data",
      `calibrateProbabilities: ${anomalies} anomalies and ${normals} normal rows are too few, expected at least ${least} of each for ${method}.`,
      {
        hint:
          method === "isotonic" && Math.min(anomalies, normals) >= LEAST_PER_CLASS.platt
            ? 'Use the method "platt", which needs fewer, or label more rows.'
            : "Label more rows; until then, p-values need no anomalies.",
      },
    );
  }
  checkScores(scores, "calibrateProbabilities");
  return counted;
}

function logit(p: number): number {
  return Math.log(p / (1 - p));
}
