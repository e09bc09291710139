export interface LinearOneClass {
  /** K(x_i, z_j), float32 [rows, width]. */
  readonly kernelMatrix: Float32Array;
  readonly width: number;
  /** [width, rank]: features are kernel values times this. */
  readonly basis: Float64Array;
  readonly rank: number;
  /** o_i, added to what is learnt; absent for zero. */
  readonly offsets: Float64Array | undefined;
  /** nu. */
  readonly share: number;
  /** A typical K(x, x): the unit in which an objective near zero is judged. */
  readonly typical: number;
}

/** A linear lower bound of the tail mean's negative: it is at least -(direction'w + offset), for all w. */
interface Cut {
  readonly direction: Float64Array;
  readonly offset: number;
}

/** Accuracy of the small problem, relative to its objective. */
const INNER_TOLERANCE = 1e-8;
/** Objectives below this share of a typical K(x, x) say that nothing was found. */
const NEARLY_ZERO = 1e-3;

/**
 * The linear one-class problem by cutting planes (Joachims 2006; Franc and Sonnenburg 2008). With z_i = w'F_i + o_i and
 * rho at its best value, the one-class SVM's primal is
 *
 *     min_w  P(w) = 1/2 |w|^2 - (mean of the lowest share nu of z)
 *
 * The tail mean is concave: that of any nu n rows bounds it from above, which is linear in w. Each step takes the rows
 * that are lowest at the current w as a further bound, and solves the small dual over the bounds found so far,
 *
 *     min_b  1/2 |sum_k b_k f_k|^2 + sum_k b_k q_k      b >= 0, sum b = 1      w = sum_k b_k f_k
 *
 * which is the point of smallest norm in a part of the reduced convex hull of the rows. Its value bounds the optimum, so
 * that the distance from it is known.
 */
export class CuttingPlanes {
  iterations = 0;
  /** (P(best) - bound) / |P(best)|, or relative to a small part of the typical K(x, x) where P is nearly zero. */
  gap = Number.POSITIVE_INFINITY;
  /** z of the row at the end of the tail, for the best w. */
  threshold = 0;
  /** The best w as weights of the landmarks, [width]. */
  coefficients: Float64Array;
  readonly #problem: LinearOneClass;
  readonly #rows: number;
  readonly #cuts: Cut[] = [];
  /** Products of the cuts' directions. */
  readonly #gram: Float64Array[] = [];
  #multipliers: Float64Array = new Float64Array(0);
  #best = Number.POSITIVE_INFINITY;

  constructor(problem: LinearOneClass) {
    this.#problem = problem;
    this.#rows = problem.kernelMatrix.length / problem.width;
    this.coefficients = new Float64Array(problem.width);
    // The mean over all rows is a mixture of tails, and a good first direction.
    this.#add(this.#tail(new Float64Array(this.#rows), this.#rows).cut);
  }

