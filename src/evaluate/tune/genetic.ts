/**
 * A steady-state genetic algorithm: parents win tournaments among the best trials, each gene comes from either of them, and some
 * change a little (Goldberg and Deb, "A comparative analysis of selection schemes used in genetic algorithms", 1991).
 */
import type { RandomStream } from "../../math/random.js";
import type { Told } from "./samplers.js";
import { type Dimension, isChoice, type Point, type SearchSpace } from "./space.js";

/** The best trials, which have offspring. */
const POPULATION = 20;
const TOURNAMENT = 3;
/** How far a number is moved, in units of its range. */
const STEP = 0.15;

export function geneticPoint(space: SearchSpace, told: readonly Told[], stream: RandomStream): Point {
  const population = [...told].sort((a, b) => b.value - a.value).slice(0, POPULATION);
  const [mother, father] = [tournament(population, stream), tournament(population, stream)];
  const dimensions = Object.values(space);
  // One gene changes on average, and one does at least: parents need not be tried again.
  const certain = stream.int(dimensions.length);
  return dimensions.map((dimension, k) => {
    const own = (stream.uniform() < 0.5 ? mother : father)[k]!;
    const changes = k === certain || stream.uniform() < 1 / dimensions.length;
    return changes ? changed(dimension, own, stream) : own;
  });
}

/** The winner is the best of some drawn at random: the first, as the population is sorted. */
function tournament(population: readonly Told[], stream: RandomStream): Point {
  const drawn = Array.from({ length: TOURNAMENT }, () => stream.int(population.length));
  return population[Math.min(...drawn)]!.point;
}

function changed(dimension: Dimension, place: number, stream: RandomStream): number {
  if (isChoice(dimension)) {
    const others = dimension.values.length - 1;
    return others === 0 ? place : (place + 1 + stream.int(others)) % dimension.values.length;
  }
  // What would leave the range comes back from its end.
  const moved = Math.abs(place + STEP * stream.normal());
  return moved > 1 ? Math.max(0, 2 - moved) : moved;
}
