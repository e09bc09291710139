export {
  buildCrossModel,
  buildModel,
  type CrossModelParts,
  type FoldPart,
  type ModelParts,
  meanScoringModel,
  type ScoringPart,
  scoringModel,
} from "./build.js";
export {
  type AdaptationRecord,
  type AdaptedColumn,
  type BackboneRecord,
  type ColumnPlace,
  type ContaminationRecord,
  calibratedInFolds,
  MODEL_FORMAT,
  type ModelCard,
  viewOutput,
} from "./card.js";
export { decideBy } from "./decide-by.js";
export { type ConstantWatch, constantWatch } from "./decision.js";
export { type InnerOptions, innerValues } from "./inner-values.js";
export {
  type Calibration,
  Model,
  type ModelOrigin,
  type RowOutcome,
  type ScoreOptions,
  type Scores,
  type UntrainedOptions,
} from "./model.js";
export { describePromise } from "./promise.js";
export { requireMaps } from "./require-maps.js";
export { type SignedFile, signedFile, signedMessage, withSignature } from "./signature.js";
