import type { RandomStream } from "../math/random.js";
import type { Attribution, Subject } from "./attribution.js";
import { differing, type Game, type Mixture } from "./game.js";
import type { Units } from "./units.js";

/** An order of units in which they go from the normal row to the row, and back in the opposite order. */
interface Path {
  readonly subject: number;
  readonly other: number;
  readonly order: readonly number[];
  /** Where the scores after each unit but the last begin: of the order, and behind them of the opposite one. */
  readonly at: number;
}

/**
 * Shapley values by sampling permutations (Castro, Gomez and Tejada 2009) in antithetic pairs: what a unit adds to the
 * score when it changes from its value in a normal row to its own, over orders of all units and over normal rows. Each
 * path begins at the normal row's score and ends at the row's, so that contributions are complete to a rounding, whatever
 * the number of samples.
 *
 * @param samples pairs of permutations of each row, each with one of the normal rows
 * @param streamOf decides orders and normal rows of a row to explain
 */
export async function shapleyAttributions(
  subjects: readonly Subject[],
  units: Units,
  game: Game,
  normalScores: Float32Array,
  samples: number,
  streamOf: (row: number) => RandomStream,
): Promise<Attribution[]> {
  const paths: Path[] = [];
  const mixtures: Mixture[] = [];
  subjects.forEach(({ row, others: all }, subject) => {
    const stream = streamOf(row);
    let others: number[] = [];
    for (let sample = 0; sample < samples; sample++) {
      // Every normal row is met as often as any other, but for one.
      if (others.length === 0) others = Array.from(stream.permutation(all.length), (place) => all[place]!);
      const other = others.pop()!;
      const present = differing(units, row, other);
      const order = Array.from(stream.permutation(present.length), (place) => present[place]!);
      paths.push({ subject, other, order, at: mixtures.length });
      for (const each of [order, order.toReversed()]) {
        const weights = Float32Array.from({ length: units.count }, (_, unit) =>
          units.same(row, other, unit) ? 1 : 0,
        );
        for (const unit of each.slice(0, -1)) {
          weights[unit] = 1;
          mixtures.push({ row, other, weights: weights.slice() });
        }
      }
    }
  });
  const { scores } = await game(mixtures);
  const sums = subjects.map(() => ({
    baseline: 0,
    mean: new Float64Array(units.count),
    squares: new Float64Array(units.count),
  }));
  for (const { subject, other, order, at } of paths) {
    const sum = sums[subject]!;
    const pair = new Float64Array(units.count);
    const steps = Math.max(0, order.length - 1);
    const { score } = subjects[subject]!;
    for (const [each, from] of [
      [order, at],
      [order.toReversed(), at + steps],
    ] as const) {
      let before: number = normalScores[other]!;
      each.forEach((unit, place) => {
        const after = place === steps ? score : scores[from + place]!;
        pair[unit]! += (after - before) / 2;
        before = after;
      });
    }
    sum.baseline += normalScores[other]! / samples;
    for (let unit = 0; unit < units.count; unit++) {
      sum.mean[unit]! += pair[unit]! / samples;
      sum.squares[unit]! += pair[unit]! ** 2 / samples;
    }
  }
  return sums.map(({ baseline, mean, squares }) => ({
    baseline,
    contributions: mean,
    errors: mean.map((value, unit) =>
      samples < 2 ? Number.NaN : Math.sqrt(Math.max(0, squares[unit]! - value ** 2) / (samples - 1)),
    ),
  }));
}
