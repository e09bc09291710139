/**
 * Platt scaling: a logistic curve through scores and labels. Platt 1999, with the targets that he shrinks away from 0
 * and 1, by the Newton steps with backtracking of Lin, Lin and Weng, "A note on Platt's probabilistic outputs for
 * support vector machines", Machine Learning 68 (2007).
 */
import { checkRanking, type Labels } from "../../metrics/labels.js";

/** P(anomaly | s) = 1 / (1 + exp(-(slope s + intercept))). scikit-learn's a and b are the negatives of these. */
export interface LogisticCurve {
  readonly slope: number;
  readonly intercept: number;
}

const MOST_STEPS = 100;
/** On the gradient per row, with scores in units of their deviation. */
const SMALLEST_GRADIENT = 1e-12;

/**
 * What a label is fitted to: not 0 and 1 but (1/(normals + 2), (anomalies + 1)/(anomalies + 2)), the means that remain
 * likely after having seen so many of each. No finite sample shows a probability of 0 or of 1.
 */
export function smoothedTargets(normals: number, anomalies: number): readonly [low: number, high: number] {
  return [1 / (normals + 2), (anomalies + 1) / (anomalies + 2)];
}

/**
 * The most likely logistic curve for smoothed labels. Unique and finite even where the classes do not overlap.
 * @param scores [n], finite
 * @param labels [n] 0/1
 * @throws unfit-data when lengths differ, a score is NaN, or one of the two classes is missing
 */
export function plattScaling(scores: ArrayLike<number>, labels: Labels): LogisticCurve {
  const { labels: truth, anomalies, normals } = checkRanking(labels, scores, "plattScaling");
  const targets = smoothedTargets(normals, anomalies);
  const n = scores.length;
  // In units of their own deviation: the steps are the same, but the arithmetic cannot run out of digits.
  const centre = mean(n, (i) => scores[i]!);
  const scale = Math.sqrt(mean(n, (i) => (scores[i]! - centre) ** 2)) || 1;
  const z = Float64Array.from({ length: n }, (_, i) => (scores[i]! - centre) / scale);

  const loss = (slope: number, intercept: number): number => meanLoss(z, truth, targets, slope, intercept);

  let slope = 0;
  let intercept = Math.log((anomalies + 1) / (normals + 1));
  let current = loss(slope, intercept);
  for (let step = 0; step < MOST_STEPS; step++) {
    const { gradient, hessian } = derivatives(z, truth, targets, slope, intercept);
    const [g1, g2] = gradient;
    if (Math.max(Math.abs(g1), Math.abs(g2)) < SMALLEST_GRADIENT) break;
    const [h11, h12, h22] = hessian;
    const determinant = h11 * h22 - h12 * h12;
    const d1 = -(h22 * g1 - h12 * g2) / determinant;
    const d2 = -(h11 * g2 - h12 * g1) / determinant;
    const descent = g1 * d1 + g2 * d2;
    let size = 1;
    let next = loss(slope + d1, intercept + d2);
    while (!(next <= current + 1e-4 * size * descent) && size > 1e-10) {
      size /= 2;
      next = loss(slope + size * d1, intercept + size * d2);
    }
    // Rounding may end the descent before the gradient does.
    if (!(next <= current)) break;
    slope += size * d1;
    intercept += size * d2;
    if (next === current) break;
    current = next;
  }
  return { slope: slope / scale, intercept: intercept - (slope * centre) / scale };
}

/** The curve's height at a score, in [0, 1]; the ends are reached by rounding only. */
export function logisticAt({ slope, intercept }: LogisticCurve, score: number): number {
  return 1 / (1 + Math.exp(-(slope * score + intercept)));
}

/** What {@link plattScaling} makes smallest: mean cross-entropy with smoothed labels, in nats. Arguments as there. */
export function logisticLoss(
  { slope, intercept }: LogisticCurve,
  scores: ArrayLike<number>,
  labels: Labels,
): number {
  const { labels: truth, anomalies, normals } = checkRanking(labels, scores, "logisticLoss");
  return meanLoss(scores, truth, smoothedTargets(normals, anomalies), slope, intercept);
}

function meanLoss(
  z: ArrayLike<number>,
  truth: Uint8Array,
  targets: readonly [number, number],
  slope: number,
  intercept: number,
): number {
  return mean(z.length, (i) => {
    const f = slope * z[i]! + intercept;
    // log(1 + e^f) - t f, in the form that does not overflow
    return Math.log1p(Math.exp(-Math.abs(f))) + Math.max(f, 0) - targets[truth[i] as 0 | 1] * f;
  });
}

function derivatives(
  z: Float64Array,
  truth: Uint8Array,
  targets: readonly [number, number],
  slope: number,
  intercept: number,
): { gradient: [number, number]; hessian: [number, number, number] } {
  // Lin, Lin and Weng's ridge keeps the matrix invertible where all scores are equal.
  let [g1, g2, h11, h12, h22] = [0, 0, 1e-12, 0, 1e-12];
  for (let i = 0; i < z.length; i++) {
    const p = 1 / (1 + Math.exp(-(slope * z[i]! + intercept)));
    const error = p - targets[truth[i] as 0 | 1];
    const weight = p * (1 - p);
    g1 += error * z[i]!;
    g2 += error;
    h11 += weight * z[i]! * z[i]!;
    h12 += weight * z[i]!;
    h22 += weight;
  }
  const n = z.length;
  return { gradient: [g1 / n, g2 / n], hessian: [h11 / n, h12 / n, h22 / n] };
}

function mean(n: number, value: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += value(i);
  return sum / n;
}
