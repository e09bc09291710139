import { createRandom, type RandomStream } from "../math/random.js";
import type { Sampler } from "./sampler.js";
import { intervalOf, valueAt } from "./scale.js";
import {
  isActive,
  orderedNames,
  type SearchPoint,
  type SearchRange,
  type SearchSpace,
  type SearchValue,
} from "./space.js";

/** A value of a range, all alike on its scale. */
export function drawValue(range: SearchRange, stream: RandomStream): SearchValue {
  if (range.kind === "choice") return range.values[stream.int(range.values.length)]!;
  const { from, to } = intervalOf(range);
  return valueAt(range, from + stream.uniform() * (to - from));
}

/** A point whose active options are drawn one after the other. */
export function drawPoint(
  space: SearchSpace,
  names: readonly string[],
  draw: (name: string) => SearchValue,
): SearchPoint {
  const point: Record<string, SearchValue> = {};
  for (const name of names) if (isActive(space[name]!, point)) point[name] = draw(name);
  return point;
}

/** Every trial for itself. @throws HypersphereError `invalid-option` see `orderedNames` */
export function randomSampler(space: SearchSpace, seed: number | string): Sampler {
  const names = orderedNames(space);
  const random = createRandom(seed);
  return ({ length }) => {
    const stream = random.stream("random", length);
    return drawPoint(space, names, (name) => drawValue(space[name]!, stream));
  };
}
