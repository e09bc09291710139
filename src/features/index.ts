export type { ChangedConstant } from "./constant-values.js";
export { describeNotes } from "./describe-notes.js";
export { atLeastBeyondLimit, LIMIT } from "./feature-graph.js";
export { fitFeatureSchema } from "./fit-schema.js";
export {
  CONTRASTS,
  type ImageContrast,
  type ImageSchema,
  type InputSchema,
  type SeriesSchema,
  type TableSchema,
} from "./input-schema.js";
export {
  changedRows,
  columnSchema,
  computeFeatures,
  computeViewed,
  fingerprint,
  fitInputSchema,
  inputFeatures,
  inputShape,
  inSeason,
  modelInputs,
  pixelRange,
  rawRows,
  selectInputs,
  selectSamples,
  undoneFeatures,
} from "./inputs.js";
export { kindOf, kindOfSchema, kinds, requireKind } from "./kinds/index.js";
export type {
  ChangedParts,
  FeatureContext,
  FeatureView,
  InputOptions,
  InputSpec,
  Inputs,
  Kind,
  Parts,
  RowGroups,
  RowShares,
} from "./kinds/kind.js";
export type { Measures } from "./kinds/measures.js";
export { findKnownRows, type KnownRows, type RowSketch, sketchRows } from "./known-rows.js";
export { denseFeatures, type FeatureMatrix, rowStart } from "./matrix.js";
export { type OverlappingRows, type Piece, type RawRows, ROWS_PER_RUN, rowsPerRun } from "./raw-rows.js";
export { RawValues, type SchemaNotes } from "./raw-values.js";
export {
  countBins,
  fitReference,
  type NumericReference,
  numericReference,
  type ReferenceProfile,
  referenceDeciles,
} from "./reference.js";
export { type RowMark, rowMarks } from "./row-marks.js";
export { sampleFeatures, sampleRows } from "./sample.js";
export {
  indicesOf,
  type LabelCounts,
  labelCounts,
  normalObservations,
  observations,
  requireSteps,
  rowValues,
  selectRowsOf,
  testPart,
  trainingPart,
} from "./samples.js";
export {
  type CategoricalFeature,
  type ConstantColumn,
  type DroppedColumn,
  type FeatureSchema,
  featureColumns,
  featureCount,
  inputColumns,
  type NumericFeature,
  numericConstants,
  SCALINGS,
  type Scaling,
  textConstants,
} from "./schema.js";
export { undoneRows } from "./undone.js";
