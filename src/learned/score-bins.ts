import type { ScoreBins } from "./report.js";

const BINS = 48;
/** Scales from which equal bins would press nearly all scores into the first few. */
const LONG = 12;

/**
 * Two sets of scores in bins of one scale, which reaches over both and over the marks.
 * @param marks such as thresholds, that have to be on the scale
 */
export function scoreBins(
  upper: ArrayLike<number>,
  lower: ArrayLike<number>,
  marks: readonly number[] = [],
): ScoreBins {
  const ends = [ends99(upper), ends99(lower), marks.filter(Number.isFinite)].flat();
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  const logarithmic = low > 0 && high / low >= LONG;
  const scale = logarithmic ? Math.log : (x: number): number => x;
  const [from, to] = [scale(low), scale(high)];
  const counted = (scores: ArrayLike<number>): number[] => {
    const counts = new Array<number>(BINS).fill(0);
    for (let row = 0; row < scores.length; row++) {
      const score = Math.min(Math.max(scores[row]!, low), high);
      const share = to > from ? (scale(score) - from) / (to - from) : 0;
      counts[Math.min(BINS - 1, Math.max(0, Math.floor(share * BINS)))]!++;
    }
    return counts;
  };
  return { low, high, logarithmic, upper: counted(upper), lower: counted(lower) };
}

/** Nearly all of them: single extremes must not press all others together. */
function ends99(scores: ArrayLike<number>): number[] {
  if (scores.length === 0) return [];
  const sorted = Float64Array.from(scores).sort();
  return [sorted[Math.round(0.005 * (sorted.length - 1))]!, sorted[Math.round(0.995 * (sorted.length - 1))]!];
}
