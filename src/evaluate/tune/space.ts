import type { RandomStream } from "../../math/random.js";
import type { Json } from "../../model/contract.js";

/** Numbers between two ends, or one of some values. */
export type Dimension =
  | {
      readonly low: number;
      readonly high: number;
      /** Whether factors matter and not differences: both ends are above 0 then. */
      readonly log?: boolean;
      readonly whole?: boolean;
    }
  | { readonly values: readonly Json[] };

/** What a search may change: dimensions by the names of options. */
export type SearchSpace = Readonly<Record<string, Dimension>>;

/** A place in a space: for numbers from 0 to 1 along their scale, for values the place in their list. */
export type Point = readonly number[];

export const isChoice = (dimension: Dimension): dimension is { readonly values: readonly Json[] } =>
  "values" in dimension;

/** What a point stands for. */
export function optionsAt(space: SearchSpace, point: Point): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension], k) => [name, valueAt(dimension, point[k]!)]),
  );
}

function valueAt(dimension: Dimension, place: number): Json {
  if (isChoice(dimension)) return dimension.values[place]!;
  const { low, high, log = false, whole = false } = dimension;
  const [from, to] = whole ? [low - 0.5, high + 0.5] : [low, high];
  const value = log ? from * (to / from) ** place : from + (to - from) * place;
  const bounded = Math.min(high, Math.max(low, whole ? Math.round(value) : value));
  // Options are read by people: four digits say where a search was.
  return whole ? bounded : Math.min(high, Math.max(low, Number(bounded.toPrecision(4))));
}

/** A point drawn uniformly. */
export const drawnPoint = (space: SearchSpace, stream: RandomStream): Point =>
  Object.values(space).map((dimension) =>
    isChoice(dimension) ? stream.int(dimension.values.length) : stream.uniform(),
  );
