/**
 * Threshold rules on the scores of held-out NORMAL rows (`contamination` excepted: it takes a mixed sample). Scores
 * of the training rows will not do: training has made them too small.
 *
 * Every rule is a pure function and throws unfit-data on missing, NaN or infinite scores, invalid-option on options
 * out of range.
 */
import { HypersphereError } from "../../errors.js";
import { binomialCdf } from "../../math/binomial.js";
import { conformalRank, mad, mean, median, quantileSorted, std } from "../../math/quantile.js";
import { checkOption, checkScores, normalThreshold, type Threshold } from "../conformal/calibration.js";

/**
 * The q-quantile, numpy's linear interpolation.
 * @param q in [0, 1], 0.95 for the 95th percentile
 */
export function percentile(scores: ArrayLike<number>, q: number): Threshold {
  checkOption(q, 0, 1, "percentile: q");
  const sorted = checkScores(scores, "percentile");
  return normalThreshold(sorted, quantileSorted(sorted, q), "percentile", { q });
}

/**
 * Mean plus k standard deviations. Distances are skewed to the right, so that the false-alarm rate is not that of a
 * normal distribution: see `expectedFalseAlarmRate`.
 * @param k at least 0
 * @param ddof 0 (divisor n, the default) or 1 (n - 1)
 */
export function meanSigma(scores: ArrayLike<number>, k: number, ddof: 0 | 1 = 0): Threshold {
  checkOption(k, 0, Number.MAX_VALUE, "meanSigma: k");
  const sorted = checkScores(scores, "meanSigma", ddof + 1);
  return normalThreshold(sorted, mean(sorted) + k * std(sorted, ddof), "meanSigma", { k, ddof });
}

/**
 * The (1 - rate)-quantile of a MIXED sample, that is one with about that share of anomalies in it. Flags that share
 * of the sample, whether or not there are anomalies; ties with the threshold are not flagged.
 * @param rate in (0, 0.5)
 */
export function contamination(scores: ArrayLike<number>, rate: number): Threshold {
  checkOption(rate, 0, 0.5, "contamination: rate", "open");
  const sorted = checkScores(scores, "contamination");
  const threshold = quantileSorted(sorted, 1 - rate);
  return { threshold, method: "contamination", parameters: { rate }, calibrationSize: sorted.length };
}

/**
 * Fewest calibration scores for which `falseAlarmRate(alpha)` exists: n with (n + 1) alpha >= 1; with a confidence,
 * n with (1 - alpha)^n <= 1 - confidence, so that the largest score of all is a tolerance limit.
 */
export function calibrationSizeForRate(alpha: number, confidence?: number): number {
  checkOption(alpha, 0, 1, "calibrationSizeForRate: alpha", "open");
  if (confidence !== undefined) {
    checkOption(confidence, 0, 1, "calibrationSizeForRate: confidence", "open");
    return Math.ceil(Math.log1p(-confidence) / Math.log1p(-alpha));
  }
  // 1 / alpha may come out a bit above the integer that it is, as 1 / 0.07 * 0.07 shows.
  return Math.max(1, Math.ceil((1 / alpha) * (1 - 4 * Number.EPSILON)) - 1);
}

/**
 * Split-conformal threshold: the ceil((n + 1)(1 - alpha))-th smallest score. A further normal row, exchangeable with
 * the calibration rows, is flagged with probability at most alpha, whatever the distribution (Vovk, Gammerman and
 * Shafer 2005). That is an average over calibration sets; with `confidence`, the rate of THIS threshold is at most
 * alpha with that probability: the smallest k with P(Binomial(n, alpha) <= n - k) <= 1 - confidence (Wilks 1941;
 * a tolerance limit), exact for continuous scores and safe with ties.
 * @param alpha in (0, 1)
 * @throws unfit-data with the number of scores needed, when there are too few to promise alpha
 */
