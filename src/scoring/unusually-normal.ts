import { exceeds } from "./ties.js";

/** Scores that are lower than those of normal observations. */
export interface UnusuallyNormal {
  /** Observations with a score, and those of them below the score of every held-out normal one. */
  readonly rows: number;
  readonly below: number;
}

/** Fewer are too few to speak of all of them. */
const LEAST_SHARE = 0.5;
/** Normal observations are told to be too normal this often at most. */
const CHANCE = 0.001;

/**
 * Whether more than half of the observations score below every normal one that was held out in training, which happens to
 * normal ones less than once in a thousand times. It does to what was learned from, and to photographs that are blurred or
 * covered: detectors look for what normal data do not have, and hardly for what is missing.
 *
 * @param scores NaN where there is none
 * @param calibrationScores of a model, ascending
 * @returns undefined where it is not so, or could be by chance
 */
export function unusuallyNormal(
  scores: Float32Array,
  calibrationScores: Float32Array,
): UnusuallyNormal | undefined {
  const lowest = calibrationScores[0];
  if (lowest === undefined) return undefined;
  let [rows, below] = [0, 0];
  for (const score of scores) {
    if (Number.isNaN(score)) continue;
    rows++;
    if (exceeds(lowest, score)) below++;
  }
  if (below <= LEAST_SHARE * rows) return undefined;
  // Were all of one kind, each would be as likely to be among the lowest.
  let chance = 1;
  for (let k = 0; k < below && chance >= CHANCE; k++) {
    chance *= (rows - k) / (rows + calibrationScores.length - k);
  }
  return chance < CHANCE ? { rows, below } : undefined;
}