  /** One more cut. */
  step(): void {
    const { share, rank, typical } = this.#problem;
    const bound = this.#solveDual();
    const point = new Float64Array(rank);
    this.#cuts.forEach(({ direction }, k) => {
      const factor = this.#multipliers[k]!;
      if (factor !== 0) for (let r = 0; r < rank; r++) point[r]! += factor * direction[r]!;
    });
    const coefficients = this.#landmarkWeights(point);
    const z = this.#values(coefficients);
    const { cut, mean, threshold } = this.#tail(z, share * this.#rows);
    const value = 0.5 * dot(point, point) - mean;
    if (value < this.#best) {
      this.#best = value;
      this.coefficients = coefficients;
      this.threshold = threshold;
    }
    const unit = Math.max(Math.abs(this.#best), NEARLY_ZERO * Math.abs(typical), Number.MIN_VALUE);
    this.gap = Math.max(0, this.#best - bound) / unit;
    this.#add(cut);
    this.iterations++;
  }

  #landmarkWeights(point: Float64Array): Float64Array {
    const { basis, rank, width } = this.#problem;
    return Float64Array.from({ length: width }, (_, j) => {
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += basis[j * rank + r]! * point[r]!;
      return sum;
    });
  }

  #values(coefficients: Float64Array): Float64Array {
    const { kernelMatrix, width, offsets } = this.#problem;
    const z = new Float64Array(this.#rows);
    for (let i = 0, at = 0; i < z.length; i++, at += width) {
      let even = 0;
      let odd = 0;
      let j = 0;
      for (; j + 1 < width; j += 2) {
        even += kernelMatrix[at + j]! * coefficients[j]!;
        odd += kernelMatrix[at + j + 1]! * coefficients[j + 1]!;
      }
      if (j < width) even += kernelMatrix[at + j]! * coefficients[j]!;
      z[i] = even + odd + (offsets?.[i] ?? 0);
    }
    return z;
  }

  /** Mean of the `size` lowest rows (the last one may count in part), as a cut. */
  #tail(z: Float64Array, size: number): { cut: Cut; mean: number; threshold: number } {
    const { kernelMatrix, width, basis, rank, offsets } = this.#problem;
    const whole = Math.min(z.length, Math.max(1, Math.ceil(size - 1e-9)));
    const threshold = z.toSorted()[whole - 1]!;
    const below = z.reduce((count, value) => count + (value < threshold ? 1 : 0), 0);
    const ties = z.reduce((count, value) => count + (value === threshold ? 1 : 0), 0);
    // Rows at the threshold share what is left of the tail.
    const weightOfTie = (Math.min(size, z.length) - below) / ties;
    const kernelMean = new Float64Array(width);
    let mean = 0;
    let offset = 0;
    for (let i = 0; i < z.length; i++) {
      if (z[i]! > threshold) continue;
      const weight = (z[i]! < threshold ? 1 : weightOfTie) / size;
      mean += weight * z[i]!;
      offset += weight * (offsets?.[i] ?? 0);
      for (let j = 0, at = i * width; j < width; j++) kernelMean[j]! += weight * kernelMatrix[at + j]!;
    }
    const direction = new Float64Array(rank);
    for (let j = 0; j < width; j++) {
      for (let r = 0; r < rank; r++) direction[r]! += basis[j * rank + r]! * kernelMean[j]!;
    }
    return { cut: { direction, offset }, mean, threshold };
  }

  #add(cut: Cut): void {
    const products = Float64Array.from(this.#cuts, ({ direction }) => dot(direction, cut.direction));
    this.#gram.forEach((row, k) => {
      this.#gram[k] = Float64Array.of(...row, products[k]!);
    });
    this.#gram.push(Float64Array.of(...products, dot(cut.direction, cut.direction)));
    this.#cuts.push(cut);
    const multipliers = new Float64Array(this.#cuts.length);
    multipliers.set(this.#multipliers);
    if (multipliers.length === 1) multipliers[0] = 1;
    this.#multipliers = multipliers;
  }

  /** The small dual, from where the last one ended, by moving weight between pairs. Answers the bound on P. */
  #solveDual(): number {
    const gram = this.#gram;
    const weights = this.#multipliers;
    const count = weights.length;
    const gradient = Float64Array.from(this.#cuts, ({ offset }, k) => dot(gram[k]!, weights) + offset);
    const scale = gram.reduce((most, row, k) => Math.max(most, row[k]!), 1e-300);
    for (let iteration = 0; iteration < 200 * count; iteration++) {
      let least = 0;
      for (let k = 1; k < count; k++) if (gradient[k]! < gradient[least]!) least = k;
      let from = -1;
      let best = 0;
      let most = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < count; k++) {
        if (!(weights[k]! > 0)) continue;
        const difference = gradient[k]! - gradient[least]!;
        most = Math.max(most, difference);
        const curvature = Math.max(gram[k]![k]! + gram[least]![least]! - 2 * gram[k]![least]!, 1e-15 * scale);
        if (difference > 0 && (difference * difference) / curvature > best) {
          best = (difference * difference) / curvature;
          from = k;
        }
      }
      if (from < 0 || most < INNER_TOLERANCE * scale) break;
      const curvature = Math.max(
        gram[from]![from]! + gram[least]![least]! - 2 * gram[from]![least]!,
        1e-15 * scale,
      );
      const delta = Math.min(weights[from]!, (gradient[from]! - gradient[least]!) / curvature);
      weights[from] = delta === weights[from] ? 0 : weights[from]! - delta;
      weights[least]! += delta;
      const up = gram[least]!;
      const down = gram[from]!;
      for (let k = 0; k < count; k++) gradient[k]! += delta * (up[k]! - down[k]!);
    }
    let squared = 0;
    let offset = 0;
    for (let k = 0; k < count; k++) {
      squared += weights[k]! * dot(gram[k]!, weights);
      offset += weights[k]! * this.#cuts[k]!.offset;
    }
    return -0.5 * squared - offset;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
