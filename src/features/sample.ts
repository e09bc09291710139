import type { RandomStream } from "../math/random.js";
import type { FeatureMatrix } from "./compute.js";

/** The matrix itself where it has at most `most` rows, else that many of them, drawn without replacement. */
export function sampleFeatures(matrix: FeatureMatrix, most: number, stream: RandomStream): FeatureMatrix {
  if (matrix.rows <= most) return matrix;
  const rows = stream.sample(matrix.rows, most).sort();
  const data = new Float32Array(most * matrix.columns);
  rows.forEach((row, k) => {
    data.set(matrix.data.subarray(row * matrix.columns, (row + 1) * matrix.columns), k * matrix.columns);
  });
  return { rows: most, columns: matrix.columns, data };
}
