/** Scores in bins, on a scale that shows the usual ones and the far ones alike. */
export interface Scale {
  /** From a score to 0 (left) to 1 (right). */
  place(score: number): number;
  score(place: number): number;
  readonly logarithmic: boolean;
}

/** How far beyond the median scores reach where a logarithmic scale shows more. */
const FAR = 6;
/** Room at both ends, so that a threshold may be above all scores, or below. */
const MARGIN = 0.03;

export function scaleOf(scores: Float32Array, threshold: number): Scale {
  const sorted = Float64Array.from(scores).sort();
  const low = Math.min(sorted[0] ?? 0, threshold);
  const high = Math.max(sorted.at(-1) ?? 1, threshold);
  const median = sorted[sorted.length >> 1] ?? 0;
  const logarithmic = low > 0 && high > FAR * median;
  const [to, from]: [(x: number) => number, (x: number) => number] = logarithmic
    ? [Math.log, Math.exp]
    : [(x) => x, (x) => x];
  const span = to(high) - to(low) || 1;
  const start = to(low) - MARGIN * span;
  const whole = span * (1 + 2 * MARGIN);
  return {
    place: (score) => Math.min(1, Math.max(0, (to(score) - start) / whole)),
    score: (place) => from(start + place * whole),
    logarithmic,
  };
}

/** How many scores each bin holds. */
export function binsOf(scores: Float32Array, scale: Scale, bins: number): Uint32Array {
  const counts = new Uint32Array(bins);
  for (const score of scores) counts[Math.min(bins - 1, Math.floor(scale.place(score) * bins))]!++;
  return counts;
}
