import { HypersphereError } from "../errors.js";
import {
  changedRows,
  type InputSchema,
  type Inputs,
  inputFeatures,
  modelInputs,
  selectInputs,
} from "../features/index.js";
import {
  add,
  Graph,
  maximum,
  mul,
  serialize,
  type Tensor,
  where,
  withMetadata,
  withoutShared,
} from "../graph/index.js";
import { fromBase64, toBase64 } from "../math/base64.js";
import { digestOf } from "../math/digest.js";
import { mapPeak } from "../nn/images/map-peak.js";
import { joinedViews } from "../nn/joined-views.js";
import type { SeasonTables } from "../scoring/index.js";
import { METADATA, type ModelCard, tiesOf, viewOutput } from "./card.js";
import type { Scorer } from "./contract.js";
import {
  type ConstantWatch,
  constantWatch,
  crossPValueGraph,
  decisionGraph,
  pValueGraph,
  raised,
  settled,
  thresholdTensor,
} from "./decision.js";
import { seasonalScores } from "./season.js";

type Scores = Pick<Scorer, "score" | "map" | "views">;

/**
 * A model that only scores: raw columns in, `score` out, `changed` where constant columns are watched, and `map` where
 * the scorer says where. Used for calibration and for the untrained control.
 * @param season what scores are compared with by their time
 */
export function scoringModel(schema: InputSchema, scorer: Scores, season?: SeasonTables): Uint8Array {
  const graph = new Graph();
  const inputs = modelInputs(graph, schema);
  const { score, map } = settledAnswer({ schema, scorer }, inputs);
  graph.output("score", season === undefined ? score : seasonalScores(score, inputs.get("time")!, season));
  if (map !== undefined) graph.output("map", map);
  const changed = changedRows(schema, inputs);
  if (changed !== undefined) graph.output("changed", changed);
  return serialize(graph);
}

/** A detector with the features that it was trained on. */
export interface ScoringPart {
  /** Its columns are some or all of the model's. */
  readonly schema: InputSchema;
  readonly scorer: Scores;
}

/** One of the detectors of a cross-conformal model. */
export interface FoldPart extends ScoringPart {
  /** Ascending scores of the rows that this detector, and no other, was trained without. */
  readonly calibration: Float32Array;
}

/** A model that only scores, by the mean of several detectors. */
export function meanScoringModel(schema: InputSchema, parts: readonly ScoringPart[]): Uint8Array {
  const graph = new Graph();
  graph.output("score", meanOf(partScores(graph, modelInputs(graph, schema), schema, parts)));
  return serialize(graph);
}

export interface ModelParts {
  readonly scorer: Scorer;
  readonly card: ModelCard;
  /** Ascending scores of held-out normals. */
  readonly calibration: Float32Array;
  /** What a change in a watched constant column makes of a score. */
  readonly watch?: ConstantWatch | undefined;
  /** What scores are compared with by their time: `calibration` is then what all parts of the season share. */
  readonly season?: { readonly tables: SeasonTables; readonly changedLevel: number | undefined } | undefined;
  /** The same scorer before training, as `scoringModel` builds it. */
  readonly untrained: Uint8Array | undefined;
}

/**
 * The whole model file: raw columns in; `score`, `p_value` and `is_anomaly` out, each [rows], `map`
 * [rows, height, width] where the scorer says where, and `view_NAME` [rows] for each view that it joins.
 */
export async function buildModel(parts: ModelParts): Promise<Uint8Array> {
  const { scorer, card, calibration, untrained, watch, season } = parts;
  const { schema } = card;
  const graph = new Graph();
  const inputs = modelInputs(graph, schema);
  const threshold = thresholdTensor(graph, card.threshold.threshold);
  const changed = changedRows(schema, inputs);
  if (changed !== undefined) graph.mark("changed", changed);
  const { score: raw, map, views } = settledAnswer({ schema, scorer }, inputs);
  const plain = season === undefined ? raw : compared(raw, changed, inputs.get("time")!, season);
  const score = changed && watch ? raised(plain, changed, watch, threshold) : plain;
  if (map !== undefined) graph.output("map", map);
  for (const { name, values } of views ?? []) graph.output(viewOutput(name), values);
  return finish(score, pValueGraph(score, calibration, tiesOf(card)), threshold, card, untrained);
}

/**
 * Scores by the season. A row with a change is as abnormal as those that calibrate and had one, before anything is compared.
 */
function compared(
  score: Tensor,
  changed: Tensor | undefined,
  time: Tensor,
  { tables, changedLevel }: NonNullable<ModelParts["season"]>,
): Tensor {
  if (changed === undefined || changedLevel === undefined) return seasonalScores(score, time, tables);
  const level = score.graph.initializer("season.changed", "float32", [], Float32Array.of(changedLevel));
  return seasonalScores(where(changed, maximum(score, level), score), time, tables);
}

