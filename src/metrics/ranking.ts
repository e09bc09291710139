/** How well scores rank anomalies above normals, over all thresholds at once. Higher score = more abnormal. */
import { ranks } from "../math/quantile.js";
import { argsort } from "../math/sort.js";
import { checkRange, checkRanking, countLabels, type Labels } from "./labels.js";

/**
 * Area under the ROC curve: the probability that an anomaly scores above a normal row, ties counting half
 * (Mann-Whitney U over the product of the class sizes, by mid-ranks).
 * @param labels [n] 0/1
 * @param scores [n]; infinities are ranked, NaN is refused
 * @returns in [0, 1]; 0.5 is chance
 * @throws unfit-data on NaN, a missing class, other labels, or differing lengths
 */
export function auroc(labels: Labels, scores: ArrayLike<number>): number {
  const { labels: y, anomalies, normals } = checkRanking(labels, scores, "auroc");
  const rank = ranks(scores);
  let sum = 0;
  for (let i = 0; i < y.length; i++) if (y[i] === 1) sum += rank[i]!;
  return (sum - (anomalies * (anomalies + 1)) / 2) / anomalies / normals;
}

/** Counts of rows at or above each distinct score, highest first; the common ground of every curve. */
export interface Sweep {
  /** Distinct scores, descending. */
  scores: Float64Array<ArrayBuffer>;
  /** Anomalies with at least that score. */
  hits: Float64Array<ArrayBuffer>;
  /** Normals with at least that score. */
  falseAlarms: Float64Array<ArrayBuffer>;
  anomalies: number;
  normals: number;
}

/** Tied rows enter together: no threshold can separate them. Errors as in `auroc`. */
export function sweep(labels: Labels, scores: ArrayLike<number>, what: string): Sweep {
  const { labels: y, anomalies, normals } = checkRanking(labels, scores, what);
  const order = argsort(scores, what);
  const distinct: number[] = [];
  const hits: number[] = [];
  const falseAlarms: number[] = [];
  let tp = 0;
  let fp = 0;
  for (let i = order.length - 1; i >= 0; i--) {
    const row = order[i]!;
    if (y[row] === 1) tp++;
    else fp++;
    if (i === 0 || scores[order[i - 1]!] !== scores[row]) {
      distinct.push(scores[row]!);
      hits.push(tp);
      falseAlarms.push(fp);
    }
  }
  return {
    scores: Float64Array.from(distinct),
    hits: Float64Array.from(hits),
    falseAlarms: Float64Array.from(falseAlarms),
    anomalies,
    normals,
  };
}

export interface RocCurve {
  /** Flag rows with score >= threshold. The first is Infinity (nothing flagged), then the distinct scores. */
  thresholds: Float64Array<ArrayBuffer>;
  falsePositiveRate: Float64Array<ArrayBuffer>;
  truePositiveRate: Float64Array<ArrayBuffer>;
}

/** ROC curve from (0, 0) to (1, 1) with one point per distinct score. Errors as in `auroc`. */
export function rocCurve(labels: Labels, scores: ArrayLike<number>): RocCurve {
  const s = sweep(labels, scores, "rocCurve");
  const prepend = (first: number, rest: Float64Array): Float64Array<ArrayBuffer> => {
    const out = new Float64Array(rest.length + 1);
    out[0] = first;
    out.set(rest, 1);
    return out;
  };
  return {
    thresholds: prepend(Infinity, s.scores),
    falsePositiveRate: prepend(
      0,
      s.falseAlarms.map((fp) => fp / s.normals),
    ),
    truePositiveRate: prepend(
      0,
      s.hits.map((tp) => tp / s.anomalies),
    ),
  };
}

export interface PrCurve {
  /** Flag rows with score >= threshold: the distinct scores, descending. */
  thresholds: Float64Array<ArrayBuffer>;
  precision: Float64Array<ArrayBuffer>;
  recall: Float64Array<ArrayBuffer>;
}

/** Precision and recall at each distinct score, recall ascending to 1. Errors as in `auroc`. */
export function prCurve(labels: Labels, scores: ArrayLike<number>): PrCurve {
  const s = sweep(labels, scores, "prCurve");
  return {
    thresholds: s.scores,
    precision: s.hits.map((tp, i) => tp / (tp + s.falseAlarms[i]!)),
    recall: s.hits.map((tp) => tp / s.anomalies),
  };
}

