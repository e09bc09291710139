import type { RandomStream } from "../math/random.js";
import { denseFeatures, type FeatureMatrix } from "./matrix.js";

/** The matrix itself where it has at most `most` rows, else that many of them, drawn without replacement. */
export function sampleFeatures(matrix: FeatureMatrix, most: number, stream: RandomStream): FeatureMatrix {
  if (matrix.rows <= most) return denseFeatures(matrix);
  return denseFeatures(matrix, stream.sample(matrix.rows, most).sort());
}
