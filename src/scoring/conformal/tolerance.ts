/** How far one conformal threshold may stray from the rate that conformal thresholds keep to on average. */

import { binomialCdf } from "../../math/binomial.js";
import { conformalRank } from "../../math/quantile.js";
import { checkOption } from "./calibration.js";

/**
 * The rate that the threshold `falseAlarmsThreshold(rate)` of n calibration scores stays below with this confidence. Its
 * false-alarm rate varies from calibration set to calibration set, for continuous scores as Beta(n + 1 - k, k) with k
 * the rank of the threshold (Vovk, ACML 2012); the bound is that distribution's quantile, a with
 * P(Binomial(n, a) <= n - k) = 1 - confidence. Ties only lower the rate.
 * @param n number of calibration scores, at least `calibrationSizeForRate(rate)`
 * @param confidence in (0, 1)
 * @returns a number in (0, 1), above `rate` at usual confidences
 */
export function conformalRateBound(n: number, rate: number, confidence: number): number {
  checkOption(rate, 0, 1, "conformalRateBound: rate", "open");
  checkOption(confidence, 0, 1, "conformalRateBound: confidence", "open");
  const above = n - conformalRank(n, 1 - rate);
  checkOption(above, 0, n, "conformalRateBound: calibration scores above the threshold");
  let low = 0;
  let high = 1;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return high;
    if (binomialCdf(above, n, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
}
