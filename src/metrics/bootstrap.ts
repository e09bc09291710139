/** Confidence intervals for any metric, by resampling anomalies and normals apart. */
import { HypersphereError } from "../errors.js";
import { quantileSorted, std } from "../math/quantile.js";
import type { RandomStream } from "../math/random.js";
import { checkRange, checkRanking, type Labels } from "./labels.js";

/** Any figure of labels and scores: `auroc`, or (y, s) => f1(confusion(y, decide(s, 3.2))). */
export type Metric = (labels: Uint8Array, scores: Float64Array) => number;

export interface BootstrapInterval {
  /** The metric on the data as given. */
  estimate: number;
  lower: number;
  upper: number;
  /** Standard deviation of the replicates. */
  standardError: number;
  level: number;
  replicates: number;
}

export interface BootstrapOptions {
  /** Integer of at least 20; default 1000. */
  replicates?: number;
  /** In [0.5, 0.9999], default 0.95. */
  level?: number;
}

/**
 * Stratified percentile bootstrap (Efron and Tibshirani 1993, ch. 13): every replicate draws with replacement as many
 * anomalies and as many normals as there are, so that rare anomalies never vanish from a replicate. It shows how far
 * the figure depends on these test rows, not how far it depends on the training run.
 * @param stream a named random stream: the same stream gives the same interval
 * @throws unfit-data as in `auroc`, or when the metric is NaN for the data or a replicate; invalid-option
 */
export function bootstrapInterval(
  metric: Metric,
  labels: Labels,
  scores: ArrayLike<number>,
  stream: RandomStream,
  options: BootstrapOptions = {},
): BootstrapInterval {
  const { replicates = 1000, level = 0.95 } = options;
  checkRange(level, 0.5, 0.9999, "bootstrapInterval: level");
  if (!(Number.isInteger(replicates) && replicates >= 20)) {
    throw new HypersphereError(
      "invalid-option",
      `bootstrapInterval: replicates is ${replicates}, expected an integer of at least 20.`,
    );
  }
  const { labels: y, anomalies } = checkRanking(labels, scores, "bootstrapInterval");
  const n = y.length;
  const values = Float64Array.from(scores);
  const estimate = notNaN(metric(y, values), "the data as given");

  // Anomalies first in every replicate: metrics do not look at the order of rows.
  const positive = values.filter((_, i) => y[i] === 1);
  const negative = values.filter((_, i) => y[i] === 0);
  const drawnLabels = new Uint8Array(n).fill(1, 0, anomalies);
  const results = new Float64Array(replicates);
  for (let r = 0; r < replicates; r++) {
    // Fresh arrays, since a metric may keep or change what it is given.
    const drawn = new Float64Array(n);
    for (let i = 0; i < anomalies; i++) drawn[i] = positive[stream.int(anomalies)]!;
    for (let i = anomalies; i < n; i++) drawn[i] = negative[stream.int(n - anomalies)]!;
    results[r] = notNaN(metric(drawnLabels.slice(), drawn), `replicate ${r}`);
  }
  results.sort();
  return {
    estimate,
    lower: quantileSorted(results, (1 - level) / 2),
    upper: quantileSorted(results, (1 + level) / 2),
    standardError: std(results, 1),
    level,
    replicates,
  };
}

function notNaN(value: number, where: string): number {
  if (Number.isNaN(value)) {
    throw new HypersphereError("unfit-data", `bootstrapInterval: the metric is NaN on ${where}.`, {
      hint: "Choose a metric that is defined on every resample; precision is not when nothing is flagged.",
    });
  }
  return value;
}
