/**
 * Sequential minimal optimisation for one-class duals: after LIBSVM (Chang and Lin 2011, sections 4.1 to 4.3; Fan, Chen
 * and Lin 2005 for the choice of pairs), restricted to what one-class problems need: all labels are +1, all upper
 * bounds are 1.
 *
 *     min_a  1/2 a' K a + p' a      0 <= a_i <= 1,  sum a = s
 *
 * With G = K a + p the point is optimal when no weight can move from a row with a_i > 0 to one with a_j < 1 at a gain:
 * max over a_j < 1 of -G_j, plus max over a_i > 0 of G_i, is not above 0. It stops when that is below `tolerance`.
 */

/**
 * The problem. The caller computes kernel rows and products with the whole matrix, perhaps fast and asynchronously:
 * the solver stops and names what it lacks.
 */
export interface OneClassDual {
  /** K_ii. */
  readonly diagonal: Float64Array;
  /** p; absent where it is zero. */
  readonly linear?: Float64Array | undefined;
  /** s, above 0 and at most the number of rows. */
  readonly sum: number;
  /** Row i of K, or undefined where it has to be asked for. The two latest results have to stay valid. */
  row(i: number): Float32Array | undefined;
}

/** Why {@link SmoSolver.run} came back. */
export type SmoStatus =
  /** The optimum is reached; weights and gradient are final. */
  | "optimal"
  /** The iterations are used up. */
  | "working"
  /** The row `missing` has to be there for the next run. */
  | "row"
  /** `restore` needs K times `weights`. */
  | "product";

export interface SmoOptions {
  readonly tolerance: number;
  /** Leave rows that look settled at a bound out of the loops, until the rest is done. */
  readonly shrinking: boolean;
  /** K times {@link initialWeights}. */
  readonly product: Float64Array;
}

/** In place of a curvature that is not positive: rows that coincide, or a kernel that is not a scalar product. */
const TAU = 1e-12;
/** Iterations between two looks for rows to leave out. */
const SHRINK_EVERY = 1000;

/** LIBSVM's start: weight 1 for the first rows, the fraction that is left for the next one, 0 for all others. */
export function initialWeights(size: number, sum: number): Float64Array {
  const whole = Math.min(size, Math.floor(sum + 1e-9));
  const weights = new Float64Array(size).fill(1, 0, whole);
  if (whole < size) weights[whole] = Math.max(0, sum - whole);
  return weights;
}

export class SmoSolver {
  readonly weights: Float64Array;
  /** G; of rows that are left out, only after `restore`. */
  readonly gradient: Float64Array;
  iterations = 0;
  /** How far from optimal the last look was, to be compared with the tolerance. */
  violation = Number.POSITIVE_INFINITY;
  readonly #dual: OneClassDual;
  readonly #tolerance: number;
  readonly #shrinking: boolean;
  /** Rows in play, in the first `#count` places. */
  readonly #active: Int32Array;
  #count: number;
  #untilShrink: number;
  #unshrunk = false;
  /** The row with the smallest G among those below the upper bound; -1 where that has to be looked up. */
  #first = -1;
  /** The row that `run` lacked, -1 for none. */
  missing = -1;

  constructor(dual: OneClassDual, { tolerance, shrinking, product }: SmoOptions) {
    const size = dual.diagonal.length;
    this.#dual = dual;
    this.#tolerance = tolerance;
    this.#shrinking = shrinking;
    this.weights = initialWeights(size, dual.sum);
    this.#active = Int32Array.from({ length: size }, (_, i) => i);
    this.#count = size;
    this.#untilShrink = Math.min(size, SHRINK_EVERY);
    this.gradient = new Float64Array(size);
    this.restore(product);
  }

