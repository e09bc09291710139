/**
 * Everything that needs no platform and that most programs use. `hypersphere` adds Node's files and runtimes,
 * `hypersphere/web` the browser's; other paths of the package hold the tools of one trade, see docs/api.md.
 */
export { type Adapted, type AdaptOptions, adaptModel, type SpreadRule } from "./adapt/index.js";
export {
  type CategoricalColumn,
  type CategoricalProfile,
  type Column,
  type ColumnData,
  type ColumnKind,
  type ColumnProfile,
  type CutAgain,
  type Dataset,
  type DecimalMark,
  type FlatMatrix,
  type GivenSplit,
  type Image,
  type ImageArray,
  type ImageSet,
  type ImagesFromOptions,
  imagesFrom,
  type Known,
  type LabelOptions,
  type Labels,
  type LabelsLike,
  type NumberNotation,
  type NumericColumn,
  type NumericProfile,
  type OneClass,
  type PointScores,
  type RawImage,
  type Reading,
  type RowEntities,
  type RowNames,
  type Samples,
  type Season,
  type Segment,
  type SeriesFromTable,
  type SeriesLayout,
  type SeriesOptions,
  type SeriesSet,
  samplesOf,
  seriesFromTable,
  seriesFromWindows,
  type Table,
  type TableFromRowsOptions,
  type TableProfile,
  type TimeUnit,
  tableFromColumns,
  tableFromMatrix,
  tableFromRows,
  type WindowRecord,
  type WindowsArray,
} from "./data/index.js";
export { Auto, type AutoReport } from "./detectors/auto/auto.js";
export type { AutoInput, AutoOptions } from "./detectors/auto/option-types.js";
export { Autoencoder, type AutoencoderReport } from "./detectors/autoencoder/autoencoder.js";
export type { AutoencoderMemberReport } from "./detectors/autoencoder/member.js";
export type { AutoencoderInput, AutoencoderOptions } from "./detectors/autoencoder/option-types.js";
export type {
  SharedBackboneOptions,
  SharedBackboneVectorOptions,
} from "./detectors/backbone/option-types.js";
export { DeepSad } from "./detectors/centre/deep-sad/deep-sad.js";
export type { DeepSadInput, DeepSadOptions } from "./detectors/centre/deep-sad/option-types.js";
export { DeepSvdd } from "./detectors/centre/deep-svdd/deep-svdd.js";
export type {
  DeepSvddInput,
  DeepSvddOptions,
  SharedObjectiveOptions,
} from "./detectors/centre/deep-svdd/option-types.js";
export { Hsc } from "./detectors/centre/hsc/hsc.js";
export type { HscInput, HscOptions } from "./detectors/centre/hsc/option-types.js";
export { MultiScale } from "./detectors/centre/multi-scale/multi-scale.js";
export type { MultiScaleInput, MultiScaleOptions } from "./detectors/centre/multi-scale/option-types.js";
export type {
  SharedBatchOptions,
  SharedPretrainingOptions,
  SharedSphereOptions,
  SharedStageOptions,
} from "./detectors/centre/option-types.js";
export type {
  DeepReport,
  ScoreSummary,
  WarmStartChange,
  WarmStartReport,
} from "./detectors/centre/train-deep.js";
export { Contrast, type ContrastReport } from "./detectors/contrast/contrast.js";
export type { ContrastInput, ContrastOptions } from "./detectors/contrast/option-types.js";
export { Drocc, type DroccReport } from "./detectors/drocc/drocc.js";
export type { DroccMemberReport } from "./detectors/drocc/member.js";
export type { DroccInput, DroccOptions } from "./detectors/drocc/option-types.js";
export { Fcdd, type FcddReport } from "./detectors/fcdd/fcdd.js";
export type { FcddInput, FcddOptions } from "./detectors/fcdd/option-types.js";
export type { Abilities, Supervision } from "./detectors/fit/abilities.js";
export { type ColumnPlan, type PlannedColumn, planColumns } from "./detectors/fit/column-plan.js";
export type { Given } from "./detectors/fit/common-options.js";
export type {
  SharedAugmentOptions,
  SharedCalibrationOptions,
  SharedInputOptions,
} from "./detectors/fit/option-types.js";
export { type ForestReport, IsolationForest } from "./detectors/forest/isolation-forest.js";
export type { IsolationForestInput, IsolationForestOptions } from "./detectors/forest/option-types.js";
export type { Kernel } from "./detectors/kernel/kernel.js";
export { KernelSvdd } from "./detectors/kernel/kernel-svdd/kernel-svdd.js";
export type { KernelSvddInput, KernelSvddOptions } from "./detectors/kernel/kernel-svdd/option-types.js";
export type { KernelReport } from "./detectors/kernel/one-class.js";
export { OneClassSvm } from "./detectors/kernel/one-class-svm/one-class-svm.js";
export type { OneClassSvmInput, OneClassSvmOptions } from "./detectors/kernel/one-class-svm/option-types.js";
export type { SharedKernelOptions } from "./detectors/kernel/option-types.js";
export type { SolverReport } from "./detectors/kernel/solution.js";
export { Kmeans, type KmeansReport } from "./detectors/kmeans/kmeans.js";
export type { KmeansInput, KmeansOptions } from "./detectors/kmeans/option-types.js";
export type { KeptNetwork } from "./detectors/maps/drawn-judge.js";
export type {
  SharedMapInputOptions,
  SharedMapOptions,
  SharedSlidingMapOptions,
} from "./detectors/maps/option-types.js";
export { Knn, type KnnReport } from "./detectors/neighbours/knn.js";
export type { KnnInput, KnnOptions } from "./detectors/neighbours/option-types.js";
export type {
  SharedHoldOutOptions,
  SharedNetworkOptions,
  SharedReconstructionOptions,
  SharedSynthesisOptions,
} from "./detectors/networks/option-types.js";
export type { MemberReport, SpaceHealth, StageReport } from "./detectors/networks/report.js";
export type { WithSynthesis } from "./detectors/networks/synthesis.js";
export type { EnsembleReport } from "./detectors/networks/trained-ensemble.js";
export type { PatchGaussianInput, PatchGaussianOptions } from "./detectors/patch-gaussian/option-types.js";
export { PatchGaussian, type PatchGaussianReport } from "./detectors/patch-gaussian/patch-gaussian.js";
export type { PatchMemoryInput, PatchMemoryOptions } from "./detectors/patch-memory/option-types.js";
export { PatchMemory, type PatchMemoryReport } from "./detectors/patch-memory/patch-memory.js";
export type { MemoryKind } from "./detectors/patch-svdd/memory.js";
export type { PatchSvddInput, PatchSvddOptions } from "./detectors/patch-svdd/option-types.js";
export type { BySize, PatchSize } from "./detectors/patch-svdd/patch-sizes.js";
export {
  PatchSvdd,
  type PatchSvddMemoryReport,
  type PatchSvddReport,
} from "./detectors/patch-svdd/patch-svdd.js";
export type { BeforeAndAfter, PatchTrainingReport } from "./detectors/patch-svdd/training.js";
export type { PcaInput, PcaOptions } from "./detectors/pca/option-types.js";
export { Pca, type PcaReport } from "./detectors/pca/pca.js";
export { type Preset, preset, presets } from "./detectors/presets.js";
export {
  type Detector,
  type DetectorClass,
  type DetectorEntry,
  detectors,
  findDetector,
} from "./detectors/registry.js";
export type { TransformsInput, TransformsOptions } from "./detectors/transforms/option-types.js";
export type { TransformsLevel, TransformsScoreReport } from "./detectors/transforms/score.js";
export { Transforms, type TransformsReport } from "./detectors/transforms/transforms.js";
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
  type IndependentRows,
  type Stability,
  type Uniformity,
} from "./drift/index.js";
export { type ErrorCode, type ErrorContext, type ErrorDetails, HypersphereError } from "./errors.js";
export {
  type ComparedData,
  type CompareOptions,
  type Comparison,
  type ComparisonSummary,
  type ContestantInput,
  compare,
  type DetectorSummary,
  type JobContext,
  type JobKey,
  type JobMetrics,
  type JobRow,
  type Protocol,
  type ProtocolOptions,
  type Recommendation,
  type ScoreHistogram,
  type ThinnedCurves,
} from "./evaluate/compare/index.js";
export {
  type Control,
  type Decision,
  type EvaluatedRows,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type PixelEvaluation,
  type RangeRanking,
  type Ranking,
} from "./evaluate/index.js";
export {
  type PairedGain,
  type SamplerName,
  type TuneChoices,
  type TuneGain,
  type TuneObjective,
  type TuneOptions,
  type TuneTrial,
  type Tuning,
  tune,
} from "./evaluate/tune/index.js";
export {
  type BackgroundKind,
  type Contribution,
  type Counterfactual,
  type ExplainMethod,
  type ExplainOptions,
  type Explanation,
  type Explanations,
  explain,
  type FeatureChange,
  type FeatureValue,
  type NearestRow,
  type NormalRange,
  type NormalRowsOptions,
  patchMap,
  withContributions,
  withNormalRows,
} from "./explain/index.js";
export {
  type CategoricalFeature,
  type ChangedConstant,
  type ConstantColumn,
  type DroppedColumn,
  describeNotes,
  type FeatureMatrix,
  type FeatureSchema,
  type ImageContrast,
  type ImageSchema,
  type InputSchema,
  type NumericFeature,
  type NumericReference,
  type ReferenceProfile,
  type RowSketch,
  type Scaling,
  type SchemaNotes,
  type SeriesSchema,
  type TableSchema,
} from "./features/index.js";
export {
  findIncidents,
  type Incident,
  type IncidentOptions,
  type Incidents,
  type OtherOperatingPoint,
  otherOperatingPoint,
  type ScoredStep,
  type Stretch,
  type StretchEvent,
  StretchTracker,
  severityOf,
  type TrackerOptions,
} from "./incidents/index.js";
export {
  type Advice,
  type ColumnResidual,
  type LatentPicture,
  type LeftOut,
  type Picture,
  type ReconstructedRow,
  type Reconstructions,
  type ScoreBins,
  type ShownRow,
  type ShownScores,
  type TrainingCurve,
  type TrainingReport,
  type TrainingReportOptions,
  trainingCurves,
  trainingReport,
  type UntrainedControl,
} from "./learned/index.js";
export {
  type AnomalyMap,
  COLOUR_MAP,
  type CodedMap,
  type ColourPixels,
  type ColourScale,
  codedMap16,
  colourAt,
  colourScale,
  decodedMap,
  drawOutlines,
  type Outline,
  type OverlayOptions,
  overlay,
  type PixelImage,
  type Region,
  type RegionOptions,
  regionsOf,
  shrunkImage,
} from "./maps/index.js";
export type { Connectivity } from "./math/components.js";
export type { RandomSource, RandomStream } from "./math/random.js";
export type {
  BackboneFile,
  Checkpoint,
  CheckpointStore,
  DecodedRows,
  FitOptions,
  Json,
  MaskRecord,
  Progress,
  RowSplit,
} from "./model/contract.js";
export {
  type AdaptationRecord,
  type AdaptedColumn,
  type BackboneRecord,
  type Calibration,
  type ColumnPlace,
  type ContaminationRecord,
  type ContributionRecord,
  type KeptColumn,
  Model,
  type ModelCard,
  type ModelOrigin,
  type NormalRowsRecord,
  type RowOutcome,
  type ScoreOptions,
  type Scores,
  type SeasonRecord,
  type UntrainedOptions,
} from "./model/index.js";
export { type TrainingPageOptions, trainingPage } from "./report/training/training-page.js";
export type { RobustInput, RobustOptions } from "./robust/options.js";
export { type RobustFit, type SuspiciousRow, trainRobust } from "./robust/train-robust.js";
export {
  type Backend,
  type Meters,
  provideBackend,
  type Runtime,
  type Session,
  type SessionOptions,
  type TensorData,
  type TensorValue,
  type Values,
} from "./runtime/index.js";
export { type Rule, type Threshold, type UnusuallyNormal, unusuallyNormal } from "./scoring/index.js";
export type {
  SearchChoice,
  SearchCondition,
  SearchNumber,
  SearchPoint,
  SearchRange,
  SearchSpace,
  SearchValue,
} from "./search/index.js";
export {
  fieldOf,
  ModelStream,
  type SeriesState,
  type StreamAnswer,
  type StreamOptions,
  type StreamState,
  streamLine,
  streamRecord,
  streamRow,
} from "./stream/index.js";
export type { Damage } from "./synthesis/damage.js";
export type { ImageDamage } from "./synthesis/damaged-images.js";
export type { SeriesDamage } from "./synthesis/damaged-series.js";
export type { TableDamage } from "./synthesis/damaged-tables.js";
export type { DurationForm } from "./text/duration.js";
export { parseExactJson, repeatedKey } from "./text/exact-json.js";
export type { LatentSnapshot } from "./train/health.js";
export type { CurvePoint, StageEnd } from "./train/stage.js";
export { VERSION } from "./version.js";
