/** A map of how abnormal each pixel is, as models give it: `AnomalyMap` of model/. */
export interface ScoreMap {
  readonly height: number;
  readonly width: number;
  /** [height, width] higher is more abnormal. */
  readonly data: Float32Array;
}

/** Pixels above the threshold that hang together, in pixels of the original image. */
export interface Region {
  /** Left, top, width and height of the smallest box around it. */
  readonly box: readonly [left: number, top: number, width: number, height: number];
  /** Outlines as x, y pairs: the outer one first, then those of holes. */
  readonly polygons: readonly (readonly (readonly [x: number, y: number])[])[];
  /** Square pixels of the original image. */
  readonly area: number;
  /** Highest value of the map in it. */
  readonly peak: number;
  /** Where that is. */
  readonly at: readonly [x: number, y: number];
  /**
   * Share of normal images whose most abnormal region would have at least this peak: of a normal image, any region at all
   * has a p-value of a or less with a probability of a at most.
   */
  readonly pValue: number;
}