  /** Goes on for at most `iterations`. */
  run(iterations: number): SmoStatus {
    for (let done = 0; done < iterations; ) {
      if (this.#untilShrink <= 0) {
        this.#untilShrink = Math.min(this.weights.length, SHRINK_EVERY);
        if (this.#shrinking && this.#shrink() === "product") return "product";
      }
      const status = this.#iterate();
      if (status === "optimal" && this.partial) {
        this.#untilShrink = 1;
        return "product";
      }
      if (status !== "working") return status;
      this.#untilShrink--;
      this.iterations++;
      done++;
    }
    return "working";
  }

  /** Whether rows are left out, so that `gradient` is not whole. */
  get partial(): boolean {
    return this.#count < this.weights.length;
  }

  /** Takes K times `weights`, and with it all rows into the loops again. */
  restore(product: Float64Array): void {
    const { linear } = this.#dual;
    for (let t = 0; t < product.length; t++) this.gradient[t] = product[t]! + (linear?.[t] ?? 0);
    this.#active.sort();
    this.#count = this.weights.length;
    this.#first = -1;
  }

  /**
   * Up to `most` rows that violate optimality more than all others: likely to be needed soon.
   * @param lacking rows to be considered
   */
  likely(most: number, lacking: (row: number) => boolean): number[] {
    if (most <= 0) return [];
    const { weights, gradient } = this;
    const bounds = this.#bounds();
    const middle = (bounds.least + bounds.most) / 2;
    // The best so far, worst first: few rows get in, so that inserting is cheaper than sorting all.
    const rows: number[] = [];
    const gains: number[] = [];
    for (let k = 0; k < this.#count; k++) {
      const t = this.#active[k]!;
      const difference = middle - gradient[t]!;
      const gain = difference > 0 ? (weights[t]! < 1 ? difference : 0) : weights[t]! > 0 ? -difference : 0;
      if (!(gain > 0) || (rows.length === most && !(gain > gains[0]!)) || !lacking(t)) continue;
      let place = gains.findIndex((other) => other >= gain);
      if (place < 0) place = gains.length;
      rows.splice(place, 0, t);
      gains.splice(place, 0, gain);
      if (rows.length > most) {
        rows.shift();
        gains.shift();
      }
    }
    return rows;
  }

  /**
   * The multiplier of the constraint sum a = s: G of every row strictly between its bounds. Their mean; without such a
   * row the middle of the interval that the others leave, or its finite end.
   */
  get rho(): number {
    const { weights, gradient } = this;
    let upper = Number.POSITIVE_INFINITY;
    let lower = Number.NEGATIVE_INFINITY;
    let free = 0;
    let sum = 0;
    for (let i = 0; i < weights.length; i++) {
      if (weights[i]! >= 1) lower = Math.max(lower, gradient[i]!);
      else if (weights[i]! <= 0) upper = Math.min(upper, gradient[i]!);
      else {
        free++;
        sum += gradient[i]!;
      }
    }
    if (free > 0) return sum / free;
    if (upper === Number.POSITIVE_INFINITY) return lower;
    return lower === Number.NEGATIVE_INFINITY ? upper : (upper + lower) / 2;
  }

  /**
   * One iteration, with the second-order choice of the pair: the first row violates optimality most; the second
   * promises the largest decrease (G_i - G_j)^2 / (K_ii + K_jj - 2 K_ij).
   */
  #iterate(): SmoStatus {
    const { weights, gradient } = this;
    const active = this.#active;
    const count = this.#count;
    const diagonal = this.#dual.diagonal;
    if (this.#first < 0) {
      let least = Number.POSITIVE_INFINITY;
      for (let k = 0; k < count; k++) {
        const t = active[k]!;
        if (weights[t]! < 1 && gradient[t]! <= least) {
          least = gradient[t]!;
          this.#first = t;
        }
      }
    }
    const first = this.#first;
    if (first < 0) {
      this.violation = 0;
      return "optimal";
    }
    const row = this.#dual.row(first);
    if (row === undefined) return this.#lacking(first);
    const least = gradient[first]!;
    const own = diagonal[first]!;
    let most = Number.NEGATIVE_INFINITY;
    let best = 0;
    let second = -1;
    for (let k = 0; k < count; k++) {
      const t = active[k]!;
      if (weights[t]! > 0) {
        const g = gradient[t]!;
        if (g > most) most = g;
        const difference = g - least;
        if (difference > 0) {
          const curvature = own + diagonal[t]! - 2 * row[t]!;
          const gain = (difference * difference) / (curvature > 0 ? curvature : TAU);
          if (gain >= best) {
            best = gain;
            second = t;
          }
        }
      }
    }
    this.violation = Math.max(0, most - least);
    if (most - least < this.#tolerance || second < 0) return "optimal";
    const other = this.#dual.row(second);
    if (other === undefined) return this.#lacking(second);
    this.#step(first, second, row, other);
    return "working";
  }

  #lacking(row: number): SmoStatus {
    this.missing = row;
    return "row";
  }

  /** Moves weight from row j to row i, as far as the objective falls and the bounds allow. */
  #step(i: number, j: number, rowI: Float32Array, rowJ: Float32Array): void {
    const { weights, gradient } = this;
    const curvature = this.#dual.diagonal[i]! + this.#dual.diagonal[j]! - 2 * rowI[j]!;
    const beforeI = weights[i]!;
    const beforeJ = weights[j]!;
    const sum = beforeI + beforeJ;
    const delta = (gradient[j]! - gradient[i]!) / (curvature > 0 ? curvature : TAU);
    let afterI = beforeI + delta;
    let afterJ = beforeJ - delta;
    if (afterI > 1) {
      afterI = 1;
      afterJ = sum - 1;
    }
    if (afterJ < 0) {
      afterJ = 0;
      afterI = sum;
    }
    weights[i] = afterI;
    weights[j] = afterJ;

    // The look for the next first row happens in the same pass over the gradient.
    const active = this.#active;
    const count = this.#count;
    const changeI = afterI - beforeI;
    const changeJ = afterJ - beforeJ;
    let least = Number.POSITIVE_INFINITY;
    let first = -1;
    for (let k = 0; k < count; k++) {
      const t = active[k]!;
      const g = gradient[t]! + rowI[t]! * changeI + rowJ[t]! * changeJ;
      gradient[t] = g;
      if (g <= least && weights[t]! < 1) {
        least = g;
        first = t;
      }
    }
    this.#first = first;
  }

  /** Leaves out rows at a bound whose gradient says that they will stay there. */
  #shrink(): SmoStatus {
    const { weights, gradient } = this;
    const active = this.#active;
    const { least, most } = this.#bounds();
    if (!this.#unshrunk && most - least <= 10 * this.#tolerance) {
      // Near the end rows are judged once more by a gradient without rounding from thousands of updates.
      this.#unshrunk = true;
      if (this.partial) {
        this.#untilShrink = 1;
        return "product";
      }
    }
    let kept = 0;
    for (let k = 0; k < this.#count; k++) {
      const t = active[k]!;
      const settled = (weights[t]! >= 1 && gradient[t]! < least) || (weights[t]! <= 0 && gradient[t]! > most);
      if (settled) continue;
      active[k] = active[kept]!;
      active[kept++] = t;
    }
    this.#count = kept;
    this.#first = -1;
    return "working";
  }

  /** Smallest G among rows that may gain weight, largest among those that may lose some. */
  #bounds(): { least: number; most: number } {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < this.#count; k++) {
      const t = this.#active[k]!;
      if (this.weights[t]! < 1) least = Math.min(least, this.gradient[t]!);
      if (this.weights[t]! > 0) most = Math.max(most, this.gradient[t]!);
    }
    return { least, most };
  }
}
