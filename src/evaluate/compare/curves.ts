import { type Labels, prCurve, rocCurve } from "../../metrics/index.js";

/** Points of a thinned curve: enough to draw, few enough to average and to store for hundreds of runs. */
const GRID = 101;
const BINS = 40;

/** Curves on a fixed grid, so that those of several seeds can be averaged point by point. */
export interface ThinnedCurves {
  /** Recall at false-alarm rates 0, 0.01, ..., 1. */
  readonly roc: readonly number[];
  /** Precision at recalls 0, 0.01, ..., 1: the best precision at that recall or more. */
  readonly pr: readonly number[];
  readonly histogram: ScoreHistogram;
}

/** Counts of normal and anomalous test rows in equal bins of the score's rank-preserving scale. */
export interface ScoreHistogram {
  /** Ends of the scale; scores beyond them count in the outermost bins. */
  readonly low: number;
  readonly high: number;
  /** Whether the bins are equal on a logarithmic scale: scores above zero that span a factor of 50 or more. */
  readonly logarithmic: boolean;
  readonly normal: readonly number[];
  readonly anomaly: readonly number[];
}

const grid = Array.from({ length: GRID }, (_, k) => k / (GRID - 1));

export function thinnedCurves(labels: Labels, scores: ArrayLike<number>): ThinnedCurves {
  const { falsePositiveRate, truePositiveRate } = rocCurve(labels, scores);
  const { precision, recall } = prCurve(labels, scores);
  // From the right, so that each point is the best that can be had at that recall or more.
  const best = precision.slice();
  for (let k = best.length - 2; k >= 0; k--) best[k] = Math.max(best[k]!, best[k + 1]!);
  return {
    roc: grid.map((rate) => truePositiveRate[lastAtMost(falsePositiveRate, rate)]!),
    pr: grid.map((wanted) => best[recall.findIndex((reached) => reached >= wanted - 1e-12)]!),
    histogram: scoreHistogram(labels, scores),
  };
}

/** Index of the last of ascending values that is not above the limit. */
function lastAtMost(ascending: Float64Array, limit: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ascending[middle]! <= limit + 1e-12) low = middle;
    else high = middle - 1;
  }
  return low;
}

function scoreHistogram(labels: Labels, scores: ArrayLike<number>): ScoreHistogram {
  const sorted = Float64Array.from(scores).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!;
  const [low, high] = [at(0.005), at(0.995)];
  const logarithmic = low > 0 && high / low >= 50;
  const scale = logarithmic ? Math.log : (x: number): number => x;
  const [from, to] = [scale(low), scale(high)];
  const normal = new Array<number>(BINS).fill(0);
  const anomaly = new Array<number>(BINS).fill(0);
  for (let row = 0; row < scores.length; row++) {
    const score = Math.min(Math.max(scores[row]!, low), high);
    const share = to > from ? (scale(score) - from) / (to - from) : 0;
    const bin = Math.min(BINS - 1, Math.floor(share * BINS));
    (labels[row] ? anomaly : normal)[bin]!++;
  }
  return { low, high, logarithmic, normal, anomaly };
}
