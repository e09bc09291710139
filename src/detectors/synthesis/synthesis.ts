import { HypersphereError } from "../../errors.js";
import type { FeatureMatrix } from "../../features/index.js";
import type { RandomStream } from "../../math/random.js";
import type { Json } from "../contract.js";
import { confetti, cutPaste, type ImageShape } from "./images.js";
import { shiftedFeatures, shuffledColumns } from "./tables.js";

export const SYNTHESES = ["shifted-features", "shuffled-columns", "cut-paste", "confetti"] as const;
/** How outliers are made from normal rows, for those who have none. */
export type Synthesis = (typeof SYNTHESES)[number];

export interface SyntheticOutliers {
  /** [count, columns] */
  readonly outliers: FeatureMatrix;
  /** What was made, for the model's card: a detector that learned from invented outliers says so. */
  readonly record: Json;
}

/**
 * Outliers made from normal rows, without labels. They stand for anomalies only as far as those are made alike: what a
 * detector learns from them is to tell rows from their damaged copies.
 *
 * @param inputShape what the numbers of a row mean, see `TrainingData`
 * @param count at least 1
 * @throws HypersphereError `invalid-option` for a count below 1, and for kinds made for images where rows are none
 */
export function synthesizeOutliers(
  kind: Synthesis,
  matrix: FeatureMatrix,
  inputShape: readonly number[],
  count: number,
  stream: RandomStream,
): SyntheticOutliers {
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new HypersphereError(
      "invalid-option",
      `${count} outliers cannot be made; give a whole number above 0.`,
    );
  }
  return {
    outliers: make(kind, matrix, inputShape, count, stream),
    record: { synthesis: kind, outliers: count },
  };
}

function make(
  kind: Synthesis,
  matrix: FeatureMatrix,
  inputShape: readonly number[],
  count: number,
  stream: RandomStream,
): FeatureMatrix {
  switch (kind) {
    case "shifted-features":
      return shiftedFeatures(matrix, count, stream);
    case "shuffled-columns":
      return shuffledColumns(matrix, count, stream);
    case "cut-paste":
      return cutPaste(matrix, imageShape(kind, inputShape), count, stream);
    case "confetti":
      return confetti(matrix, imageShape(kind, inputShape), count, stream);
  }
}

function imageShape(kind: Synthesis, inputShape: readonly number[]): ImageShape {
  if (inputShape.length === 3) return inputShape as unknown as ImageShape;
  throw new HypersphereError("invalid-option", `${kind} makes outliers from images; these rows are none.`, {
    hint: "Choose shifted-features or shuffled-columns.",
  });
}
