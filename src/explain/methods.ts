import type { Dataset } from "../data/index.js";
import type { RandomSource } from "../math/random.js";
import type { Model, ScoreOptions } from "../model/index.js";
import type { Attribution, Subject } from "./attribution.js";
import type { Background } from "./background.js";
import { exactAttributions } from "./exact.js";
import { gameOf } from "./game.js";
import { gradientAttributions } from "./gradients.js";
import { nearestAttributions } from "./nearest.js";
import type { Settings } from "./options.js";
import { shapleyAttributions } from "./shapley.js";
import type { Units } from "./units.js";

/** Mixtures that rows explained together are made of, about. */
const MIXTURES = 16_384;
/** What a row counts for among them where no mixtures are made: its distances to normal rows. */
const ROW = 16;

/** A method at work on a model and its data. */
export interface Attributing {
  /** Rows that are best given at a time. */
  readonly together: number;
  of(subjects: readonly Subject[]): Promise<readonly Attribution[]>;
  /** Frees what the method holds. */
  release(): Promise<void>;
}

interface Given {
  readonly model: Model;
  readonly data: Dataset;
  readonly background: Background;
  readonly units: Units;
  readonly decision: ScoreOptions;
  readonly random: RandomSource;
}

/** @throws HypersphereError `invalid-option` for a method that the model's score is not made for */
export async function attributingBy(
  { method, neighbours, samples }: Settings,
  { model, data, background, units, decision, random }: Given,
): Promise<Attributing> {
  const togetherAt = (each: number): number => Math.max(1, Math.floor(MIXTURES / each));
  const game = gameOf(model, units, decision);
  const release = async (): Promise<void> => {};
  switch (method) {
    case "exact": {
      const of = await exactAttributions(model, data, units, decision);
      return { together: togetherAt(ROW), of, release };
    }
    case "gradients":
      return gradientAttributions(model, data, background.data, units, decision);
    case "nearest":
      return {
        together: togetherAt(2 * units.count * neighbours),
        of: (subjects) => nearestAttributions(subjects, units, game, background.scores),
        release,
      };
    case "shapley":
      return {
        together: togetherAt(2 * units.count * samples),
        of: (subjects) =>
          shapleyAttributions(subjects, units, game, background.scores, samples, (row) =>
            random.stream("explain", "row", row),
          ),
        release,
      };
  }
}
