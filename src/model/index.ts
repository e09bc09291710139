export { samplesFor } from "./as-trained.js";
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
  CONTRIBUTION,
  type ColumnPlace,
  type ContaminationRecord,
  type ContributionRecord,
  calibratedInFolds,
  type KeptColumn,
  MODEL_FORMAT,
  type ModelCard,
  type NormalRowsRecord,
  type SeasonRecord,
  tiesOf,
  viewOutput,
} from "./card.js";
export { modelWithContribution } from "./contribution.js";
export { decideBy } from "./decide-by.js";
export { type ConstantWatch, constantWatch } from "./decision.js";
export { type InnerOptions, innerValues, tensorValues } from "./inner-values.js";
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
export { type ScoreGradient, scoreGradient } from "./score-gradient.js";
export { type SignedFile, signedFile, signedMessage, withSignature } from "./signature.js";
export { modelWithCard } from "./with-card.js";
