/** The mean derivative along a line, part by part, at as many points as it takes. */

/** What is known at a point of a line. */
export interface LinePoint {
  /** Share of the way, from 0 to 1. */
  readonly share: number;
  readonly score: number;
  /** [units] how fast each unit raises the score there, over the whole line. */
  readonly slopes: Float64Array;
}

/** A line on which points are looked at. */
export interface Line {
  /** Parts of it that follow each other, each by its ends and its middle. */
  stretches: readonly Stretch[];
  /** Points that were looked at. */
  points: number;
}

interface Stretch {
  readonly from: LinePoint;
  readonly middle: LinePoint;
  readonly to: LinePoint;
}

/** Points that one line asks for, and what becomes of it when they are known, in their order. */
interface Question {
  readonly shares: readonly number[];
  answered(points: readonly LinePoint[]): void;
}

/** Points of a line at first: the ends and the middles of four stretches. */
const FIRST_POINTS = 9;
/** Times that stretches are halved at most: a line then has features of a part in ten million. */
const MOST_HALVINGS = 24;
/** Points of a line at most, about. */
const MOST_POINTS = 512;

/**
 * Looks at the points of lines until what the slopes say of each stretch agrees with the scores at its ends, but for a
 * share `tolerance` of the line's scale in all. Where a stretch misses by more than its part of that it is halved: steep
 * places and kinks get points, straight ones do not.
 *
 * @param count of lines
 * @param look tells score and slopes at places of lines, all at once
 * @param tolerance a share of the score at the end of a line, or of the sum of its contributions' sizes where that is more
 */
export async function followLines(
  count: number,
  look: (places: readonly { readonly line: number; readonly share: number }[]) => Promise<LinePoint[]>,
  tolerance: number,
): Promise<Line[]> {
  const lines = Array.from({ length: count }, (): Line => ({ stretches: [], points: 0 }));
  for (let halving = 0; halving <= MOST_HALVINGS; halving++) {
    const questions = lines.map((line) => (halving === 0 ? first(line) : halved(line, tolerance)));
    const places = questions.flatMap(({ shares }, line) => shares.map((share) => ({ line, share })));
    if (places.length === 0) break;
    const found = await look(places);
    let at = 0;
    for (const { shares, answered } of questions) {
      answered(found.slice(at, at + shares.length));
      at += shares.length;
    }
  }
  return lines;
}

function first(line: Line): Question {
  return {
    shares: Array.from({ length: FIRST_POINTS }, (_, k) => k / (FIRST_POINTS - 1)),
    answered(points) {
      line.points = points.length;
      line.stretches = Array.from({ length: (points.length - 1) / 2 }, (_, k) => ({
        ...{ from: points[2 * k]!, middle: points[2 * k + 1]!, to: points[2 * k + 2]! },
      }));
    },
  };
}

function halved(line: Line, tolerance: number): Question {
  const { stretches, points } = line;
  const bound = tolerance * scaleOf(line);
  const misses = stretches.map(missOf);
  const missed = Math.abs(misses.reduce((sum, miss) => sum + miss, 0));
  const open = stretches.map((_, k) => Math.abs(misses[k]!) > bound / stretches.length);
  if (!(missed > bound) || points >= MOST_POINTS) return { shares: [], answered: () => {} };
  const between = (a: LinePoint, b: LinePoint): number => (a.share + b.share) / 2;
  return {
    shares: stretches.flatMap(({ from, middle, to }, k) =>
      open[k] ? [between(from, middle), between(middle, to)] : [],
    ),
    answered(found) {
      let at = 0;
      line.points += found.length;
      line.stretches = stretches.flatMap((stretch, k) => {
        if (!open[k]) return [stretch];
        const { from, middle, to } = stretch;
        const [left, right] = [found[at++]!, found[at++]!];
        return [
          { from, middle: left, to: middle },
          { from: middle, middle: right, to },
        ];
      });
    },
  };
}

/** By Simpson's rule: [units] what each contributes on the stretch. */
function riseOf({ from, middle, to }: Stretch): Float64Array {
  const width = (to.share - from.share) / 6;
  return from.slopes.map((slope, k) => width * (slope + 4 * middle.slopes[k]! + to.slopes[k]!));
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** By how much the slopes of a stretch miss the difference between the scores at its ends. */
const missOf = (stretch: Stretch): number => stretch.to.score - stretch.from.score - sumOf(riseOf(stretch));

/** [units] what each contributes along the line. */
export function risesOf({ stretches }: Line): Float64Array {
  const rises = new Float64Array(stretches[0]!.from.slopes.length);
  for (const stretch of stretches) {
    riseOf(stretch).forEach((rise, k) => {
      rises[k]! += rise;
    });
  }
  return rises;
}

/** What misses are compared with: the score at the end, or the contributions together where they are larger. */
function scaleOf(line: Line): number {
  const sizes = risesOf(line).reduce((sum, rise) => sum + Math.abs(rise), 0);
  return Math.max(Math.abs(scoresOf(line).to), sizes);
}

/** Scores at both ends. */
export const scoresOf = ({ stretches }: Line): { readonly from: number; readonly to: number } => ({
  from: stretches[0]!.from.score,
  to: stretches.at(-1)!.to.score,
});

/** By how much the slopes miss the difference between the scores at both ends, as a share of the line's scale. */
export function missedShare(line: Line): number {
  const miss = Math.abs(line.stretches.reduce((sum, stretch) => sum + missOf(stretch), 0));
  return miss === 0 ? 0 : miss / Math.max(scaleOf(line), miss);
}
