export { computeFeatures, type FeatureMatrix, ROWS_PER_RUN } from "./compute.js";
export { declareRawInputs, featureGraph, type RawInputs } from "./feature-graph.js";
export { fitFeatureSchema } from "./fit-schema.js";
export { RawValues, type SchemaNotes } from "./raw-values.js";
export { countBins, fitReference, type NumericReference, type ReferenceProfile } from "./reference.js";
export { sampleFeatures } from "./sample.js";
export {
  type CategoricalFeature,
  type DroppedColumn,
  type FeatureSchema,
  featureCount,
  featureNames,
  type NumericFeature,
  SCALINGS,
  type Scaling,
} from "./schema.js";
