/** The package in Node. */
import { writeFileAtomic } from "./io/index.js";
import { provideBackend } from "./runtime/index.js";
import { type NodeBackendOptions, nodeBackend } from "./runtime/node/backend.js";

export * from "./core.js";
export { type EntityEvaluation, evaluateFleet, type FleetEvaluation } from "./fleet/evaluate-fleet.js";
export {
  Fleet,
  type FleetOptions,
  type FleetScoreOptions,
  type FleetScores,
  type FleetSource,
  type ScoredPart,
} from "./fleet/fleet.js";
export {
  type FleetDriftOptions,
  type FleetDriftReport,
  type FleetDriftState,
  fleetDrift,
} from "./fleet/fleet-drift.js";
export { type FleetIncident, type FleetIncidents, findFleetIncidents } from "./fleet/fleet-incidents.js";
export type { FallbackReason, FleetEntity, FleetIndex, FleetModelFile } from "./fleet/fleet-index.js";
export {
  type DriftedEntity,
  type FleetAnswer,
  FleetStream,
  type FleetStreamOptions,
  type FleetStreamState,
} from "./fleet/fleet-stream.js";
export type { EntityPart } from "./fleet/parts.js";
export type { FleetTraining } from "./fleet/plan-fleet.js";
export { type SharedFleetOptions, SharedFleetStream } from "./fleet/shared-fleet-stream.js";
export type { ReadControl, ReadProgress } from "./formats/byte-source.js";
export type { SizeLimit, StallLimit } from "./formats/limits.js";
export type {
  ImageReading,
  Labelling,
  OpenOptions,
  SeriesCutting,
  TableReading,
} from "./formats/open-options.js";
export { type LoadFleetOptions, loadFleet } from "./io/fleet/load-fleet.js";
export {
  type FleetProgress,
  type FleetReport,
  type TrainFleetOptions,
  trainFleet,
} from "./io/fleet/train-fleet.js";
export { type LoadModelOptions, loadModel } from "./io/load-model.js";
export { type Gallery, type GalleryOptions, gallery } from "./io/maps/gallery.js";
export { type FoundRegions, MapFiles } from "./io/maps/map-files.js";
export { type Key, signModel, verifyModel } from "./io/model-signature.js";
export { type OpenFileOptions, open } from "./io/open.js";
export type { OpenSamplesOptions } from "./model/open-samples.js";
export { type Plot, type PlotOptions, plotSeries } from "./report/plot/series-plot.js";
export type { NodeBackendOptions } from "./runtime/node/backend.js";
export type { ChildLimits } from "./runtime/node/child-runtime.js";

/** Chooses the build of ONNX Runtime for all fits and scores from here on. */
export function configureRuntime(options: NodeBackendOptions = {}): void {
  const writeFile = (path: string, bytes: Uint8Array, { force }: { force: boolean }): Promise<void> =>
    writeFileAtomic(path, bytes, { force });
  provideBackend({ ...nodeBackend(options), writeFile });
}

configureRuntime({ onFallback: (message) => process.emitWarning(message) });
