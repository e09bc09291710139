export { blockMaxima, falseAlarmRateBlocks } from "./blocks.js";
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
export {
  calibrationSizeForOnlineDiscovery,
  type OnlineDecision,
  type OnlineFdr,
  type OnlineFdrOptions,
  type OnlineFdrState,
  type OnlineProcedure,
  onlineFdr,
  restoreOnlineFdr,
} from "./online-fdr.js";
export {
  type CalibrateOptions,
  calibrateProbabilities,
  LEAST_PER_CLASS,
  type ProbabilityCalibration,
  type ProbabilityCurve,
  type ProbabilityMethod,
  probabilities,
} from "./probability/calibrate.js";
export { curveAt, type IsotonicCurve, isotonicRegression } from "./probability/isotonic.js";
export { type LogisticCurve, logisticAt, plattScaling, smoothedTargets } from "./probability/platt.js";
export {
  type Reliability,
  type ReliabilityBin,
  type ReliabilityOptions,
  reliability,
} from "./probability/reliability.js";
export {
  type LabelledRule,
  type NormalRule,
  type RuleName,
  type RuleParameter,
  thresholdRules,
} from "./rule-list.js";
export {
  applyLabelledRule,
  applyRule,
  calibrationSizeForRule,
  expectedFalseAlarmRate,
  makeRule,
  parseRule,
  type Rule,
  ruleNamed,
  ruleOf,
  ruleText,
} from "./rules.js";
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
export { conformalRateBound } from "./tolerance.js";
