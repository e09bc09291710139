import {
  add,
  decodeModel,
  Graph,
  mul,
  serialize,
  withInitializer,
  withInputThrough,
  withoutOutput,
  withReplacedOutput,
} from "../graph/index.js";
import type { Ties } from "../scoring/index.js";
import { constantWatch, LEVEL, pValueGraph } from "./decision.js";

/** Names of the map in front of a model's columns, and of its numbers, one per column each. */
export const COLUMN_MAP = { value: "adapted", factor: "adapted.factor", offset: "adapted.offset" } as const;

/**
 * The model file with its numeric columns mapped, value * factor + offset, before anything else sees them; replaces an
 * earlier map. A missing value stays missing, and a model without numeric columns as it is.
 * @param window steps of a window
 */
export function withColumnMap(
  model: Uint8Array,
  columns: readonly { readonly factor: number; readonly offset: number }[],
  window: number,
): Uint8Array {
  if (columns.length === 0) return model;
  const graph = new Graph();
  const numeric = graph.input("numeric", "float64", ["rows", window, columns.length]);
  const perColumn = (name: "factor" | "offset") =>
    graph.initializer(
      name,
      "float64",
      [columns.length],
      Float64Array.from(columns, (column) => column[name]),
    );
  graph.output(COLUMN_MAP.value, add(mul(numeric, perColumn("factor")), perColumn("offset")));
  return withInputThrough(model, serialize(graph), "numeric", COLUMN_MAP.value);
}

/**
 * The model file with p-values and a threshold from other calibration scores, of rows that none of its parts has seen: of a
 * cross-conformal model p-values are those of its mean score from here on. Without probabilities, which were learned for
 * earlier scores.
 * @param calibration ascending, none of them of a row with a change in a watched column
 */
export function withCalibrationScores(
  model: Uint8Array,
  calibration: Float32Array,
  threshold: number,
  ties: Ties,
): Uint8Array {
  const graph = new Graph();
  const score = graph.input("score", "float32", ["rows"]);
  graph.output("p_value", pValueGraph(score, calibration, ties));
  const plain = withoutOutput(model, "probability");
  const judged = withReplacedOutput(plain, serialize(graph), "p_value", ["calibration"]);
  const decided = withInitializer(judged, "threshold", Float32Array.of(threshold));
  if (!decodeModel(decided).initializerNames.includes(LEVEL)) return decided;
  return withInitializer(decided, LEVEL, Float32Array.of(constantWatch(calibration).level));
}
