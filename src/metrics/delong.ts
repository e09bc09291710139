/**
 * Confidence interval and paired test for AUROC: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988), by the
 * mid-rank algorithm of Sun and Xu, IEEE Signal Processing Letters 21 (2014), O(n log n).
 *
 * With m anomalies X, n normals Y and mid-ranks T among all rows, T_X among anomalies, T_Y among normals:
 *   AUROC = (mean T(X_i) - (m + 1) / 2) / n
 *   V10(X_i) = (T(X_i) - T_X(X_i)) / n          V01(Y_j) = 1 - (T(Y_j) - T_Y(Y_j)) / m
 *   Var = var(V10) / m + var(V01) / n           (sample variances; covariances likewise)
 */
import { HypersphereError } from "../errors.js";
import { normalCdf, normalQuantile } from "../math/normal.js";
import { mean, ranks } from "../math/quantile.js";
import { checkRange, checkRanking, type Labels } from "./labels.js";

export interface AurocInterval {
  auroc: number;
  /** Zero when the classes separate perfectly: the estimate of the variance then says nothing. */
  standardError: number;
  lower: number;
  upper: number;
  level: number;
  /** `logit-delong` as a rule; `exact-separation` where AUROC is 0 or 1, see `aurocInterval`. */
  method: "logit-delong" | "exact-separation";
}

interface Components {
  auroc: number;
  v10: Float64Array;
  v01: Float64Array;
}

function components(labels: Labels, scores: ArrayLike<number>, what: string): Components {
  const { labels: y, anomalies: m, normals: n } = checkRanking(labels, scores, what);
  if (m < 2 || n < 2) {
    throw new HypersphereError(
      "unfit-data",
      `${what}: a variance needs two rows of each class; there are ${m} anomalies and ${n} normals.`,
    );
  }
  const x = new Float64Array(m);
  const z = new Float64Array(n);
  const inAll = ranks(scores);
  const allOfX = new Float64Array(m);
  const allOfZ = new Float64Array(n);
  for (let i = 0, a = 0, b = 0; i < y.length; i++) {
    if (y[i] === 1) {
      x[a] = scores[i]!;
      allOfX[a++] = inAll[i]!;
    } else {
      z[b] = scores[i]!;
      allOfZ[b++] = inAll[i]!;
    }
  }
  const ownX = ranks(x);
  const ownZ = ranks(z);
  return {
    auroc: (allOfX.reduce((sum, r) => sum + r, 0) / m - (m + 1) / 2) / n,
    v10: allOfX.map((r, i) => (r - ownX[i]!) / n),
    v01: allOfZ.map((r, i) => 1 - (r - ownZ[i]!) / m),
  };
}

function sampleCovariance(a: Float64Array, b: Float64Array): number {
  const ma = mean(a);
  const mb = mean(b);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - ma) * (b[i]! - mb);
  return sum / (a.length - 1);
}

function delongCovariance(a: Components, b: Components): number {
  return sampleCovariance(a.v10, b.v10) / a.v10.length + sampleCovariance(a.v01, b.v01) / a.v01.length;
}

/**
 * AUROC with a confidence interval. Built on the logit scale, which keeps it inside [0, 1] and covers better near
 * the ends than the symmetric interval. At perfect separation DeLong's variance is 0 and would give an interval of
 * no width; instead, min(m, n) disjoint pairs all ordered right bound AUROC below by (alpha / 2)^(1 / min(m, n)).
 * @param level in [0.5, 0.9999], default 0.95
 * @throws unfit-data with fewer than two rows of a class, else as in `auroc`
 */
export function aurocInterval(labels: Labels, scores: ArrayLike<number>, level = 0.95): AurocInterval {
  checkRange(level, 0.5, 0.9999, "aurocInterval: level");
  const c = components(labels, scores, "aurocInterval");
  if (c.auroc === 0 || c.auroc === 1) {
    const bound = ((1 - level) / 2) ** (1 / Math.min(c.v10.length, c.v01.length));
    const [lower, upper] = c.auroc === 1 ? [bound, 1] : [0, 1 - bound];
    return { auroc: c.auroc, standardError: 0, lower, upper, level, method: "exact-separation" };
  }
  const standardError = Math.sqrt(delongCovariance(c, c));
  const centre = Math.log(c.auroc / (1 - c.auroc));
  const reach = (normalQuantile((1 + level) / 2) * standardError) / (c.auroc * (1 - c.auroc));
  const expit = (v: number): number => 1 / (1 + Math.exp(-v));
  return {
    auroc: c.auroc,
    standardError,
    // With no variance at all (every score the same) the round trip through the logit must not move the estimate.
    lower: standardError === 0 ? c.auroc : expit(centre - reach),
    upper: standardError === 0 ? c.auroc : expit(centre + reach),
    level,
    method: "logit-delong",
  };
}

export interface DelongTest {
  aurocA: number;
  aurocB: number;
  /** aurocA - aurocB. */
  difference: number;
  /** Standard error of the difference. */
  standardError: number;
  z: number;
  /** Two-sided. NaN when the standard error is 0 although the AUROCs differ: then DeLong cannot tell. */
  pValue: number;
}

/**
 * Do two scores of the same rows differ in AUROC? Takes their correlation into account.
 * Not meant for nested models fitted on these very rows, where it is known to be conservative.
 * @throws unfit-data as in `aurocInterval`
 */
export function delongTest(
  labels: Labels,
  scoresA: ArrayLike<number>,
  scoresB: ArrayLike<number>,
): DelongTest {
  const a = components(labels, scoresA, "delongTest, first scores");
  const b = components(labels, scoresB, "delongTest, second scores");
  const variance = delongCovariance(a, a) + delongCovariance(b, b) - 2 * delongCovariance(a, b);
  const difference = a.auroc - b.auroc;
  // Rounding leaves something like 1e-19 where the truth is 0.
  const standardError = variance > 1e-15 ? Math.sqrt(variance) : 0;
  const z = difference === 0 ? 0 : standardError === 0 ? Number.NaN : difference / standardError;
  return {
    aurocA: a.auroc,
    aurocB: b.auroc,
    difference,
    standardError,
    z,
    pValue: Math.min(1, 2 * normalCdf(-Math.abs(z))),
  };
}
