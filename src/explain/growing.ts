/** Places by what they contribute, most first. */
export const byContribution = (places: readonly number[], contributions: Float64Array): number[] =>
  places.toSorted((a, b) => contributions[b]! - contributions[a]! || a - b);

/** The first one, the first two, and so on. */
export const prefixes = <T>(list: readonly T[], most: number): T[][] =>
  Array.from({ length: Math.min(most, list.length) }, (_, k) => list.slice(0, k + 1));
