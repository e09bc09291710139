/**
 * Isotonic regression: the non-decreasing step curve nearest to the data in weighted squares, by pooling adjacent
 * violators (Ayer et al. 1955; Zadrozny and Elkan 2002 for probabilities). Ties and interpolation are scikit-learn's
 * IsotonicRegression(out_of_bounds="clip").
 */
import { HypersphereError } from "../../errors.js";
import { argsort, refuseNaN } from "../../math/sort.js";

/** A non-decreasing curve: straight between its knots, level beyond the first and the last one. */
export interface IsotonicCurve {
  /** Strictly ascending. */
  readonly x: readonly number[];
  /** Non-decreasing, one per knot. */
  readonly y: readonly number[];
}

/**
 * The best non-decreasing curve through (x, y). Points of equal x count as one, at their weighted mean; of knots that
 * lie level between level neighbours only the outer two are kept.
 * @param x scores, [n], n at least 1
 * @param y what to fit, such as labels 0/1, [n]
 * @param weights positive, [n]; all 1 when left out
 * @throws unfit-data when lengths differ, nothing is given, or a number is NaN or a weight not positive
 */
export function isotonicRegression(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weights?: ArrayLike<number>,
): IsotonicCurve {
  const n = x.length;
  if (n === 0 || y.length !== n || (weights !== undefined && weights.length !== n)) {
    throw new HypersphereError(
      "unfit-data",
      `isotonicRegression: ${n} scores, ${y.length} targets and ${weights?.length ?? n} weights, expected as many of each and at least 1.`,
    );
  }
  refuseNaN(y, "isotonicRegression: targets");
  const order = argsort(x, "isotonicRegression: scores");
  const points = distinctPoints(order, x, y, weights);
  return trimmed(points.x, poolAdjacentViolators(points.y, points.w));
}

/** The curve's height at `x`. */
export function curveAt({ x: knots, y }: IsotonicCurve, x: number): number {
  const last = knots.length - 1;
  if (!(x > knots[0]!)) return y[0]!;
  if (x >= knots[last]!) return y[last]!;
  let lo = 0;
  let hi = last;
  while (hi - lo > 1) {
    const middle = (lo + hi) >>> 1;
    if (knots[middle]! < x) lo = middle;
    else hi = middle;
  }
  const share = (x - knots[lo]!) / (knots[hi]! - knots[lo]!);
  return Math.min(y[lo]! + share * (y[hi]! - y[lo]!), y[hi]!);
}

function distinctPoints(
  order: Uint32Array,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
): { x: number[]; y: number[]; w: number[] } {
  const points = { x: [] as number[], y: [] as number[], w: [] as number[] };
  for (const row of order) {
    const weight = weights === undefined ? 1 : weights[row]!;
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new HypersphereError(
        "unfit-data",
        `isotonicRegression: weight ${row} is ${weight}, expected a number above 0.`,
      );
    }
    const at = points.x.length - 1;
    if (at >= 0 && points.x[at] === x[row]) {
      points.w[at]! += weight;
      points.y[at]! += (weight / points.w[at]!) * (y[row]! - points.y[at]!);
    } else {
      points.x.push(x[row]!);
      points.y.push(y[row]!);
      points.w.push(weight);
    }
  }
  return points;
}

/** A stack of blocks: a new one swallows those before it that are not lower. */
function poolAdjacentViolators(y: readonly number[], w: readonly number[]): number[] {
  const blocks: { sum: number; weight: number; size: number }[] = [];
  const mean = ({ sum, weight }: { sum: number; weight: number }): number => sum / weight;
  for (let k = 0; k < y.length; k++) {
    const block = { sum: w[k]! * y[k]!, weight: w[k]!, size: 1 };
    for (let last = blocks.at(-1); last !== undefined && mean(last) >= mean(block); last = blocks.at(-1)) {
      blocks.pop();
      block.sum += last.sum;
      block.weight += last.weight;
      block.size += last.size;
    }
    blocks.push(block);
  }
  return blocks.flatMap((block) => Array<number>(block.size).fill(mean(block)));
}

function trimmed(x: readonly number[], y: readonly number[]): IsotonicCurve {
  const kept = x.map((_, k) => k === 0 || k === x.length - 1 || y[k] !== y[k - 1] || y[k] !== y[k + 1]);
  return { x: x.filter((_, k) => kept[k]), y: y.filter((_, k) => kept[k]) };
}
