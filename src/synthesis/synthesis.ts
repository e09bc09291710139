import { HypersphereError } from "../errors.js";
import type { FeatureMatrix } from "../features/index.js";
import type { RandomStream } from "../math/random.js";
import type { Json } from "../model/contract.js";
import { confetti, cutPaste, type ImageShape } from "./images.js";
import { type RowLayout, shiftedFeatures, shuffledColumns } from "./tables.js";

export const SYNTHESES = ["shifted-features", "shuffled-columns", "cut-paste", "confetti"] as const;
/** How outliers are made from normal rows. */
export type Synthesis = (typeof SYNTHESES)[number];

export interface SyntheticOutliers {
  /** [count, columns] */
  readonly outliers: FeatureMatrix;
  /** What was made. The model's card records it, so that synthetic outliers stay visible. */
  readonly record: Json;
}

/**
 * Outliers made from normal rows, without labels. They resemble anomalies only as far as anomalies are made alike: a
 * detector learns from them to separate rows from their damaged copies.
 *
 * @param inputShape what the numbers of a row mean, see `TrainingData`
 * @param count at least 1
 * @param columnOf the column that each feature of a row, or of a time step, was made from; by default each is a column
 * of its own. No effect on images
 * @throws HypersphereError `invalid-option` for a count below 1, for kinds made for images where rows are not images, and for
 * rows that cannot be damaged in this way
 */
export function synthesizeOutliers(
  kind: Synthesis,
  matrix: FeatureMatrix,
  inputShape: readonly number[],
  count: number,
  stream: RandomStream,
  columnOf?: ArrayLike<number>,
): SyntheticOutliers {
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new HypersphereError(
      "invalid-option",
      `${count} outliers cannot be made; give a whole number above 0.`,
    );
  }
  const layout = layoutOf(inputShape, columnOf);
  return {
    outliers: make(kind, matrix, inputShape, layout, count, stream),
    record: { synthesis: kind, outliers: count },
  };
}

function make(
  kind: Synthesis,
  matrix: FeatureMatrix,
  inputShape: readonly number[],
  layout: RowLayout | undefined,
  count: number,
  stream: RandomStream,
): FeatureMatrix {
  requireImagesFor(kind, inputShape.length === 3);
  const shape = inputShape as unknown as ImageShape;
  switch (kind) {
    case "shifted-features":
      return shiftedFeatures(matrix, count, stream, layout && { layout });
    case "shuffled-columns":
      return shuffledColumns(matrix, count, stream, layout);
    case "cut-paste":
      return cutPaste(matrix, shape, count, stream);
    case "confetti":
      return confetti(matrix, shape, count, stream);
  }
}

/** @throws HypersphereError `invalid-option` for kinds made for images, where rows are not images */
export function requireImagesFor(kind: Synthesis, areImages: boolean): void {
  if (areImages || (kind !== "cut-paste" && kind !== "confetti")) return;
  throw new HypersphereError(
    "invalid-option",
    `${kind} makes outliers from images; these rows are not images.`,
    {
      hint: "Choose shifted-features or shuffled-columns.",
    },
  );
}

/** Of a table or of windows; undefined for images, whose pixels are columns of their own. */
function layoutOf(
  inputShape: readonly number[],
  columnOf: ArrayLike<number> | undefined,
): RowLayout | undefined {
  if (inputShape.length === 3) return undefined;
  const steps = inputShape.length === 2 ? inputShape[0]! : 1;
  return { steps, columnOf: columnOf ?? Uint32Array.from({ length: inputShape.at(-1)! }, (_, k) => k) };
}
