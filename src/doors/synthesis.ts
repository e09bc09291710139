/** `hypersphere/synthesis`: outliers made from normal rows, and the seeded randomness that they are drawn with. */
export { createRandom, type RandomSource, type RandomStream } from "../math/random.js";
export { DEFECTS, type DefectiveImage, type DefectKind, withDefect } from "../synthesis/defects.js";
export { confetti, cutPaste, type ImageShape } from "../synthesis/images.js";
export {
  SYNTHESES,
  type Synthesis,
  type SyntheticOutliers,
  synthesizeOutliers,
} from "../synthesis/synthesis.js";
export {
  type RowLayout,
  type ShiftOptions,
  shiftedFeatures,
  shuffledColumns,
} from "../synthesis/tables.js";
