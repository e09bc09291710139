/** Features back to what a table would have had, in its own units. */
import { type CategoricalColumn, makeTable, type NumericColumn, type Table } from "../data/index.js";
import {
  type CategoricalFeature,
  type FeatureSchema,
  featureCount,
  type NumericFeature,
  numericConstants,
  standardDeviation,
  textConstants,
} from "./schema.js";

/**
 * The rows that features stand for, as the columns that a model reads: numbers in their own units and within the range of the
 * training rows, and of each category the text that is meant most. What was constant in training is as it was.
 *
 * @param features [rows, featureCount(schema)]
 */
export function undoneRows(schema: FeatureSchema, features: Float32Array, source: string): Table {
  const width = featureCount(schema);
  const rows = features.length / width;
  let at = schema.numeric.length;
  const texts = schema.categorical.map((feature): CategoricalColumn => {
    const first = at;
    at += feature.levels.length + 1;
    const codes = Int32Array.from({ length: rows }, (_, row) =>
      meantLevel(feature, features.subarray(row * width + first, row * width + at)),
    );
    return categorical(feature.name, feature.levels, codes);
  });
  const numbers = schema.numeric.map(
    (feature, k): NumericColumn => ({
      ...{ kind: "numeric", name: feature.name },
      values: Float64Array.from({ length: rows }, (_, row) =>
        undoneNumber(feature, features[row * width + k]!),
      ),
    }),
  );
  const watched = schema.watched ? schema : { ...schema, constant: [] };
  return makeTable(
    [
      ...numbers,
      ...numericConstants(watched).map(
        ({ name, value }): NumericColumn => ({
          kind: "numeric",
          name,
          values: new Float64Array(rows).fill(value),
        }),
      ),
      ...texts,
      ...textConstants(watched).map(({ name, value }) =>
        categorical(name, [value ?? ""], new Int32Array(rows)),
      ),
    ],
    source,
  );
}

/** A number in its own unit, as far as training rows went; whole where theirs were. */
export function undoneNumber(
  { center, scale, knots, min, max, whole }: NumericFeature,
  feature: number,
): number {
  const value = knots === undefined ? center + scale * feature : unranked(feature, knots, min, max);
  return Math.min(max, Math.max(min, whole ? Math.round(value) : value));
}

/** The place of the level that indicators come nearest to; rarer texts, which share one indicator, are no text. */
export function meantLevel({ levels, shares }: CategoricalFeature, indicators: Float32Array): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let level = 0; level < levels.length; level++) {
    const meant = shares[level]! + indicators[level]! * standardDeviation(shares[level]!);
    if (meant > most) [best, most] = [level, meant];
  }
  return best;
}

/** The inverse of quantile scaling, see `featureGraph`. */
function unranked(feature: number, knots: readonly number[], min: number, max: number): number {
  const place = (feature + 0.5) * (knots.length - 1);
  if (place <= 0) return min;
  if (place >= knots.length - 1) return max;
  const below = Math.floor(place);
  return knots[below]! + (place - below) * (knots[below + 1]! - knots[below]!);
}

/** The empty text stands for a missing value. */
function categorical(name: string, levels: readonly string[], codes: Int32Array): CategoricalColumn {
  const kept = levels.filter((text) => text !== "");
  const place = levels.map((text) => kept.indexOf(text));
  return { kind: "categorical", name, codes: codes.map((level) => place[level]!), levels: kept };
}
