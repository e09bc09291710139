import type { Dataset } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import {
  computeFeatures,
  type FeatureMatrix,
  inputShape,
  kindOf,
  kindOfSchema,
  selectSamples,
  undoneFeatures,
} from "../features/index.js";
import { innerValues, type Model, type ModelCard, type ScoreOptions } from "../model/index.js";
import { currentBackend } from "../runtime/index.js";

/** Times that a row is reproduced, each from the time before, until the model takes it for normal. */
const MOST_TURNS = 10;
/** Rows of which the model's features are compared with those of the data. */
const COMPARED = 16;
/** A larger difference, as a share of the feature, is no rounding. */
const ROUNDING = 1e-4;

/** What a model's decoder makes of rows: as rows of the data's kind, one for each, and the model's scores of them. */
export interface Reconstructions {
  readonly data: Dataset;
  readonly scores: Float32Array;
  readonly isAnomaly: Uint8Array;
}

const RECONSTRUCTION = /^member\d+\.reconstruction$/;
const RESIDUAL = "member0.residual";

/** Whether a model keeps a decoder whose answers can be given as rows. */
export function canReconstruct({ inside = {}, schema, backbone }: ModelCard): boolean {
  const marks = Object.keys(inside);
  const decodes = marks.some((mark) => RECONSTRUCTION.test(mark) || mark === RESIDUAL);
  return decodes && backbone === undefined && kindOfSchema(schema).undone !== undefined;
}

/**
 * The nearest normal rows that a model can tell where no normal rows are at hand: what its decoder makes of each row, and
 * again of that, until the model does not flag it. Several networks answer by their mean.
 *
 * @throws HypersphereError `invalid-option` for a model without such a decoder
 */
export async function reconstructionsOf(
  model: Model,
  data: Dataset,
  rows: Uint32Array,
  options: ScoreOptions,
): Promise<Reconstructions> {
  const { card } = model;
  if (!canReconstruct(card)) throw noDecoder(card, data);
  const { many } = kindOf(data).noun;
  const source = `reconstructed ${many} of ${data.source}`;
  let given = selectSamples(data, rows);
  let places = Uint32Array.from(rows.keys());
  let kept: { features: FeatureMatrix; scores: Float32Array; isAnomaly: Uint8Array } | undefined;
  for (let turn = 0; turn < MOST_TURNS && places.length > 0; turn++) {
    const features = await reconstructed(model, given, options);
    if (turn === 0) await requireSameFeatures(model, given, features.given, options);
    const made = undoneFeatures(card.schema, features.made.data, source)!;
    const { scores, isAnomaly } = await model.score(made, options);
    if (kept === undefined) kept = { features: features.made, scores, isAnomaly };
    else {
      const { columns } = features.made;
      places.forEach((place, k) => {
        kept!.features.data.set(features.made.data.subarray(k * columns, (k + 1) * columns), place * columns);
        kept!.scores[place] = scores[k]!;
        kept!.isAnomaly[place] = isAnomaly[k]!;
      });
    }
    const flagged = Uint32Array.from(places.keys()).filter((k) => isAnomaly[k] === 1);
    places = flagged.map((k) => places[k]!);
    given = selectSamples(made, flagged);
  }
  const { features, scores, isAnomaly } = kept ?? {
    ...{ features: { data: new Float32Array() }, scores: new Float32Array(), isAnomaly: new Uint8Array() },
  };
  return { data: undoneFeatures(card.schema, features.data, source)!, scores, isAnomaly };
}

/** Features of all rows, and what the decoder makes of them. */
async function reconstructed(
  model: Model,
  data: Dataset,
  options: ScoreOptions,
): Promise<{ readonly given: FeatureMatrix; readonly made: FeatureMatrix }> {
  const members = Object.keys(model.card.inside!).filter((mark) => RECONSTRUCTION.test(mark));
  const all = Uint32Array.from({ length: data.rowCount }, (_, row) => row);
  const marks = members.length === 0 ? [RESIDUAL] : members;
  const values = await innerValues(model, data, all, ["features", ...marks], options);
  const given = values.get("features")!;
  const of = marks.map((mark) => values.get(mark)!.data);
  const mean = given.data.map((_, k) => of.reduce((sum, each) => sum + each[k]!, 0) / of.length);
  const made = members.length === 0 ? given.data.map((value, k) => value - mean[k]!) : mean;
  return { given, made: { ...given, data: made } };
}

/** What windows were normalised by, for one, is lost: their reconstructions have no units of the data. */
async function requireSameFeatures(
  { card }: Model,
  data: Dataset,
  { columns, data: seen }: FeatureMatrix,
  { backend, signal }: ScoreOptions,
): Promise<void> {
  const width = inputShape(card.schema).reduce((product, length) => product * length, 1);
  const compared = Uint32Array.from({ length: Math.min(COMPARED, data.rowCount) }, (_, row) => row);
  const runtime = await (backend ?? currentBackend()).inline();
  const own = await computeFeatures(runtime, card.schema, data, compared, signal);
  const differs = (row: number): boolean => {
    const from = own.starts?.[row] ?? row * width;
    for (let k = 0; k < width; k++) {
      const value = own.data[from + k]!;
      if (!(Math.abs(seen[row * width + k]! - value) <= ROUNDING * (1 + Math.abs(value)))) return true;
    }
    return false;
  };
  if (columns !== width || compared.some(differs)) throw noDecoder(card, data);
}

function noDecoder({ detector, options, schema }: ModelCard, data: Dataset): HypersphereError {
  const { many } = kindOf(data).noun;
  const why =
    kindOfSchema(schema).undone === undefined
      ? "images come out of it without the brightness and the size that they had"
      : options["calibration"] === "cross"
        ? "it is made of several folds"
        : "it keeps no decoder that gives values of the data back";
  return new HypersphereError(
    "invalid-option",
    `This model of ${detector} cannot make normal ${many} of abnormal ones: ${why}.`,
    {
      hint: `Give normal ${many} as option "background", or train autoencoder, or pca by its reconstruction.`,
      details: { option: "background" },
    },
  );
}
