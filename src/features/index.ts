export { fitFeatureSchema } from "./fit-schema.js";
export {
  CONTRASTS,
  type Contrast,
  columnSchema,
  type ImageSchema,
  type InputSchema,
  inputShape,
  isImageSchema,
  isSeriesSchema,
  type SeriesSchema,
} from "./input-schema.js";
export {
  computeFeatures,
  declareInputs,
  fitInputSchema,
  type InputOptions,
  type Inputs,
  inputFeatures,
  rawRows,
} from "./inputs.js";
export { denseFeatures, type FeatureMatrix, rowStart } from "./matrix.js";
export { type Piece, type RawRows, ROWS_PER_RUN, rowsPerRun } from "./raw-rows.js";
export { RawValues, type SchemaNotes } from "./raw-values.js";
export { countBins, fitReference, type NumericReference, type ReferenceProfile } from "./reference.js";
export { sampleFeatures } from "./sample.js";
export {
  type CategoricalFeature,
  type DroppedColumn,
  type FeatureSchema,
  featureColumns,
  featureCount,
  featureNames,
  type NumericFeature,
  SCALINGS,
  type Scaling,
} from "./schema.js";
