/**
 * The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kegl, "Algorithms for hyper-parameter optimization",
 * NIPS 2011), multivariate as in Falkner, Klein and Hutter (BOHB, ICML 2018): the good trials and the others are each a mixture of
 * kernels over all dimensions together, and the next trial is the candidate at which good ones are most likely by comparison.
 * Numbers of kernels, widths and weights are those of Optuna 4's `TPESampler(multivariate=True)`.
 */
import { normalCdf, normalQuantile } from "../../math/normal.js";
import type { RandomStream } from "../../math/random.js";
import type { Told } from "./samplers.js";
import { type Dimension, isChoice, type Point, type SearchSpace } from "./space.js";

const CANDIDATES = 24;
const GOOD_SHARE = 0.1;
const MOST_GOOD = 25;
/** Width of kernels before they become narrower with their number, in units of the range. */
const WIDTH = 0.2;
/** So many of the latest trials count in full, and earlier ones less and less. */
const IN_FULL = 25;

export function parzenPoint(space: SearchSpace, told: readonly Told[], stream: RandomStream): Point {
  const best = [...told.keys()].sort((a, b) => told[b]!.value - told[a]!.value || a - b);
  const goodCount = Math.min(Math.ceil(GOOD_SHARE * told.length), MOST_GOOD);
  const isGood = new Set(best.slice(0, goodCount));
  // In the order of time, by which they are weighted.
  const part = (good: boolean): Mixture =>
    new Mixture(
      Object.values(space),
      told.filter((_, k) => isGood.has(k) === good).map(({ point }) => point),
    );
  const [good, other] = [part(true), part(false)];
  let chosen: { point: Point; gain: number } | undefined;
  for (let k = 0; k < CANDIDATES; k++) {
    const point = good.draw(stream);
    const gain = good.logDensity(point) - other.logDensity(point);
    if (chosen === undefined || gain > chosen.gain) chosen = { point, gain };
  }
  return chosen!.point;
}

/** A mixture of one kernel for each point, and a wide one that stands for knowing nothing. */
class Mixture {
  readonly #dimensions: readonly Dimension[];
  readonly #points: readonly Point[];
  readonly #weights: readonly number[];
  readonly #width: number;

  constructor(dimensions: readonly Dimension[], points: readonly Point[]) {
    this.#dimensions = dimensions;
    this.#points = points;
    const weights = [...trialWeights(points.length), 1];
    const sum = weights.reduce((total, weight) => total + weight, 0);
    this.#weights = weights.map((weight) => weight / sum);
    const narrowest = 1 / Math.min(100, 1 + weights.length);
    const scott = WIDTH * Math.max(points.length, 1) ** (-1 / (dimensions.length + 4));
    this.#width = Math.min(1, Math.max(narrowest, scott));
  }

  draw(stream: RandomStream): Point {
    const kernel = drawIndex(this.#weights, stream);
    return this.#dimensions.map((dimension, k) => {
      if (isChoice(dimension)) return drawIndex(this.#shares(kernel, k, dimension.values.length), stream);
      const { mean, width } = this.#kernel(kernel, k);
      const [from, to] = [normalCdf((0 - mean) / width), normalCdf((1 - mean) / width)];
      const at = mean + width * normalQuantile(from + (to - from) * stream.uniform());
      return Math.min(1, Math.max(0, at));
    });
  }

  logDensity(point: Point): number {
    const logs = this.#weights.map(
      (weight, kernel) =>
        Math.log(weight) + point.reduce((sum, place, k) => sum + this.#logKernel(kernel, k, place), 0),
    );
    const highest = Math.max(...logs);
    return highest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - highest), 0));
  }

  #logKernel(kernel: number, k: number, place: number): number {
    const dimension = this.#dimensions[k]!;
    if (isChoice(dimension)) return Math.log(this.#shares(kernel, k, dimension.values.length)[place]!);
    const { mean, width } = this.#kernel(kernel, k);
    const mass = normalCdf((1 - mean) / width) - normalCdf((0 - mean) / width);
    return -0.5 * ((place - mean) / width) ** 2 - Math.log(width * mass);
  }

  #kernel(kernel: number, k: number): { mean: number; width: number } {
    const point = this.#points[kernel];
    return point === undefined ? { mean: 0.5, width: 1 } : { mean: point[k]!, width: this.#width };
  }

  /** Of each value: mostly the kernel's own, and a little of the others. */
  #shares(kernel: number, k: number, count: number): number[] {
    const own = this.#points[kernel]?.[k];
    const others = 1 / this.#weights.length;
    const shares = Array.from({ length: count }, (_, value) => others + (value === own ? 1 : 0));
    const sum = shares.reduce((total, share) => total + share, 0);
    return shares.map((share) => share / sum);
  }
}

function trialWeights(count: number): number[] {
  if (count < IN_FULL) return new Array<number>(count).fill(1);
  const early = count - IN_FULL;
  return Array.from({ length: count }, (_, k) =>
    k >= early ? 1 : early === 1 ? 1 / count : 1 / count + ((1 - 1 / count) * k) / (early - 1),
  );
}

function drawIndex(shares: readonly number[], stream: RandomStream): number {
  let left = stream.uniform();
  for (const [k, share] of shares.entries()) {
    left -= share;
    if (left < 0) return k;
  }
  return shares.length - 1;
}
