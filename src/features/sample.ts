import type { RandomStream } from "../math/random.js";
import { denseFeatures, type FeatureMatrix } from "./matrix.js";

/** At most so many rows, drawn without replacement; rows that overlap stay so. */
export function sampleRows(matrix: FeatureMatrix, most: number, stream: RandomStream): FeatureMatrix {
  const { rows, columns, data, starts } = matrix;
  if (rows <= most) return matrix;
  const chosen = stream.sample(rows, most).sort();
  if (starts === undefined) return denseFeatures(matrix, chosen);
  return { rows: most, columns, data, starts: Uint32Array.from(chosen, (row) => starts[row]!) };
}

/** The matrix itself where it has at most `most` rows, else that many of them, drawn without replacement. */
export function sampleFeatures(matrix: FeatureMatrix, most: number, stream: RandomStream): FeatureMatrix {
  if (matrix.rows <= most) return denseFeatures(matrix);
  return denseFeatures(matrix, stream.sample(matrix.rows, most).sort());
}
