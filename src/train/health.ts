import { mean, std } from "../math/quantile.js";

/** A latent space at one moment, described by the same probe rows every time. */
export interface LatentSnapshot {
  /** Share of the probe rows whose scores differ from every other row's (relative 1e-9). */
  readonly distinct: number;
  /** Mean over dimensions of the standard deviation. */
  readonly spread: number;
  /** (sum of eigenvalues)^2 / (sum of squares) of the covariance: how many directions are in use. */
  readonly participation: number;
  /** Standard deviation over mean of the distances to the centre. */
  readonly variation: number;
  /** Share of the mean squared distance that is spread about the rows' own mean; the rest is common to all of them. */
  readonly centred: number;
}

/**
 * @param deviations of the latent space, one per dimension
 * @param participation of its covariance; of no consequence where there is no deviation at all
 * @param distances of the probe rows to the centre, squared
 */
export function snapshotOf(
  deviations: ArrayLike<number>,
  participation: number,
  distances: Float64Array,
): LatentSnapshot {
  const spread = mean(deviations);
  const average = mean(distances);
  const rows = distances.length;
  const variance = Array.from(deviations).reduce((sum, deviation) => sum + deviation * deviation, 0);
  return {
    distinct: distinctShare(distances),
    spread,
    participation: spread === 0 ? 0 : participation,
    variation: average > 0 ? std(distances) / average : 0,
    centred: average > 0 ? (variance * (1 - 1 / rows)) / average : 0,
  };
}

function distinctShare(values: Float64Array): number {
  const sorted = values.toSorted();
  let distinct = 1;
  for (let k = 1; k < sorted.length; k++) {
    if (sorted[k]! - sorted[k - 1]! > 1e-9 * Math.abs(sorted[k]!)) distinct++;
  }
  return distinct / sorted.length;
}

/**
 * Signs of hypersphere collapse, against the state at the start of training: PyOD shipped a Deep SVDD with one
 * distinct score on 10 of 17 data sets, and its AUROC tests passed. The limits come from the project's measurements. A
 * data set with few distinct rows or a one-dimensional latent space is compared with its own start, not with an ideal.
 *
 * @param directions whether few directions in use are a sign. Not for autoencoders: a latent space that follows the
 * few directions in which the data vary is what a good one looks like.
 * @param offCentre the sphere is off its centre when the share of distances that is spread about the rows' own mean is
 * less than this much of what it was
 * @param sphere whether rows are pulled to a centre. A network that learns to separate them from others may move and
 * shrink their latent vectors freely, as long as it still separates them.
 * @returns a sentence for each sign, none for a healthy state
 */
export function collapseSigns(
  now: LatentSnapshot,
  start: LatentSnapshot,
  {
    directions = true,
    sphere = true,
    offCentre = 0.5,
  }: { directions?: boolean; sphere?: boolean; offCentre?: number } = {},
): string[] {
  const signs: string[] = [];
  if (![now.spread, now.participation, now.variation, now.centred].every(Number.isFinite)) {
    return ["the latent space holds values that are not finite"];
  }
  if (now.distinct < 0.5 * start.distinct) {
    signs.push(
      `only ${percent(now.distinct)} of the scores are distinct (${percent(start.distinct)} at the start)`,
    );
  }
  if (!sphere) return signs;
  if (!(now.spread > 0.01 * start.spread)) {
    signs.push(
      `the latent space has shrunk to ${percent(now.spread / start.spread)} of its spread at the start`,
    );
  }
  if (directions && now.participation < Math.min(1.5, 0.5 * start.participation)) {
    signs.push(
      `the latent space uses ${now.participation.toFixed(2)} of ${start.participation.toFixed(1)} directions`,
    );
  }
  if (!(now.variation > Math.min(1e-3, 0.1 * start.variation))) {
    signs.push(`distances to the centre vary by ${now.variation.toExponential(1)} of their mean only`);
  }
  // Weights that decay faster than the centre attracts pull all rows to zero, off the centre. Long before the other
  // signs appear, scores have become a projection on the centre, which may rank worse than chance.
  if (!(now.centred > offCentre * start.centred)) {
    signs.push(
      `the latent space has drifted off its centre: ${percent(1 - now.centred)} of the distances is common to all rows`,
    );
  }
  return signs;
}

/** Two digits, without the exponent that `toPrecision` gives to 100. */
const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;
