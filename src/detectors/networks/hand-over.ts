import { denseFeatures, type FeatureMatrix } from "../../features/index.js";

/** Features above this many bytes stay in one place; smaller ones are copied to where a member trains. */
const LARGE_FEATURES = 64 * 2 ** 20;

/** Whether rows are handed to a program as it needs them, and not all at the beginning. */
export const isLarge = ({ rows, columns }: FeatureMatrix): boolean =>
  rows * columns * Float32Array.BYTES_PER_ELEMENT > LARGE_FEATURES;

/** Overlapping rows as copies of their own, where those are small enough to be handed over as a whole. */
export const handedOver = (matrix: FeatureMatrix): FeatureMatrix =>
  isLarge(matrix) ? matrix : denseFeatures(matrix);