export interface CrossModelParts {
  readonly folds: readonly FoldPart[];
  /** Its schema names the columns that the model takes. */
  readonly card: ModelCard;
  /** As `meanScoringModel` builds it. */
  readonly untrained: Uint8Array | undefined;
}

/** As `buildModel`, with one detector per fold: `score` is their mean, `p_value` is cross-conformal. */
export async function buildCrossModel({ folds, card, untrained }: CrossModelParts): Promise<Uint8Array> {
  const graph = new Graph();
  const inputs = modelInputs(graph, card.schema);
  const threshold = thresholdTensor(graph, card.threshold.threshold);
  const changed = changedRows(card.schema, inputs);
  const scores = partScores(graph, inputs, card.schema, folds);
  const calibration = folds.map((fold) => fold.calibration);
  const [mean, p] = [meanOf(scores), crossPValueGraph(scores, calibration, tiesOf(card))];
  if (changed === undefined) return finish(mean, p, threshold, card, untrained);
  // Constant columns are so over all rows: none of those that calibrate had a change.
  const all = calibration.flatMap((list) => Array.from(list));
  const score = raised(mean, changed, constantWatch(all), threshold);
  return finish(score, where(changed, 1 / (all.length + 1), p), threshold, card, untrained);
}

/** Scores that do not depend on what else is scored, nor on who scores: float32 [rows]. */
function settledScore(part: ScoringPart, inputs: Inputs): Tensor {
  return settledAnswer(part, inputs).score;
}

interface Answer {
  readonly score: Tensor;
  readonly map?: Tensor;
  readonly views?: readonly { readonly name: string; readonly values: Tensor }[];
}

/** The same with the map, where there is one, whose highest value the score is to the last bit, or with the views that it joins. */
function settledAnswer({ schema, scorer }: ScoringPart, inputs: Inputs): Answer {
  const features = inputFeatures(schema, inputs);
  const { graph } = features;
  graph.mark("features", features);
  if (scorer.views !== undefined) {
    const { views } = scorer;
    return graph.reproducible(() => {
      const values = views.values(features);
      return {
        score: settled(joinedViews(values)),
        views: views.names.map((name, k) => ({ name, values: settled(values[k]!) })),
      };
    });
  }
  if (scorer.map === undefined) return { score: settled(graph.reproducible(() => scorer.score(features))) };
  const map = settled(graph.reproducible(() => scorer.map!(features)));
  return { score: mapPeak(map), map };
}

function partScores(
  graph: Graph,
  inputs: Inputs,
  schema: InputSchema,
  parts: readonly ScoringPart[],
): Tensor[] {
  return parts.map((part, k) =>
    graph.prefixed(`fold${k + 1}.`, () => settledScore(part, selectInputs(inputs, schema, part.schema))),
  );
}

function meanOf(scores: readonly Tensor[]): Tensor {
  const mean = mul(
    scores.reduce((sum, score) => add(sum, score)),
    1 / scores.length,
  );
  return settled(mean);
}

function finish(
  score: Tensor,
  pValue: Tensor,
  threshold: Tensor,
  card: ModelCard,
  untrained: Uint8Array | undefined,
): Promise<Uint8Array> {
  const graph = score.graph;
  graph.output("score", score);
  graph.output("p_value", pValue);
  graph.output("is_anomaly", decisionGraph(score, threshold, tiesOf(card)));
  const model = serialize(graph, {
    description: `hypersphere ${card.detector}: higher scores are more abnormal`,
  });
  const inside = Object.fromEntries([...graph.marks].map(([mark, { name }]) => [mark, name]));
  const whole = graph.marks.size === 0 ? card : { ...card, inside };
  // What both have in common, such as a network of the user's own, is in the file once.
  return sealModel(model, whole, untrained && toBase64(withoutShared(untrained, model)));
}

/** Writes card and checksum into a model's metadata. */
export async function sealModel(
  model: Uint8Array,
  card: ModelCard,
  untrained: string | undefined,
): Promise<Uint8Array> {
  const cardText = JSON.stringify(card);
  return withMetadata(model, {
    [METADATA.card]: cardText,
    ...(untrained !== undefined && { [METADATA.untrained]: untrained }),
    [METADATA.digest]: await modelDigest(model, cardText, untrained),
  });
}

/** Covers all of the file but its metadata, and of those what the package reads. */
export async function modelDigest(
  model: Uint8Array,
  card: string,
  untrained: string | undefined,
): Promise<string> {
  const text = new TextEncoder();
  return digestOf([withMetadata(model, {}), text.encode(card), text.encode(untrained ?? "")]);
}

/**
 * The untrained control as it stands in a model's metadata: tensors that it shares with the model may be missing, see
 * `withShared`.
 * @throws HypersphereError `invalid-model`
 */
export function untrainedModel(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch (cause) {
    throw new HypersphereError("invalid-model", "The untrained model in the file is not base64.", { cause });
  }
}
