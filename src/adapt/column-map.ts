/** From columns of a new operating point to those that a model was trained on. */

import type { Segment } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import {
  type FeatureSchema,
  type NumericFeature,
  type NumericReference,
  numericConstants,
  numericReference,
  type RawValues,
  referenceDeciles,
  type Scaling,
} from "../features/index.js";
import { normalQuantile } from "../math/normal.js";
import { MAD_TO_SIGMA, mad, std } from "../math/quantile.js";
import type { AdaptationRecord, AdaptedColumn, ColumnPlace } from "../model/index.js";
import { independentValues } from "./independent-values.js";

/**
 * With so many independent values, the new spread and the one before count the same. More than sampling asks for: a short
 * record cannot show a memory that is longer than itself.
 */
const TRUST = 10;

export type SpreadRule = AdaptationRecord["spread"];

export interface MapContext {
  readonly schema: FeatureSchema;
  /** How the rows were distributed for which the model is made so far: of training, where it was not adapted yet. */
  readonly reference: readonly NumericReference[] | undefined;
  /** The map so far. */
  readonly earlier: readonly AdaptedColumn[] | undefined;
  readonly values: RawValues;
  readonly located: readonly Segment[];
  /** Also the steps that calibrate: of columns that did not vary, all count. */
  readonly used: readonly Segment[];
  readonly spread: SpreadRule;
  readonly source: string;
  readonly onWarning: (message: string) => void;
}

/**
 * An affine map for each column of the model's input `numeric`. With c for the median of training and m for that of the new
 * rows: value -> c + (value - m) / r', where r' is by how much more the column spreads than in training. What the rows say of it,
 * r, counts by the number n of independent values: log r' = w log r + (1 - w) log r_before, w = n / (n + 10). Few values, or a
 * drift that has only begun, so change little of the scale. A column whose outer deciles are the same, then or now, keeps its
 * scale.
 * @throws HypersphereError `unfit-data` for infinite values
 */
export function columnMap(context: MapContext): AdaptedColumn[] {
  const { schema } = context;
  const features = schema.numeric.map((feature, k) => featureMap(feature, k, context));
  const watched = schema.watched ? numericConstants(schema) : [];
  return [
    ...features,
    ...watched.map(({ name, value }, k) => constantMap(name, value, features.length + k, context)),
  ];
}

