export type { Threshold } from "./calibration.js";
export {
  adjustedPValues,
  benjaminiHochberg,
  calibrationSizeForDiscovery,
  type Discoveries,
  pValues,
  pValuesRandomized,
  storey,
} from "./conformal.js";
export { type Costs, f1Threshold, minimumCost } from "./supervised.js";
export {
  fitGeneralizedPareto,
  type GeneralizedPareto,
  peaksOverThreshold,
  type TailOptions,
} from "./tail.js";
export {
  alertsPerDay,
  calibrationSizeForRate,
  contamination,
  falseAlarmRate,
  iqrFence,
  meanSigma,
  percentile,
  robustZ,
} from "./thresholds.js";
