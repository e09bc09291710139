export { blockMaxima, falseAlarmRateBlocks } from "./conformal/blocks.js";
export type { Threshold } from "./conformal/calibration.js";
export {
  adjustedPValues,
  benjaminiHochberg,
  calibrationSizeForDiscovery,
  type Discoveries,
  pValues,
  pValuesRandomized,
  storey,
} from "./conformal/p-values.js";
export { conformalRateBound } from "./conformal/tolerance.js";
export {
  calibrationSizeForOnlineDiscovery,
  type OnlineDecision,
  type OnlineFdr,
  type OnlineFdrOptions,
  type OnlineFdrState,
  type OnlineProcedure,
  onlineFdr,
  restoreOnlineFdr,
} from "./fdr/online.js";
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
} from "./rules/rule.js";
export {
  type LabelledRule,
  type NormalRule,
  type Parameters as RuleParameters,
  type RuleBase,
  type RuleName,
  type RuleParameter,
  thresholdRules,
} from "./rules/rule-list.js";
export { type Costs, f1Threshold, minimumCost } from "./rules/supervised.js";
export {
  fitGeneralizedPareto,
  type GeneralizedPareto,
  peaksOverThreshold,
  type TailOptions,
} from "./rules/tail.js";
export {
  alertsPerDay,
  calibrationSizeForRate,
  contamination,
  falseAlarmRate,
  iqrFence,
  meanSigma,
  percentile,
  robustZ,
} from "./rules/thresholds.js";
