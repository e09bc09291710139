import type { Scorer } from "../detectors/contract.js";
import { declareRawInputs, type FeatureSchema, featureGraph } from "../features/index.js";
import { Graph, serialize, withMetadata } from "../graph/index.js";
import { digestOf, METADATA, type ModelCard } from "./card.js";
import { decisionGraph, pValueGraph } from "./decision.js";

/** A model that only scores: raw columns in, `score` out. Used for calibration and for the untrained control. */
export function scoringModel(schema: FeatureSchema, scorer: Pick<Scorer, "score">): Uint8Array {
  const graph = new Graph();
  graph.output("score", scorer.score(featureGraph(schema, declareRawInputs(graph, schema))));
  return serialize(graph);
}

export interface ModelParts {
  readonly scorer: Scorer;
  readonly card: ModelCard;
  /** Ascending scores of held-out normals. */
  readonly calibration: Float32Array;
  /** The same scorer before training, as `scoringModel` builds it. */
  readonly untrained: Uint8Array | undefined;
}

/** The whole model file: raw columns in; `score`, `p_value` and `is_anomaly` out, each [rows]. */
export async function buildModel({ scorer, card, calibration, untrained }: ModelParts): Promise<Uint8Array> {
  const graph = new Graph();
  const score = scorer.score(featureGraph(card.schema, declareRawInputs(graph, card.schema)));
  graph.output("score", score);
  graph.output("p_value", pValueGraph(score, calibration));
  graph.output("is_anomaly", decisionGraph(score, card.threshold.threshold));
  const model = serialize(graph, {
    description: `hypersphere ${card.detector}: higher scores are more abnormal`,
  });
  return sealModel(model, card, untrained === undefined ? undefined : toBase64(untrained));
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

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let from = 0; from < bytes.length; from += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(from, from + 0x8000));
  }
  return btoa(binary);
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
