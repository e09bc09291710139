import type { Attribution, Subject } from "./attribution.js";
import type { Counterfactual } from "./explanation.js";
import { differing, type Game, type Mixture } from "./game.js";
import type { Units } from "./units.js";

/** Shares of the way to the normal value that are tried, after all of it. */
const STEPS = 8;

/** A change of some units to the values of a normal row. */
interface Change {
  readonly subject: number;
  readonly other: number;
  readonly units: readonly number[];
}

/** A change with the share of the row that its units keep. */
interface Kept extends Change {
  readonly weight: number;
  readonly score: number;
}

/**
 * For each row the least change that is found to make it normal: the parts that contribute most, one after the other,
 * get their values in one of the nearest normal rows, until the model no longer flags the row. Of the changes that
 * succeed, those of the fewest parts are kept, then those with the lowest score; a part without which it still succeeds
 * goes back, and numbers return as far towards the row's own as they can. Every candidate is scored by the model.
 *
 * @param most columns, channels or patches that may change
 */
export async function counterfactuals(
  subjects: readonly Subject[],
  attributions: readonly Attribution[],
  units: Units,
  game: Game,
  most: number,
): Promise<(Counterfactual | null)[]> {
  const tried = subjects.flatMap(({ row, nearest }, subject) => {
    const { contributions } = attributions[subject]!;
    return Array.from(nearest).flatMap((other) => {
      const sets = units.changes.growing(contributions, differing(units, row, other), most);
      return sets.map((set): Change => ({ subject, other, units: set }));
    });
  });
  const first = await best(subjects, tried, units, game);
  const without = first.flatMap((change) =>
    change === undefined || change.units.length < 2
      ? []
      : change.units.map((unit) => ({ ...change, units: change.units.filter((each) => each !== unit) })),
  );
  const fewer = await best(subjects, without, units, game);
  const chosen = first.map((change, k) => fewer[k] ?? change);
  const shorter = chosen.flatMap((change) =>
    change === undefined || !units.changes.gradual
      ? []
      : Array.from({ length: STEPS - 1 }, (_, k) => ({ ...change, weight: (k + 1) / STEPS })),
  );
  const nearer = await best(subjects, shorter, units, game);
  return subjects.map(({ row }, k) => {
    const found = nearer[k] ?? chosen[k];
    if (found === undefined) return null;
    const { other, weight, score } = found;
    return { score, changes: units.changes.described(row, other, found.units, weight) };
  });
}

/** Of each subject's changes that make it normal the least; undefined where none does. */
async function best(
  subjects: readonly Subject[],
  changes: readonly (Change & { readonly weight?: number })[],
  units: Units,
  game: Game,
): Promise<(Kept | undefined)[]> {
  const { scores, isAnomaly } = await game(
    changes.map(({ subject, other, units: changed, weight = 0 }): Mixture => {
      const weights = new Float32Array(units.count).fill(1);
      for (const unit of changed) weights[unit] = weight;
      return { row: subjects[subject]!.row, other, weights };
    }),
  );
  const found: (Kept | undefined)[] = subjects.map(() => undefined);
  changes.forEach((change, k) => {
    if (isAnomaly[k] === 1) return;
    const kept = { weight: 0, ...change, score: scores[k]! };
    const before = found[change.subject];
    if (before === undefined || isLess(kept, before, units)) found[change.subject] = kept;
  });
  return found;
}

function isLess(a: Kept, b: Kept, { changes }: Units): boolean {
  const [own, other] = [changes.size(a.units), changes.size(b.units)];
  if (own !== other) return own < other;
  return a.weight !== b.weight ? a.weight > b.weight : a.score < b.score;
}
