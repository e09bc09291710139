import {
  abs,
  add,
  cast,
  clamp,
  concat,
  div,
  encodeLabels,
  gather,
  greaterOrEqual,
  isNaN as isMissing,
  max,
  maximum,
  mul,
  reshape,
  split,
  sub,
  sum,
  type Tensor,
  where,
} from "../graph/index.js";
import {
  type CategoricalFeature,
  type FeatureSchema,
  type NumericFeature,
  standardDeviation,
} from "./schema.js";

/**
 * Scaled values are cut off here: far outside anything seen in training, and small enough for their squares to stay
 * finite in float32, so that a value of 1e30 still gets a score, and a very high one.
 */
export const LIMIT = 1e6;

/**
 * Scores, but `score` at least for rows with a value that is infinite or so far outside of training that it was cut off:
 * for detectors that know no distance, and see in such a value no more than the largest of training.
 * @param scores float32 [rows]
 * @param features as `featureGraph` gives them
 */
export function atLeastBeyondLimit(scores: Tensor, features: Tensor, score: number): Tensor {
  const isBeyond = greaterOrEqual(max(abs(features), [1]), LIMIT);
  return where(isBeyond, maximum(scores, score), scores);
}

/** A model's columns as its graph takes them, [rows, columns]. Either may be absent, where no column is of that kind. */
export interface ColumnInputs {
  readonly numeric: Tensor | undefined;
  readonly categorical: Tensor | undefined;
}

/** Raw columns to features, float32 [rows, featureCount(schema)]. */
export function featureGraph(schema: FeatureSchema, inputs: ColumnInputs): Tensor {
  const parts: Tensor[] = [];
  if (schema.numeric.length > 0) {
    parts.push(numericFeatures(schema, firstColumns(inputs.numeric!, schema.numeric.length)));
  }
  if (schema.categorical.length > 0) {
    const columns = split(
      firstColumns(inputs.categorical!, schema.categorical.length),
      1,
      schema.categorical.map(() => 1),
    );
    schema.categorical.forEach((feature, k) => parts.push(categoricalFeatures(feature, columns[k]!)));
  }
  return concat(parts, 1);
}

/** Watched constant columns stand behind those that become features. */
function firstColumns(x: Tensor, count: number): Tensor {
  const columns = x.shape[1] as number;
  return count === columns ? x : split(x, 1, [count, columns - count])[0]!;
}

function numericFeatures({ scaling, numeric }: FeatureSchema, raw: Tensor): Tensor {
  const row = (pick: (feature: NumericFeature) => number): Tensor =>
    raw.graph.constant("float64", [numeric.length], Float64Array.from(numeric, pick));
  const filled = where(
    isMissing(raw),
    row((f) => f.fill),
    raw,
  );
  if (scaling === "quantile") return quantileFeatures(numeric, filled);
  const scaled = div(
    sub(
      filled,
      row((f) => f.center),
    ),
    row((f) => f.scale),
  );
  return clamp(cast(scaled, "float32"), -LIMIT, LIMIT);
}

/**
 * The piecewise linear function through (knot k, k / K), written as a sum of ramps, minus one half: uniform on
 * [-1/2, 1/2] for rows like those of training. Beyond the outermost knots it continues with the slope of the whole
 * range; if it stopped there, every value beyond would look like the extreme one.
 */
function quantileFeatures(numeric: readonly NumericFeature[], filled: Tensor): Tensor {
  const ramps = Math.max(...numeric.map(({ knots }) => knots!.length - 1));
  const starts = new Float64Array(numeric.length * ramps);
  const widths = new Float64Array(numeric.length * ramps).fill(1);
  const heights = new Float64Array(numeric.length * ramps);
  numeric.forEach(({ knots }, column) => {
    const count = knots!.length - 1;
    for (let k = 0; k < count; k++) {
      starts[column * ramps + k] = knots![k]!;
      widths[column * ramps + k] = knots![k + 1]! - knots![k]!;
      heights[column * ramps + k] = 1 / count;
    }
  });
  const table = (contents: Float64Array): Tensor =>
    filled.graph.constant("float64", [numeric.length, ramps], contents);
  const spread = reshape(filled, [filled.shape[0]!, numeric.length, 1]);
  const climbed = clamp(div(sub(spread, table(starts)), table(widths)), 0, 1);
  const inside = sum(mul(climbed, table(heights)), [2]);

  const row = (pick: (feature: NumericFeature) => number): Tensor =>
    filled.graph.constant("float64", [numeric.length], Float64Array.from(numeric, pick));
  const position = div(
    sub(
      filled,
      row((f) => f.min),
    ),
    row((f) => f.max - f.min),
  );
  const beyond = sub(position, clamp(position, 0, 1));
  return clamp(cast(sub(add(inside, beyond), 0.5), "float32"), -LIMIT, LIMIT);
}

/**
 * One indicator per level and one for everything else, each standardised by its share p: (indicator - p) / deviation.
 * Indicators as they are would sum to one in every row, which is a constant feature; standardised they sum, weighted
 * by their deviations, to zero.
 */
function categoricalFeatures({ levels, shares }: CategoricalFeature, column: Tensor): Tensor {
  const width = levels.length + 1;
  const table = new Float32Array(width * width);
  for (let level = 0; level < width; level++) {
    for (let indicator = 0; indicator < width; indicator++) {
      const share = shares[indicator]!;
      table[level * width + indicator] = ((level === indicator ? 1 : 0) - share) / standardDeviation(share);
    }
  }
  const codes = reshape(encodeLabels(column, levels, levels.length), [column.shape[0]!]);
  return gather(column.graph.constant("float32", [width, width], table), codes);
}
