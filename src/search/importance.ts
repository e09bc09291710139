import { createRandom } from "../math/random.js";
import { type Feature, growTree, predict } from "./regression-tree.js";
import type { Trial } from "./sampler.js";
import { placeOf } from "./scale.js";
import { choiceAt, orderedNames, type SearchRange, type SearchSpace } from "./space.js";

/** Trials below which nothing can be said. */
export const LEAST_TRIALS = 10;
const TREES = 64;
const PERMUTATIONS = 5;

/**
 * How much each option decides about the value, as a share of all of them: permutation importance (Breiman, "Random forests",
 * Machine Learning 2001). A forest of regression trees learns the value from the options of the trials; an option is as
 * important as the squared error of each tree on the trials that it did not learn from grows when that option's values
 * are permuted among them.
 *
 * @param trials those without a value are left out
 * @returns by option, from 0 to 1 and together 1; all 0 where the value depends on no option, undefined for fewer than
 * `LEAST_TRIALS` values
 */
export function optionImportance(
  space: SearchSpace,
  trials: readonly Trial[],
  seed: number | string = 0,
): Readonly<Record<string, number>> | undefined {
  const names = orderedNames(space);
  const valued = trials.filter(({ value }) => value !== undefined);
  if (valued.length < LEAST_TRIALS) return undefined;
  const target = Float64Array.from(valued, ({ value }) => value!);
  const features = names.map((name) => featureOf(space[name]!, name, valued));
  const increase = new Float64Array(names.length);
  for (let k = 0; k < TREES; k++) {
    const stream = createRandom(seed).stream("importance", k);
    const drawn = Array.from(valued, () => stream.int(valued.length));
    const tree = growTree(features, target, drawn);
    const chosen = new Set(drawn);
    const others = [...valued.keys()].filter((row) => !chosen.has(row));
    const error = (read: (feature: number, at: number) => number): number =>
      others.reduce(
        (sum, row, at) => sum + (predict(tree, features, (feature) => read(feature, at)) - target[row]!) ** 2,
        0,
      );
    const value = (feature: number, at: number): number => features[feature]!.values[others[at]!]!;
    const before = error(value);
    names.forEach((_, feature) => {
      for (let again = 0; again < PERMUTATIONS; again++) {
        const order = stream.permutation(others.length);
        increase[feature]! += error((each, at) => value(each, each === feature ? order[at]! : at)) - before;
      }
    });
  }
  const parts = increase.map((sum) => Math.max(0, sum));
  const whole = parts.reduce((sum, part) => sum + part, 0);
  return Object.fromEntries(names.map((name, k) => [name, whole === 0 ? 0 : parts[k]! / whole]));
}

/** An option that a trial did not have is a value of its own, below all others. */
function featureOf(range: SearchRange, name: string, trials: readonly Trial[]): Feature {
  const values = Float64Array.from(trials, ({ point }) => {
    const value = point[name];
    if (value === undefined) return -Number.MAX_VALUE;
    return range.kind === "choice" ? choiceAt(range.values, value) : placeOf(range, value as number);
  });
  return { kind: range.kind, values };
}
