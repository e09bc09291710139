import type { RandomStream } from "../../math/random.js";
import { geneticPoint } from "./genetic.js";
import { drawnPoint, type Point, type SearchSpace } from "./space.js";
import { parzenPoint } from "./tpe.js";

/** A point that was tried, and how good it was: higher is better. */
export interface Told {
  readonly point: Point;
  readonly value: number;
}

export const SAMPLERS = ["tpe", "genetic", "random"] as const;
/** How the next trial is chosen from those before it. */
export type Sampler = (typeof SAMPLERS)[number];

/** Trials that are drawn at random before any is learned from. */
const STARTING_TRIALS = 10;

/** The next point to try. Depends on what was told, and on the stream, alone. */
export function nextPoint(
  sampler: Sampler,
  space: SearchSpace,
  told: readonly Told[],
  stream: RandomStream,
): Point {
  if (sampler === "random" || told.length < STARTING_TRIALS) return drawnPoint(space, stream);
  return sampler === "tpe" ? parzenPoint(space, told, stream) : geneticPoint(space, told, stream);
}
