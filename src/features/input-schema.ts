/** How data of every kind become rows of numbers. Plain data: it is stored in the model's card. */
import type { SeriesLayout } from "../data/index.js";
import { type FeatureSchema, featureCount } from "./schema.js";

/** Windows: the columns of every time step become features, and those of all steps together are the row. */
export interface SeriesSchema {
  readonly kind: "series";
  readonly layout: SeriesLayout;
  readonly steps: FeatureSchema;
}

export const CONTRASTS = ["gcn", "none"] as const;
export type Contrast = (typeof CONTRASTS)[number];

/** Images: resized where they differ in size, contrast normalised one by one, then brought to [0, 1] all alike. */
export interface ImageSchema {
  readonly kind: "images";
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  /** Whether images of other sizes are taken too: training images were. */
  readonly resized: boolean;
  /** "gcn" subtracts an image's mean and divides by its mean absolute value (Ruff et al. 2018). */
  readonly contrast: Contrast;
  /** Range of the training images after that, which becomes [0, 1]; others may leave it. */
  readonly min: number;
  readonly max: number;
}

export type InputSchema = FeatureSchema | SeriesSchema | ImageSchema;

export const isSeriesSchema = (schema: InputSchema): schema is SeriesSchema => "steps" in schema;
export const isImageSchema = (schema: InputSchema): schema is ImageSchema => "contrast" in schema;

/** The columns that a model reads, of a row or of a time step; undefined for images. */
export function columnSchema(schema: InputSchema): FeatureSchema | undefined {
  if (isImageSchema(schema)) return undefined;
  return isSeriesSchema(schema) ? schema.steps : schema;
}

/** What the numbers of a row mean: [features], [steps, channels], or [channels, height, width]. */
export function inputShape(schema: InputSchema): readonly number[] {
  if (isImageSchema(schema)) return [schema.channels, schema.height, schema.width];
  if (isSeriesSchema(schema)) return [schema.layout.window, featureCount(schema.steps)];
  return [featureCount(schema)];
}
