import type { Model, ScoreOptions } from "../model/index.js";
import type { Units } from "./units.js";

/** Mixtures that are scored in one call of the model. */
const MOST_MIXTURES = 16_384;

/** One mixture of a row and a normal row: see `Units.mix`. */
export interface Mixture {
  readonly row: number;
  readonly other: number;
  /** [units] share of the row in each unit. */
  readonly weights: Float32Array;
}

export interface MixtureScores {
  readonly scores: Float32Array;
  readonly isAnomaly: Uint8Array;
}

/** Scores of mixtures by the model itself, as if they were data. */
export type Game = (mixtures: readonly Mixture[]) => Promise<MixtureScores>;

export function gameOf(model: Model, units: Units, options: ScoreOptions): Game {
  return async (mixtures) => {
    const scores = new Float32Array(mixtures.length);
    const isAnomaly = new Uint8Array(mixtures.length);
    for (let from = 0; from < mixtures.length; from += MOST_MIXTURES) {
      const part = mixtures.slice(from, from + MOST_MIXTURES);
      const weights = new Float32Array(part.length * units.count);
      part.forEach((mixture, k) => {
        weights.set(mixture.weights, k * units.count);
      });
      const data = units.mix(
        Uint32Array.from(part, ({ row }) => row),
        Uint32Array.from(part, ({ other }) => other),
        weights,
      );
      const scored = await model.score(data, options);
      scores.set(scored.scores, from);
      isAnomaly.set(scored.isAnomaly, from);
    }
    return { scores, isAnomaly };
  };
}

/** The units of a row that differ from a normal one. */
export const differing = (units: Units, row: number, other: number): number[] =>
  Array.from({ length: units.count }, (_, unit) => unit).filter((unit) => !units.same(row, other, unit));
