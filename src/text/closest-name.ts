import { shown } from "./shown.js";

/** Comparing takes the product of two lengths, and nobody mistypes a longer name. */
const LONGEST_NAME = 300;

/**
 * Did-you-mean: the candidate nearest to `name` by edit distance (ignoring case), or undefined when none is near
 * enough to be worth proposing (more than a third of its letters, and more than one, would have to change).
 */
export function closestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3));
    if (Math.abs(candidate.length - wanted.length) > allowed) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** "Did you mean ...? " or an empty string, ready to stand before the rest of a hint. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const closest = closestName(name, candidates);
  return closest === undefined ? "" : `Did you mean ${shown(closest)}? `;
}

/** Names in quotes, each shortened, separated by commas, cut off after `limit` with the number left out. */
export function listNames(names: readonly string[], limit = 12): string {
  const first = names.slice(0, limit).map((name) => shown(name));
  return names.length > limit ? `${first.join(", ")} and ${names.length - limit} more` : first.join(", ");
}

/** Levenshtein distance in which two neighbours that changed places count once: the commonest slip of all. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let distance = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, before[j - 2]! + 1);
      }
      current.push(distance);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length]!;
}