export function falseAlarmRate(
  scores: ArrayLike<number>,
  alpha: number,
  options: { confidence?: number } = {},
): Threshold {
  checkOption(alpha, 0, 1, "falseAlarmRate: alpha", "open");
  const { confidence } = options;
  const n = scores.length;
  if (confidence === undefined) {
    const needed = calibrationSizeForRate(alpha);
    if (n < needed) refuseSmall(n, needed, alpha, "");
    const sorted = checkScores(scores, "falseAlarmRate");
    const k = conformalRank(n, 1 - alpha);
    return normalThreshold(sorted, sorted[k - 1]!, "falseAlarmRate", { alpha });
  }
  checkOption(confidence, 0, 1, "falseAlarmRate: confidence", "open");
  const needed = calibrationSizeForRate(alpha, confidence);
  if (n < needed) refuseSmall(n, needed, alpha, ` with confidence ${confidence}`);
  const sorted = checkScores(scores, "falseAlarmRate");
  // #{flagged among n at true rate alpha} <= above has to be unlikely; the most rows above that still make it so.
  let lo = 0;
  let hi = n - 1;
  while (lo < hi) {
    const above = (lo + hi + 1) >>> 1;
    if (binomialCdf(above, n, alpha) <= 1 - confidence) lo = above;
    else hi = above - 1;
  }
  return normalThreshold(sorted, sorted[n - 1 - lo]!, "falseAlarmRate", { alpha, confidence });
}

function refuseSmall(n: number, needed: number, alpha: number, extra: string): never {
  throw new HypersphereError(
    "unfit-data",
    `falseAlarmRate: ${n} calibration scores cannot promise a rate of ${alpha}${extra}; ${needed} are needed.`,
    { hint: `Hold out at least ${needed} normal rows for calibration, or allow more false alarms.` },
  );
}

/**
 * The conformal threshold for a budget of false alarms per day. Anomalies, when they come, add to these.
 * @param alertsPerDay above 0
 * @param rowsPerDay number of normal rows scored per day, above `alertsPerDay`
 */
export function alertsPerDay(scores: ArrayLike<number>, alertsPerDay: number, rowsPerDay: number): Threshold {
  checkOption(rowsPerDay, 0, Number.MAX_VALUE, "alertsPerDay: rowsPerDay", "open");
  checkOption(alertsPerDay, 0, rowsPerDay, "alertsPerDay: alertsPerDay", "open");
  const result = falseAlarmRate(scores, alertsPerDay / rowsPerDay);
  return {
    ...result,
    method: "alertsPerDay",
    parameters: { alertsPerDay, rowsPerDay },
    diagnostics: { expectedAlertsPerDay: result.expectedFalseAlarmRate! * rowsPerDay },
  };
}

/**
 * Tukey's fence, Q3 + factor (Q3 - Q1).
 * @param factor at least 0, default 1.5; 3 for "far out"
 */
export function iqrFence(scores: ArrayLike<number>, factor = 1.5): Threshold {
  checkOption(factor, 0, Number.MAX_VALUE, "iqrFence: factor");
  const sorted = checkScores(scores, "iqrFence");
  const q1 = quantileSorted(sorted, 0.25);
  const q3 = quantileSorted(sorted, 0.75);
  const note =
    q1 === q3 && sorted[0] !== sorted[sorted.length - 1]
      ? "Half of the calibration scores or more are equal, so that the quartiles say nothing about the spread."
      : undefined;
  return normalThreshold(sorted, q3 + factor * (q3 - q1), "iqrFence", { factor }, note ? { note } : {});
}

/**
 * Modified z-score 0.6745 (s - median) / MAD > cutoff (Iglewicz and Hoaglin 1993). When more than half of the scores
 * are equal the MAD is 0; then (s - median) / (1.253314 mean absolute deviation), as they advise.
 * @param cutoff at least 0, default 3.5
 */
export function robustZ(scores: ArrayLike<number>, cutoff = 3.5): Threshold {
  checkOption(cutoff, 0, Number.MAX_VALUE, "robustZ: cutoff");
  const sorted = checkScores(scores, "robustZ");
  const centre = median(sorted);
  const deviation = mad(sorted);
  if (deviation > 0) {
    return normalThreshold(sorted, centre + (cutoff / 0.6745) * deviation, "robustZ", { cutoff });
  }
  const meanDeviation = mean(sorted.map((s) => Math.abs(s - centre)));
  const note =
    "More than half of the calibration scores are equal: scaled by the mean deviation instead of the MAD.";
  return normalThreshold(sorted, centre + cutoff * 1.253314 * meanDeviation, "robustZ", { cutoff }, { note });
}
