/** How data of every kind become rows of numbers. Plain data: it is stored in the model's card. */
import type { SeriesLayout } from "../data/index.js";
import type { FeatureSchema } from "./schema.js";

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

/** Rows of a table: their columns become features. */
export interface TableSchema extends FeatureSchema {
  readonly kind: "table";
}

/** How data of any kind become rows of features. */
export type InputSchema = TableSchema | SeriesSchema | ImageSchema;
