import type { Dataset } from "../data/index.js";
import type { RandomSource } from "../math/random.js";
import type { Model, ScoreOptions } from "../model/index.js";
import type { Attribution, Subject } from "./attribution.js";
import type { Background } from "./background.js";
import { withContributions } from "./contributions.js";
import { exactAttributions } from "./exact.js";
import { gameOf } from "./game.js";
import { nearestAttributions } from "./nearest.js";
import type { Settings } from "./options.js";
import { shapleyAttributions } from "./shapley.js";
import type { Units } from "./units.js";

/** Mixtures that rows explained together are made of, about. */
const MIXTURES = 16_384;
/** What a row counts for among them where no mixtures are made: its distances to normal rows. */
const ROW = 16;

/** A method at work on rows. */
export interface Attributing {
  /** Rows that are best given at a time. */
  readonly together: number;
  of(subjects: readonly Subject[]): Promise<readonly Attribution[]>;
}

/** A method that is ready for a model, before anything is scored. */
export interface PreparedMethod {
  /** @param units of the data and the background */
  on(data: Dataset, background: Background, units: Units): Attributing | Promise<Attributing>;
  /** Frees what the method holds. */
  release(): Promise<void>;
}

/** @throws HypersphereError `invalid-option` for a method that the model's score is not made for */
export async function preparedMethod(
  { method, neighbours, samples }: Settings,
  model: Model,
  decision: ScoreOptions,
  random: RandomSource,
): Promise<PreparedMethod> {
  const togetherAt = (each: number): number => Math.max(1, Math.floor(MIXTURES / each));
  const release = async (): Promise<void> => {};
  switch (method) {
    case "exact": {
      const whole = await withContributions(model);
      return {
        on: (data, _, units) => ({
          together: togetherAt(ROW),
          of: (subjects) => exactAttributions(subjects, whole, data, units, decision),
        }),
        release,
      };
    }
    case "gradients": {
      // Pages that explain by other methods need not fetch it.
      const { integratedGradients } = await import("./gradients.js");
      return integratedGradients(model, decision);
    }
    case "nearest":
      return {
        on: (_, { scores }, units) => ({
          together: togetherAt(2 * units.count * neighbours),
          of: (subjects) => nearestAttributions(subjects, units, gameOf(model, units, decision), scores),
        }),
        release,
      };
    case "shapley":
      return {
        on: (_, { scores }, units) => ({
          together: togetherAt(2 * units.count * samples),
          of: (subjects) =>
            shapleyAttributions(subjects, units, gameOf(model, units, decision), scores, samples, (row) =>
              random.stream("explain", "row", row),
            ),
        }),
        release,
      };
  }
}
