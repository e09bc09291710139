/** Everything that needs no platform. `hypersphere` adds Node's files and runtimes, `hypersphere/web` the browser's. */
export {
  type CategoricalColumn,
  type Column,
  type LabelOptions,
  type NumericColumn,
  profileTable,
  selectRows,
  splitLabels,
  type Table,
  tableFromColumns,
  tableFromMatrix,
  tableFromRows,
} from "./data/index.js";
export type { Checkpoint, CheckpointStore, FitOptions, Json, Progress } from "./detectors/contract.js";
export { DeepSvdd } from "./detectors/deep-svdd/deep-svdd.js";
export type { DeepSvddInput, DeepSvddOptions } from "./detectors/deep-svdd/options.js";
export { type Detector, type DetectorEntry, detectors } from "./detectors/registry.js";
export { type ErrorCode, HypersphereError } from "./errors.js";
export type { SchemaNotes } from "./features/index.js";
export { Model, type ModelCard, type ScoreOptions, type Scores } from "./model/index.js";
export { type Backend, provideBackend, type Runtime, type Session } from "./runtime/index.js";
export type { Threshold } from "./scoring/index.js";
export { VERSION } from "./version.js";
