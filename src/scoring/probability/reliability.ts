/** How good probabilities are: whether, of the rows said to be anomalies with 30 %, about 30 % are. */
import { HypersphereError } from "../../errors.js";
import { argsort } from "../../math/sort.js";
import { checkRanking, type Labels } from "../../metrics/labels.js";
import { checkOption } from "../conformal/calibration.js";

export interface ReliabilityBin {
  /** Labelled rows in the bin. */
  readonly rows: number;
  readonly anomalies: number;
  /** Share of all rows that the bin stands for, at the prevalence of the figures; these add up to 1. */
  readonly weight: number;
  /** What was said: mean probability. */
  readonly predicted: number;
  /** What was seen: share of anomalies. */
  readonly observed: number;
}

export interface Reliability {
  /** Share of anomalies that the figures hold for, in (0, 1). */
  readonly prevalence: number;
  /** Mean squared difference of probability and label, in [0, 1]; the lower, the better (Brier 1950). */
  readonly brier: number;
  /** Brier score of always saying the prevalence. */
  readonly brierOfPrevalence: number;
  /** Mean of -ln(probability of what was the case), in nats; certainties count as 2^-52 short of certain. */
  readonly logLoss: number;
  /** Log loss of always saying the prevalence. */
  readonly logLossOfPrevalence: number;
  /**
   * Mean over the bins of |predicted - observed| by their weights, in [0, 1] (Naeini, Cooper and Hauskrecht 2015, with
   * bins of equally many rows). Above 0 by chance alone: the fewer rows a bin has, the more.
   */
  readonly expectedCalibrationError: number;
  /** Ascending in probability. */
  readonly bins: readonly ReliabilityBin[];
}

export interface ReliabilityOptions {
  /** Share of anomalies where the probabilities are used, in (0, 1); default: as in the labelled rows. */
  prevalence?: number | undefined;
  /** Number of bins, of equally many rows each, an integer from 1 to 1000; default 10. */
  bins?: number | undefined;
}

/**
 * Reliability of probabilities on rows that they were not fitted to. With another prevalence than that of the rows,
 * each class is weighted to its share, so that the figures are those to expect in use. Rows of one probability
 * are never parted: there may be fewer bins than asked for.
 * @param probabilities [n] in [0, 1]
 * @param labels [n] 0/1
 * @throws unfit-data unless both classes are there and all probabilities in [0, 1]; invalid-option on options
 */
export function reliability(
  probabilities: ArrayLike<number>,
  labels: Labels,
  options: ReliabilityOptions = {},
): Reliability {
  const { labels: truth, anomalies, normals } = checkRanking(labels, probabilities, "reliability");
  const { prevalence = anomalies / (anomalies + normals), bins = 10 } = options;
  checkOption(prevalence, 0, 1, "reliability: prevalence", "open");
  if (!(Number.isInteger(bins) && bins >= 1 && bins <= 1000)) {
    throw new HypersphereError(
      "invalid-option",
      `reliability: bins is ${bins}, expected an integer from 1 to 1000.`,
    );
  }
  const weights = [(1 - prevalence) / normals, prevalence / anomalies] as const;
  let brier = 0;
  let logLoss = 0;
  for (let i = 0; i < truth.length; i++) {
    const p = probabilities[i]!;
    if (!(p >= 0 && p <= 1)) {
      throw new HypersphereError("unfit-data", `reliability: probability ${i} is ${p}, expected 0 to 1.`);
    }
    const label = truth[i] as 0 | 1;
    brier += weights[label] * (p - label) ** 2;
    logLoss -= weights[label] * Math.log(Math.max(label === 1 ? p : 1 - p, Number.EPSILON));
  }
  const table = reliabilityTable(probabilities, truth, weights, bins);
  return {
    prevalence,
    brier,
    brierOfPrevalence: prevalence * (1 - prevalence),
    logLoss,
    logLossOfPrevalence: -prevalence * Math.log(prevalence) - (1 - prevalence) * Math.log(1 - prevalence),
    expectedCalibrationError: table.reduce(
      (sum, { weight, predicted, observed }) => sum + weight * Math.abs(predicted - observed),
      0,
    ),
    bins: table,
  };
}

function reliabilityTable(
  probabilities: ArrayLike<number>,
  truth: Uint8Array,
  weights: readonly [number, number],
  count: number,
): ReliabilityBin[] {
  const order = argsort(probabilities, "reliability: probabilities");
  const n = order.length;
  const table: ReliabilityBin[] = [];
  let from = 0;
  for (let bin = 1; bin <= count; bin++) {
    let to = Math.max(from, Math.round((bin * n) / count));
    while (to > from && to < n && probabilities[order[to]!] === probabilities[order[to - 1]!]) to++;
    if (to === from) continue;
    let [anomalies, said, weight] = [0, 0, 0];
    for (const row of order.subarray(from, to)) {
      const own = weights[truth[row] as 0 | 1];
      anomalies += truth[row]!;
      said += own * probabilities[row]!;
      weight += own;
    }
    table.push({
      rows: to - from,
      anomalies,
      weight,
      predicted: said / weight,
      observed: (anomalies * weights[1]) / weight,
    });
    from = to;
  }
  return table;
}
