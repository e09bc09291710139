import { HypersphereError } from "../../errors.js";
import { binomialCdf } from "../../math/binomial.js";
import { conformalRank } from "../../math/quantile.js";
import { checkOption, checkScores, normalThreshold, type Threshold } from "../conformal/calibration.js";
import { conformalRateBound } from "../conformal/tolerance.js";
import { INSIDE, type NormalRule } from "./define.js";
import { CONFIDENCE, normalsLike, roundedUp, share } from "./guarantee-text.js";

/**
 * Fewest calibration scores for which `falseAlarmsThreshold(rate)` exists: n with (n + 1) rate >= 1; with a confidence,
 * n with (1 - rate)^n <= 1 - confidence, so that the largest score of all is a tolerance limit.
 */
export function calibrationSizeForRate(rate: number, confidence?: number): number {
  checkOption(rate, 0, 1, "calibrationSizeForRate: rate", "open");
  if (confidence !== undefined) {
    checkOption(confidence, 0, 1, "calibrationSizeForRate: confidence", "open");
    return Math.ceil(Math.log1p(-confidence) / Math.log1p(-rate));
  }
  // 1 / rate may come out a bit above the integer that it is, as 1 / 0.07 * 0.07 shows.
  return Math.max(1, Math.ceil((1 / rate) * (1 - 4 * Number.EPSILON)) - 1);
}

/**
 * Split-conformal threshold: the ceil((n + 1)(1 - rate))-th smallest score. A further normal row, exchangeable with
 * the calibration rows, is flagged with probability at most rate, whatever the distribution (Vovk, Gammerman and
 * Shafer 2005). That is an average over calibration sets; with `confidence`, the rate of THIS threshold is at most
 * rate with that probability: the smallest k with P(Binomial(n, rate) <= n - k) <= 1 - confidence (Wilks 1941;
 * a tolerance limit), exact for continuous scores and safe with ties.
 * @param rate in (0, 1)
 * @throws unfit-data with the number of scores needed, when there are too few to promise rate
 */
export function falseAlarmsThreshold(
  scores: ArrayLike<number>,
  rate: number,
  options: { confidence?: number } = {},
): Threshold {
  checkOption(rate, 0, 1, "false-alarms: rate", "open");
  const { confidence } = options;
  const n = scores.length;
  if (confidence === undefined) {
    const needed = calibrationSizeForRate(rate);
    if (n < needed) refuseSmall(n, needed, rate, "");
    const sorted = checkScores(scores, "false-alarms");
    const k = conformalRank(n, 1 - rate);
    return normalThreshold(sorted, sorted[k - 1]!, "false-alarms", { rate });
  }
  checkOption(confidence, 0, 1, "false-alarms: confidence", "open");
  const needed = calibrationSizeForRate(rate, confidence);
  if (n < needed) refuseSmall(n, needed, rate, ` with confidence ${confidence}`);
  const sorted = checkScores(scores, "false-alarms");
  // #{flagged among n at the true rate} <= above has to be unlikely; the most rows above that still make it so.
  let lo = 0;
  let hi = n - 1;
  while (lo < hi) {
    const above = (lo + hi + 1) >>> 1;
    if (binomialCdf(above, n, rate) <= 1 - confidence) lo = above;
    else hi = above - 1;
  }
  return normalThreshold(sorted, sorted[n - 1 - lo]!, "false-alarms", { rate, confidence });
}

function refuseSmall(n: number, needed: number, rate: number, extra: string): never {
  throw new HypersphereError(
    "unfit-data",
    `false-alarms: ${n} calibration scores cannot promise a rate of ${rate}${extra}; ${needed} are needed.`,
    {
      hint: `Hold out at least ${needed} normal rows for calibration: train from more rows, or hold out a larger share of them with option "calibrationFraction". Or allow more false alarms.`,
    },
  );
}

export const falseAlarmsRule: NormalRule = {
  name: "false-alarms",
  summary: "at most this share of normal rows is flagged, guaranteed whatever their distribution",
  needs: "normals",
  example: "false-alarms 1%",
  parameters: [
    { name: "rate", kind: "share", range: INSIDE, summary: "false-alarm rate allowed" },
    {
      name: "confidence",
      word: "confidence",
      kind: "share",
      range: INSIDE,
      optional: true,
      summary: "how sure to be that this very threshold keeps to the rate; without it, it does on average",
    },
  ],
  calibrationSize: ({ rate, confidence }) => calibrationSizeForRate(rate!, confidence),
  apply: (scores, { rate, confidence }) =>
    falseAlarmsThreshold(scores, rate!, confidence === undefined ? {} : { confidence }),
  guarantee({ parameters: { rate, confidence }, calibrationSize: n }, many) {
    const normals = normalsLike(n, many);
    if (confidence !== undefined) {
      return `Guaranteed with ${share(confidence)} confidence: this threshold flags at most ${share(rate!)} of ${normals}.`;
    }
    const bound = share(roundedUp(conformalRateBound(n, rate!, CONFIDENCE)));
    return `Guaranteed on average over calibrations: at most ${share(rate!)} of ${normals} are flagged; with ${share(CONFIDENCE)} confidence, this one flags at most ${bound}.`;
  },
};
