import { createRandom, type RandomStream } from "../math/random.js";
import { drawPoint, drawValue, randomSampler } from "./random-sampler.js";
import { bestFirst, type Sampler, type Trial } from "./sampler.js";
import { intervalOf, placeOf, valueAt } from "./scale.js";
import {
  orderedNames,
  type SearchPoint,
  type SearchRange,
  type SearchSpace,
  type SearchValue,
} from "./space.js";

/** Trials at random first, and as many of the best that have children. */
const POPULATION = 20;
/** Of so many drawn at random the best becomes a parent. */
const TOURNAMENT = 3;
/** Standard deviation of a mutation, as a share of the range on its scale. */
const MUTATION = 0.1;

/**
 * A genetic search: two parents by tournament among the best trials so far, every option from either of them, and one
 * option in as many as there are changed, on its own scale.
 *
 * @throws HypersphereError `invalid-option` see `orderedNames`
 */
export function geneticSampler(space: SearchSpace, seed: number | string): Sampler {
  const names = orderedNames(space);
  const startup = randomSampler(space, seed);
  const random = createRandom(seed);
  return (trials) => {
    if (trials.length < POPULATION) return startup(trials);
    const stream = random.stream("genetic", trials.length);
    const population = bestFirst(trials).slice(0, POPULATION);
    const parents = [parent(trials, population, stream), parent(trials, population, stream)] as const;
    return drawPoint(space, names, (name) => {
      const [first, second] = stream.uniform() < 0.5 ? parents : [parents[1], parents[0]];
      // A parent has no value of an option that did not count for it.
      const value = first[name] ?? second[name];
      const range = space[name]!;
      if (value === undefined) return drawValue(range, stream);
      return stream.uniform() < 1 / names.length ? mutated(range, value, stream) : value;
    });
  };
}

function parent(trials: readonly Trial[], population: readonly number[], stream: RandomStream): SearchPoint {
  const drawn = stream.sample(population.length, Math.min(TOURNAMENT, population.length));
  return trials[population[Math.min(...drawn)]!]!.point;
}

/** Numbers move by a normal step, mirrored at the ends of their range; choices become another one. */
function mutated(range: SearchRange, value: SearchValue, stream: RandomStream): SearchValue {
  if (range.kind === "choice") return drawValue(range, stream);
  const { from, to } = intervalOf(range);
  if (from === to) return value;
  const moved = placeOf(range, value as number) + MUTATION * (to - from) * stream.normal();
  const mirrored = moved < from ? 2 * from - moved : moved > to ? 2 * to - moved : moved;
  return valueAt(range, Math.min(to, Math.max(from, mirrored)));
}