function featureMap(feature: NumericFeature, k: number, context: MapContext): AdaptedColumn {
  const { reference, earlier, values, located, used, spread: rule, source, onWarning } = context;
  const { name } = feature;
  const before = earlier?.[k] ?? unmoved(name, placeOf(feature, reference?.[k], context.schema));
  const column = values.numericColumn(k);
  const found = presentIn(column, located);
  // Also of the steps that calibrate: a threshold above infinite values flags nothing.
  const infinite = presentIn(column, used).find((value) => !Number.isFinite(value));
  if (infinite !== undefined) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: column "${name}" holds ${infinite}; expected finite numbers.`,
      {
        hint: "Remove the row, or leave the cell empty to have it treated as missing.",
      },
    );
  }
  if (found.length === 0) {
    onWarning(
      `Column "${name}" has no value in the rows that location and spread come from: it stays as it was.`,
    );
    return before;
  }
  const { training } = before;
  const place = placeIn(numericReference(name, found), maximum(found))!;
  const independent = independentValues(column, located);
  const weight = { shrink: independent / (independent + TRUST), new: 1, keep: 0 }[rule];
  const change = weight * spreadChange(place.spread, found, before.now.spread, feature, context.schema);
  const factor = before.factor * Math.exp(-change);
  const now = { location: place.location, spread: before.now.spread * Math.exp(change) };
  return { name, factor, offset: training.location - factor * place.location, training, now, independent };
}

/**
 * The logarithm of how many times as far a column spreads. Beside the outer deciles, the measure that scales the column has to
 * agree, and the smaller change counts: of a sensor that mostly stands still, deciles alone may say next to nothing.
 * @param before distance of the deciles that the model expects so far
 * @param feature with the scale that the model expects so far
 */
function spreadChange(
  deciles: number,
  found: Float64Array,
  before: number,
  { scale }: NumericFeature,
  { scaling }: FeatureSchema,
): number {
  if (!(deciles > 0 && before > 0)) return 0;
  const own = OWN_SPREAD[scaling](found);
  const changes = [Math.log(deciles / before), ...(own > 0 ? [Math.log(own / scale)] : [])];
  return changes.reduce((least, change) => (Math.abs(change) < Math.abs(least) ? change : least));
}

/** What `NumericFeature.scale` measures; 0 where it measures nothing. */
const OWN_SPREAD: Readonly<Record<Scaling, (values: Float64Array) => number>> = {
  standard: std,
  robust: (values) => MAD_TO_SIGMA * mad(values),
  "min-max": (values) => maximum(values) + maximum(values.map((value) => -value)),
  quantile: () => 0,
};

/** A set point may be another one now; where it varies, nobody can say which of its values is news. */
function constantMap(
  name: string,
  value: number,
  k: number,
  { earlier, values, used, source, onWarning }: MapContext,
): AdaptedColumn {
  const before = earlier?.[k] ?? unmoved(name, { location: value, spread: 0 });
  const found = presentIn(values.numericColumn(k), used);
  if (found.length === 0) return before;
  const { location: usual } = before.training;
  const first = found[0]!;
  const varies = found.some((cell) => Math.fround(cell) !== Math.fround(first));
  if (varies || !Number.isFinite(first)) {
    onWarning(
      `Column "${name}" had one value in all training rows, and has several in ${source}: it is not watched any longer.`,
    );
    return { ...before, factor: 0, offset: usual };
  }
  return { ...before, factor: 1, offset: usual - first, now: { location: first, spread: 0 } };
}

const unmoved = (name: string, training: ColumnPlace): AdaptedColumn => ({
  ...{ name, factor: 1, offset: 0, training, now: training },
  independent: 0,
});

/** Where a column of the training rows was, by the model's card. */
function placeOf(
  { fill, max, scale }: NumericFeature,
  reference: NumericReference | undefined,
  { scaling }: FeatureSchema,
): ColumnPlace {
  const place = reference && placeIn(reference, max);
  if (place !== undefined) return place;
  // Models of version 0.1.0 say nothing of deciles. Of normal values a deviation says where they are.
  const deviation = scaling === "standard" || scaling === "robust" ? scale : 0;
  return { location: fill, spread: 2 * normalQuantile(0.9) * deviation };
}

function placeIn(reference: NumericReference, highest: number): ColumnPlace | undefined {
  const deciles = referenceDeciles(reference, highest);
  return deciles && { location: deciles.middle, spread: deciles.high - deciles.low };
}

function presentIn(values: ArrayLike<number>, stretches: readonly Segment[]): Float64Array {
  const found: number[] = [];
  for (const { from, to } of stretches) {
    for (let step = from; step < to; step++) if (!Number.isNaN(values[step]!)) found.push(values[step]!);
  }
  return Float64Array.from(found);
}

const maximum = (values: Float64Array): number =>
  values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);

/**
 * The schema of columns before the map: what the model makes of a mapped value by the schema that it was trained with, this
 * one says of the value itself.
 * @param missing cells without a value in the new rows, which drift is told from
 */
export function schemaBefore(
  schema: FeatureSchema,
  columns: readonly AdaptedColumn[],
  earlier: readonly AdaptedColumn[] | undefined,
  missing: Readonly<Record<string, number>> = {},
): FeatureSchema {
  const cells = (name: string): number => (Object.hasOwn(missing, name) ? missing[name]! : 0);
  const numeric = schema.numeric.map(({ whole, ...feature }, k): NumericFeature => {
    const { factor, offset } = columns[k]!;
    const was = earlier?.[k] ?? { factor: 1, offset: 0 };
    // To the columns of training, and from there to those of now.
    const scale = was.factor / factor;
    const same = was.factor === factor && was.offset === offset;
    const moved = (value: number): number =>
      same ? value : (value * was.factor + was.offset - offset) / factor;
    return {
      ...feature,
      fill: moved(feature.fill),
      ...(feature.knots === undefined
        ? { center: moved(feature.center), scale: feature.scale * scale }
        : { knots: feature.knots.map(moved) }),
      min: moved(feature.min),
      max: moved(feature.max),
      missing: cells(feature.name),
      // In other units what was whole need not be.
      ...(same && whole && { whole }),
    };
  });
  const watched = new Map(columns.slice(numeric.length).map((column) => [column.name, column]));
  return {
    ...schema,
    numeric,
    categorical: schema.categorical.map((feature) => ({ ...feature, missing: cells(feature.name) })),
    ...(schema.constant && {
      constant: schema.constant.map((column) => {
        const now = watched.get(column.name);
        if (now === undefined) return column;
        const { ignored: _, ...own } = column;
        return { ...own, value: now.now.location, ...(now.factor === 0 && { ignored: true }) };
      }),
    }),
  };
}
