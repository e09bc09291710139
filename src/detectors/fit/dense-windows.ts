import { HypersphereError } from "../../errors.js";
import { denseFeatures, type FeatureMatrix } from "../../features/index.js";

/** Copies of windows up to this size are made for detectors that need them. */
const MOST_WINDOW_BYTES = 4e9;

/**
 * Windows one after the other.
 * @throws HypersphereError `unfit-data` for windows that together are too large to be copied
 */
export function denseWindows(matrix: FeatureMatrix, source = "The series"): FeatureMatrix {
  const bytes = matrix.rows * matrix.columns * Float32Array.BYTES_PER_ELEMENT;
  if (matrix.starts !== undefined && bytes > MOST_WINDOW_BYTES) {
    throw new HypersphereError(
      "unfit-data",
      `${source} makes ${matrix.rows} windows of ${matrix.columns} numbers: ${(bytes / 1e9).toFixed(1)} GB, which this detector would hold at once.`,
      { hint: "Use a larger stride, or deep-svdd, which reads windows from the series as it needs them." },
    );
  }
  return denseFeatures(matrix);
}
