export type { FeatureDrift } from "./compare-measures.js";
export {
  type DriftMonitor,
  type DriftMonitorOptions,
  type DriftMonitorState,
  type DriftStatus,
  driftMonitor,
  restoreMonitor,
} from "./martingale.js";
export {
  type DriftOptions,
  type DriftReport,
  driftReport,
  monitorFor,
} from "./report.js";
export {
  type IndependentRows,
  populationStability,
  type Stability,
  type Uniformity,
  uniformity,
} from "./stability.js";
