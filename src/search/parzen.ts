/** Density of points as a mixture of kernels, one around each point and a wide one for what nobody has tried. */
import { normalCdf, normalQuantile } from "../math/normal.js";
import type { RandomStream } from "../math/random.js";
import { drawPoint } from "./random-sampler.js";
import { cellOf, type Interval, intervalOf, placeOf, valueAt } from "./scale.js";
import {
  choiceAt,
  isActive,
  type SearchChoice,
  type SearchNumber,
  type SearchPoint,
  type SearchRange,
  type SearchSpace,
  type SearchValue,
} from "./space.js";

/** The latest points count fully, however many there are. */
const FULL = 25;
/**
 * Weights of points in the order of their trials: all alike up to 25, then older ones less, evenly down to 1 / count.
 * As in Optuna (`default_weights`).
 */
export function pointWeights(count: number): Float64Array<ArrayBuffer> {
  const older = Math.max(0, count - FULL);
  const step = older > 1 ? (1 - 1 / count) / (older - 1) : 0;
  return Float64Array.from({ length: count }, (_, k) => (k < older ? 1 / count + k * step : 1));
}

/**
 * Standard deviations of the kernels around the places of one number: the way to the farther of the two neighbours, where
 * the ends of the range are none of the outermost, within what the number of kernels can tell. As in Optuna, where the prior
 * is one kernel more.
 *
 * @param places within the interval, in any order
 * @param kernels how many there are, the prior among them
 */
export function kernelWidths(places: readonly number[], { from, to }: Interval, kernels: number): number[] {
  const order = [...places.keys()].sort((a, b) => places[a]! - places[b]! || a - b);
  const least = (to - from) / Math.min(100, kernels + 1);
  const widths = new Array<number>(places.length);
  order.forEach((at, k) => {
    const place = places[at]!;
    const [before, after] = [order[k - 1], order[k + 1]];
    const alone = places.length === 1;
    const left = before === undefined ? (alone ? place - from : 0) : place - places[before]!;
    const right = after === undefined ? (alone ? to - place : 0) : places[after]! - place;
    widths[at] = Math.min(to - from, Math.max(least, left, right));
  });
  return widths;
}

export class ParzenEstimator {
  readonly #space: SearchSpace;
  readonly #names: readonly string[];
  readonly #points: readonly SearchPoint[];
  readonly #weights: Float64Array;
  /** Of every number, by the position of the point that has it. */
  readonly #widths: ReadonlyMap<string, ReadonlyMap<number, number>>;

  /** @param points in the order of their trials */
  constructor(space: SearchSpace, names: readonly string[], points: readonly SearchPoint[]) {
    this.#space = space;
    this.#names = names;
    this.#points = points;
    this.#widths = new Map(names.map((name) => [name, widthsOf(space[name]!, name, points)]));
    const weights = Float64Array.of(...pointWeights(points.length), 1);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    this.#weights = weights.map((weight) => weight / sum);
  }

  draw(stream: RandomStream): SearchPoint {
    const at = this.#kernelAt(stream.uniform());
    const kernel = this.#points[at] ?? {};
    return drawPoint(this.#space, this.#names, (name) => {
      const range = this.#space[name]!;
      return range.kind === "choice"
        ? this.#drawChoice(range, kernel[name], stream)
        : drawNumber(range, this.#normal(range, name, at), stream);
    });
  }

  /** Logarithm of the density. */
  logDensity(point: SearchPoint): number {
    const terms = Array.from(this.#weights, (weight, k) => {
      let sum = Math.log(weight);
      for (const name of this.#names) {
        const range = this.#space[name]!;
        if (!isActive(range, point)) continue;
        const value = point[name]!;
        sum +=
          range.kind === "choice"
            ? Math.log(this.#chances(range, this.#points[k]?.[name])[choiceAt(range.values, value)]!)
            : logNumber(range, this.#normal(range, name, k), value as number);
      }
      return sum;
    });
    const most = Math.max(...terms);
    return most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0));
  }

  #kernelAt(uniform: number): number {
    let sum = 0;
    const found = this.#weights.findIndex((weight) => {
      sum += weight;
      return uniform < sum;
    });
    return found < 0 ? this.#weights.length - 1 : found;
  }

  /** Of each value, around one of them; around none all alike. */
  #chances({ values }: SearchChoice, centre: SearchValue | undefined): readonly number[] {
    const prior = 1 / this.#weights.length;
    const at = centre === undefined ? -1 : choiceAt(values, centre);
    const whole = values.length * prior + (at < 0 ? 0 : 1);
    return values.map((_, k) => (prior + (k === at ? 1 : 0)) / whole);
  }

  #drawChoice(range: SearchChoice, centre: SearchValue | undefined, stream: RandomStream): SearchValue {
    let left = stream.uniform();
    const found = this.#chances(range, centre).findIndex((chance) => {
      left -= chance;
      return left < 0;
    });
    return range.values[found < 0 ? range.values.length - 1 : found]!;
  }

  /** The kernel of a point along a number; the prior where the point has none. */
  #normal(range: SearchNumber, name: string, at: number): Normal {
    const interval = intervalOf(range);
    const span = interval.to - interval.from;
    const width = this.#widths.get(name)!.get(at);
    return width === undefined
      ? { mean: interval.from + span / 2, deviation: span, interval }
      : { mean: placeOf(range, this.#points[at]![name] as number), deviation: width, interval };
  }
}

function widthsOf(
  range: SearchRange,
  name: string,
  points: readonly SearchPoint[],
): ReadonlyMap<number, number> {
  if (range.kind === "choice") return new Map();
  const having = [...points.keys()].filter((k) => points[k]![name] !== undefined);
  const places = having.map((k) => placeOf(range, points[k]![name] as number));
  const widths = kernelWidths(places, intervalOf(range), points.length + 1);
  return new Map(having.map((k, j) => [k, widths[j]!]));
}

function drawNumber(
  range: SearchNumber,
  { mean, deviation, interval }: Normal,
  stream: RandomStream,
): number {
  if (range.low === range.high) return range.low;
  const from = normalCdf((interval.from - mean) / deviation);
  const to = normalCdf((interval.to - mean) / deviation);
  const place = mean + deviation * normalQuantile(from + stream.uniform() * (to - from));
  return valueAt(range, Math.min(interval.to, Math.max(interval.from, place)));
}

function logNumber(range: SearchNumber, normal: Normal, value: number): number {
  if (range.low === range.high) return 0;
  const whole = mass(normal, normal.interval);
  const cell = cellOf(range, value);
  // Far cells have a mass below the smallest number, and still some chance.
  if (cell !== undefined) return Math.log(Math.max(Number.MIN_VALUE, mass(normal, cell)) / whole);
  const z = (placeOf(range, value) - normal.mean) / normal.deviation;
  return -0.5 * z * z - Math.log(normal.deviation * Math.sqrt(2 * Math.PI) * whole);
}

interface Normal {
  readonly mean: number;
  readonly deviation: number;
  readonly interval: Interval;
}

/** The chance of an interval. One above the mean is mirrored: close to 1 a difference of chances has no digits left. */
function mass({ mean, deviation }: Normal, { from, to }: Interval): number {
  const [low, high] = from > mean ? [mean - to, mean - from] : [from - mean, to - mean];
  return normalCdf(high / deviation) - normalCdf(low / deviation);
}
