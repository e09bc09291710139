import type { Attribution, Subject } from "./attribution.js";
import { differing, type Game, type Mixture } from "./game.js";
import { shareRest } from "./shared-rest.js";
import type { Units } from "./units.js";

/** One unit exchanged alone in one direction or the other. */
interface Exchange {
  readonly subject: number;
  readonly place: number;
  readonly unit: number;
  /** Whether the unit is the only one of the row, in the normal row; else it is the only one of the normal row. */
  readonly first: boolean;
}

/**
 * A row beside each of its nearest normal rows: a unit contributes the mean of what it adds to the normal row alone, and
 * of what the row loses without it. That is the Shapley value where units interact in pairs only; what is left of the
 * difference between both scores is shared out in proportion, so that the sum is complete. Costs two scores for each unit
 * that differs and neighbour.
 *
 * @param normalScores [normals]
 */
export async function nearestAttributions(
  subjects: readonly Subject[],
  units: Units,
  game: Game,
  normalScores: Float32Array,
): Promise<Attribution[]> {
  const exchanges: Exchange[] = [];
  const mixtures: Mixture[] = [];
  subjects.forEach(({ row, nearest }, subject) => {
    nearest.forEach((other, place) => {
      for (const unit of differing(units, row, other)) {
        for (const first of [true, false]) {
          const weights = new Float32Array(units.count).fill(first ? 0 : 1);
          weights[unit] = first ? 1 : 0;
          exchanges.push({ subject, place, unit, first });
          mixtures.push({ row, other, weights });
        }
      }
    });
  });
  const { scores } = await game(mixtures);
  const parts = subjects.map(({ nearest }) => Array.from(nearest, () => new Float64Array(units.count)));
  exchanges.forEach(({ subject, place, unit, first }, k) => {
    const { score, nearest } = subjects[subject]!;
    const gain = first ? scores[k]! - normalScores[nearest[place]!]! : score - scores[k]!;
    parts[subject]![place]![unit]! += gain / 2;
  });
  return subjects.map(({ row, score, nearest }, subject) => {
    const contributions = new Float64Array(units.count);
    let baseline = 0;
    nearest.forEach((other, place) => {
      const own = parts[subject]![place]!;
      const from = normalScores[other]!;
      shareRest(own, score - from, differing(units, row, other));
      for (let unit = 0; unit < own.length; unit++) contributions[unit]! += own[unit]! / nearest.length;
      baseline += from / nearest.length;
    });
    return { baseline, contributions };
  });
}
