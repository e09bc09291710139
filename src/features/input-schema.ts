/** How data of every kind become rows of numbers. Plain data: it is stored in the model's card. */
import type { SeriesLayout } from "../data/index.js";
import type { FeatureSchema } from "./schema.js";

/** Windows of a series: the columns of every time step become features, and those of all steps together are one row. */
export interface SeriesSchema {
  readonly kind: "series";
  readonly layout: SeriesLayout;
  /** The columns of a time step. */
  readonly steps: FeatureSchema;
}

export const CONTRASTS = ["gcn", "none"] as const;
export type ImageContrast = (typeof CONTRASTS)[number];

/** Images: resized where they differ in size, contrast-normalised one by one, then all scaled to [0, 1] alike. */
export interface ImageSchema {
  readonly kind: "images";
  /** 1 for grey, 3 for RGB. */
  readonly channels: 1 | 3;
  /** Pixels that the network sees, from top to bottom. */
  readonly height: number;
  /** Pixels that the network sees, from left to right. */
  readonly width: number;
  /** Whether the model resizes images of other sizes; it does where training images differed in size. */
  readonly resized: boolean;
  /** "gcn" subtracts an image's mean and divides by its mean absolute value (Ruff et al. 2018). */
  readonly contrast: ImageContrast;
  /** Least value of the training images after that, which becomes 0. Other images may fall below it. */
  readonly min: number;
  /** Greatest value of them, which becomes 1. */
  readonly max: number;
}

/** Rows of a table: their columns become features. */
export interface TableSchema extends FeatureSchema {
  readonly kind: "table";
}

/** How data of any kind become rows of features. */
export type InputSchema = TableSchema | SeriesSchema | ImageSchema;
