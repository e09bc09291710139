export {
  type DriftMonitor,
  type DriftMonitorOptions,
  type DriftMonitorState,
  type DriftStatus,
  driftMonitor,
  restoreMonitor,
} from "./martingale.js";
export { type DriftOptions, type DriftReport, driftReport, type FeatureDrift } from "./report.js";
export { populationStability, type Stability, type Uniformity, uniformity } from "./stability.js";
