import { type Dataset, type Samples, samplesOf } from "../data/index.js";
import { kindOf } from "../features/index.js";
import type { Model, Scores } from "../model/index.js";
import { exceeds } from "../scoring/index.js";

/** That a series is hardly what a model was trained on, and where it differs. */
export interface OtherOperatingPoint {
  /** Steps with a score, and those of them above the score of every held-out normal window. */
  readonly steps: number;
  readonly above: number;
  /** Columns of which at least a tenth of the steps are outside the range of training, with that share; most first. */
  readonly columns: readonly { readonly name: string; readonly outside: number }[];
}

/** More steps than this share cannot be incidents: something has changed for good. */
const MOST = 0.5;
/** Fewer steps may well lie in one incident. */
const LEAST_STEPS = 20;
const OUTSIDE = 0.1;

/**
 * Whether a series is of another operating point than the training data: more than half of its time steps, of 20 at
 * least, score above every normal window that was held out in training. Of normal steps one in n + 1 does, where n windows
 * were held out. What is flagged then says little, however many promises the threshold keeps elsewhere.
 *
 * @param scores what the model says of them
 * @returns undefined where it is not, and for data that are no series of time steps
 */
export function otherOperatingPoint(
  model: Model,
  given: Dataset | Samples,
  { scores, notes }: Scores,
): OtherOperatingPoint | undefined {
  const { data, rows } = samplesOf(given);
  const timeline = kindOf(data).timeline(data);
  const highest = model.calibrationScores.at(-1);
  if (rows !== "time-steps" || timeline === undefined || highest === undefined) return undefined;
  let [steps, above] = [0, 0];
  for (const score of scores) {
    if (Number.isNaN(score)) continue;
    steps++;
    if (exceeds(score, highest)) above++;
  }
  if (steps < LEAST_STEPS || above <= MOST * steps) return undefined;
  const columns = Object.entries(notes.outOfRange)
    .map(([name, cells]) => ({ name, outside: Math.min(1, cells / timeline.steps) }))
    .filter(({ outside }) => outside >= OUTSIDE)
    .sort((a, b) => b.outside - a.outside);
  return { steps, above, columns };
}
