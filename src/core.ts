/** Everything that needs no platform. `hypersphere` adds Node's files and runtimes, `hypersphere/web` the browser's. */
export {
  type CategoricalColumn,
  type Column,
  type Dataset,
  type GivenSplit,
  type Image,
  type ImageArray,
  type ImageSet,
  type ImagesFromOptions,
  imagesFrom,
  type LabelOptions,
  type Labels,
  type LabelsLike,
  type NumericColumn,
  type OneClass,
  oneClass,
  type PointScores,
  pointScores,
  profileTable,
  type RawImage,
  type RowNames,
  type Samples,
  type SeriesFromTable,
  type SeriesLayout,
  type SeriesOptions,
  type SeriesSet,
  samplesOf,
  selectImages,
  selectRows,
  selectSeries,
  seriesFromTable,
  seriesFromWindows,
  splitLabels,
  type Table,
  tableFromColumns,
  tableFromMatrix,
  tableFromRows,
  type WindowsArray,
  windowLabels,
  withChannels,
} from "./data/index.js";
export { Auto, type AutoReport } from "./detectors/auto/auto.js";
export type { AutoInput, AutoOptions } from "./detectors/auto/option-types.js";
export { Autoencoder, type AutoencoderReport } from "./detectors/autoencoder/autoencoder.js";
export type { AutoencoderInput, AutoencoderOptions } from "./detectors/autoencoder/option-types.js";
export { DeepSad } from "./detectors/centre/deep-sad/deep-sad.js";
export type { DeepSadInput, DeepSadOptions } from "./detectors/centre/deep-sad/option-types.js";
export { DeepSvdd } from "./detectors/centre/deep-svdd/deep-svdd.js";
export type { DeepSvddInput, DeepSvddOptions } from "./detectors/centre/deep-svdd/option-types.js";
export { Hsc } from "./detectors/centre/hsc/hsc.js";
export type { HscInput, HscOptions } from "./detectors/centre/hsc/option-types.js";
export { MultiScale } from "./detectors/centre/multi-scale/multi-scale.js";
export type { MultiScaleInput, MultiScaleOptions } from "./detectors/centre/multi-scale/option-types.js";
export type { DeepReport } from "./detectors/centre/train-deep.js";
export { Drocc, type DroccReport } from "./detectors/drocc/drocc.js";
export type { DroccInput, DroccOptions } from "./detectors/drocc/option-types.js";
export { type ForestReport, IsolationForest } from "./detectors/forest/isolation-forest.js";
export type { IsolationForestInput, IsolationForestOptions } from "./detectors/forest/option-types.js";
export { KernelSvdd } from "./detectors/kernel/kernel-svdd/kernel-svdd.js";
export type { KernelSvddInput, KernelSvddOptions } from "./detectors/kernel/kernel-svdd/option-types.js";
export type { KernelReport } from "./detectors/kernel/one-class.js";
export { OneClassSvm } from "./detectors/kernel/one-class-svm/one-class-svm.js";
export type { OneClassSvmInput, OneClassSvmOptions } from "./detectors/kernel/one-class-svm/option-types.js";
export { Knn, type KnnReport } from "./detectors/neighbours/knn.js";
export type { KnnInput, KnnOptions } from "./detectors/neighbours/option-types.js";
export type { PcaInput, PcaOptions } from "./detectors/pca/option-types.js";
export { Pca, type PcaReport } from "./detectors/pca/pca.js";
export {
  type Detector,
  type DetectorClass,
  type DetectorEntry,
  detectors,
  findDetector,
} from "./detectors/registry.js";
export {
  type DriftMonitor,
  type DriftMonitorOptions,
  type DriftMonitorState,
  type DriftOptions,
  type DriftReport,
  type DriftStatus,
  driftMonitor,
  driftReport,
  type FeatureDrift,
  populationStability,
  restoreMonitor,
  type Stability,
} from "./drift/index.js";
export { type ErrorCode, HypersphereError } from "./errors.js";
export {
  type FeatureMatrix,
  type InputSchema,
  observations,
  type SchemaNotes,
  selectRowsOf,
  testPart,
  trainingPart,
} from "./features/index.js";
export { createRandom, type RandomSource, type RandomStream } from "./math/random.js";
export type { Checkpoint, CheckpointStore, FitOptions, Json, Progress } from "./model/contract.js";
export {
  type ContaminationRecord,
  Model,
  type ModelCard,
  type ScoreOptions,
  type Scores,
} from "./model/index.js";
export type { RobustInput, RobustOptions } from "./robust/options.js";
export { type RobustFit, type SuspiciousRow, trainRobust } from "./robust/train-robust.js";
export { type Backend, provideBackend, type Runtime, type Session } from "./runtime/index.js";
export { applyLabelledRule, applyRule, parseRule, type Rule, type Threshold } from "./scoring/index.js";
export { confetti, cutPaste, type ImageShape } from "./synthesis/images.js";
export {
  SYNTHESES,
  type Synthesis,
  type SyntheticOutliers,
  synthesizeOutliers,
} from "./synthesis/synthesis.js";
export {
  type RowLayout,
  type ShiftOptions,
  shiftedFeatures,
  shuffledColumns,
} from "./synthesis/tables.js";
export { VERSION } from "./version.js";
