/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {readonly number[]} values */
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A share as a text, to a tenth of a per cent. */
export const percent = (value) => `${(100 * value).toFixed(1)} %`;

/** The value that a share of the others is not above. @param sorted ascending */
export const quantile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

/** Median and minimum of one thing measured over and over. */
export const summary = (values) => ({
  median: median(values),
  minimum: Math.min(...values),
  runs: values.length,
});

/** Ranks from 1, ties sharing theirs. */
function ranksOf(values) {
  const order = values.map((_, k) => k).sort((a, b) => values[a] - values[b]);
  const ranks = new Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let k = from; k < to; k++) ranks[order[k]] = (from + to + 1) / 2;
    from = to;
  }
  return ranks;
}

/**
 * Wilcoxon's signed-rank test of paired differences, two-sided: the normal approximation with its correction for ties;
 * differences of zero are left out. Agrees with scipy.stats.wilcoxon(d, method="asymptotic").
 * @returns p, and the numbers of positive, negative and zero differences
 */
export function wilcoxon(differences, normalCdf) {
  const kept = differences.filter((value) => value !== 0);
  const counts = {
    better: kept.filter((value) => value > 0).length,
    worse: kept.filter((value) => value < 0).length,
    equal: differences.length - kept.length,
  };
  const n = kept.length;
  if (n === 0) return { p: 1, ...counts };
  const sizes = kept.map(Math.abs);
  const ranks = ranksOf(sizes);
  const positive = ranks.reduce((sum, rank, k) => sum + (kept[k] > 0 ? rank : 0), 0);
  const times = new Map();
  for (const rank of ranks) times.set(rank, (times.get(rank) ?? 0) + 1);
  const ties = [...times.values()].reduce((sum, t) => sum + t ** 3 - t, 0);
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - ties / 48;
  const z = (positive - (n * (n + 1)) / 4) / Math.sqrt(variance);
  return { p: 2 * normalCdf(-Math.abs(z)), ...counts };
}
