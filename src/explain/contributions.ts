import { listNames } from "../data/index.js";
import { scoreTerms } from "../detectors/score-terms.js";
import { HypersphereError } from "../errors.js";
import { type Kind, kindOfSchema } from "../features/index.js";
import type { ScoreTerms } from "../model/contract.js";
import { type Model, type ModelCard, modelWithContribution } from "../model/index.js";

/** How a model is made, as far as the terms of its score depend on it. */
type Made = Pick<ModelCard, "detector" | "options"> & {
  readonly kind: Kind;
  /** Whether what it scores comes through a network of the user's own. */
  readonly backbone: boolean;
  /** Whether scores are compared within a season. */
  readonly inSeason: boolean;
};

/**
 * The same model with a further output `contribution` in its file: what each column of a row adds to its score, float32
 * [rows, columns], of windows [rows, steps, columns] and of images [rows, height, width]. Whatever runs the file can then
 * explain, without this package. Nothing is trained, and scores are the same. For detectors whose score is a sum of such
 * terms: see docs/explain.md.
 *
 * @example
 * const model = await withContributions(await new Autoencoder().fit(normal));
 * await model.save("plant.onnx");
 *
 * @throws HypersphereError `invalid-option` for a model whose score is no such sum, naming the detectors of which it is one;
 * `invalid-model` for one of an earlier version
 */
export async function withContributions(model: Model): Promise<Model> {
  return model.card.contribution === undefined
    ? modelWithContribution(model, requireTerms(madeOf(model)))
    : model;
}

/** @throws HypersphereError `invalid-option` where the score is no sum of terms */
export function requireTerms(made: Made): ScoreTerms {
  const reason = noTerms(made);
  if (reason === undefined) return scoreTerms[made.detector]!;
  throw new HypersphereError(
    "invalid-option",
    `The score of this model of ${made.detector} is not a sum over columns: ${reason}. That of ${listNames(Object.keys(scoreTerms))} is one.`,
    {
      hint: 'Explain it by method "nearest" or "shapley" of `hypersphere explain`, which take any model, or train one of those.',
    },
  );
}

function noTerms({ detector, options, kind, backbone, inSeason }: Made): string | undefined {
  if (!Object.hasOwn(scoreTerms, detector)) return "it joins them before it measures anything";
  if (options["calibration"] === "cross") return "it is the mean of detectors of several folds";
  if (backbone) return "it is made of what a network of your own says of images";
  if (inSeason) return "it is compared with normals of the same hour before anything is said of it";
  return scoreTerms[detector]!.missing?.(options, kind);
}

const madeOf = ({ card: { detector, options, schema, backbone, season } }: Model): Made => ({
  ...{ detector, options, kind: kindOfSchema(schema) },
  backbone: backbone !== undefined,
  inSeason: season !== undefined,
});