/**
 * Average precision, sum over distinct thresholds of (R_k - R_(k-1)) P_k: a step function, since linear
 * interpolation between points of a PR curve is too optimistic (Davis and Goadrich 2006). Chance level is the prevalence.
 * Errors as in `auroc`.
 */
export function averagePrecision(labels: Labels, scores: ArrayLike<number>): number {
  const s = sweep(labels, scores, "averagePrecision");
  let sum = 0;
  let before = 0;
  for (let i = 0; i < s.hits.length; i++) {
    const tp = s.hits[i]!;
    sum += ((tp - before) * tp) / (tp + s.falseAlarms[i]!);
    before = tp;
  }
  return sum / s.anomalies;
}

/** Share of anomalies in [0, 1]; NaN without rows. It is what average precision is by chance. */
export function prevalence(labels: Labels): number {
  const { anomalies } = countLabels(labels, "prevalence");
  return anomalies / labels.length;
}

/**
 * (AP - prevalence) / (1 - prevalence): 0 at chance and 1 at best whatever the prevalence, so that data sets
 * are comparable. Errors as in `auroc`.
 */
export function adjustedAveragePrecision(labels: Labels, scores: ArrayLike<number>): number {
  const ap = averagePrecision(labels, scores);
  const chance = prevalence(labels);
  return (ap - chance) / (1 - chance);
}

/**
 * Precision among the k highest scores. Where the k-th place is tied, its rows count with the share of anomalies
 * among them, which is the expectation under random order.
 * @param k integer from 1 to n
 * @throws invalid-option on k; unfit-data as in `auroc`
 */
export function precisionAtK(labels: Labels, scores: ArrayLike<number>, k: number): number {
  checkRange(k, 1, scores.length, "precisionAtK: k");
  const s = sweep(labels, scores, "precisionAtK");
  let hits = 0;
  let flagged = 0;
  for (let i = 0; i < s.hits.length; i++) {
    const nextHits = s.hits[i]!;
    const next = nextHits + s.falseAlarms[i]!;
    if (next >= k) return (hits + ((nextHits - hits) * (k - flagged)) / (next - flagged)) / k;
    hits = nextHits;
    flagged = next;
  }
  return hits / k;
}

/**
 * The largest recall among thresholds whose false-alarm rate on these normals is at most `rate` (no interpolation:
 * only thresholds that exist count). With rate below 1/normals no false alarm is allowed at all.
 * @param rate in [0, 1]
 * @throws invalid-option on rate; unfit-data as in `auroc`
 */
export function recallAtFalseAlarmRate(labels: Labels, scores: ArrayLike<number>, rate: number): number {
  checkRange(rate, 0, 1, "recallAtFalseAlarmRate: rate");
  const s = sweep(labels, scores, "recallAtFalseAlarmRate");
  let best = 0;
  // The slack undoes rounding: 0.07 * 100 normals must allow 7 false alarms.
  const allowed = rate * s.normals * (1 + 4 * Number.EPSILON);
  for (let i = 0; i < s.hits.length && s.falseAlarms[i]! <= allowed; i++) best = s.hits[i]! / s.anomalies;
  return best;
}

export interface OracleF1 {
  f1: number;
  /** Flag rows with score >= threshold. */
  threshold: number;
  precision: number;
  recall: number;
}

/**
 * ORACLE: the best F1 any threshold reaches when it is chosen with the very labels that it is evaluated on. An upper bound
 * on what a real threshold can do, never a result. Errors as in `auroc`.
 */
export function oracleBestF1(labels: Labels, scores: ArrayLike<number>): OracleF1 {
  const s = sweep(labels, scores, "oracleBestF1");
  let best: OracleF1 = { f1: -1, threshold: Infinity, precision: 0, recall: 0 };
  for (let i = 0; i < s.hits.length; i++) {
    const tp = s.hits[i]!;
    const flagged = tp + s.falseAlarms[i]!;
    const f1 = (2 * tp) / (flagged + s.anomalies);
    if (f1 > best.f1)
      best = { f1, threshold: s.scores[i]!, precision: tp / flagged, recall: tp / s.anomalies };
  }
  return best;
}

/**
 * ORACLE: F1 when as many rows are flagged as there are anomalies, a number that is unknown in production. Precision,
 * recall and F1 coincide there. Ties as in `precisionAtK`. Reported by DAGMM, GOAD and many after them.
 */
export function oracleF1AtPrevalence(labels: Labels, scores: ArrayLike<number>): number {
  const { anomalies } = checkRanking(labels, scores, "oracleF1AtPrevalence");
  return precisionAtK(labels, scores, anomalies);
}
