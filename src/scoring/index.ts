export { blockMaxima, falseAlarmsByBlocksThreshold } from "./conformal/blocks.js";
export { requireThreshold, type Threshold } from "./conformal/calibration.js";
export {
  adjustedPValues,
  benjaminiHochberg,
  calibrationSizeForDiscovery,
  type Discoveries,
  pValues,
  pValuesRandomized,
  storey,
} from "./conformal/p-values.js";
export {
  SEASON_OFFSET,
  type SeasonParts,
  type SeasonSlopes,
  type SeasonTables,
  seasonalScore,
  seasonPart,
  seasonSlopes,
  seasonTables,
} from "./conformal/season.js";
export { conformalRateBound } from "./conformal/tolerance.js";
export {
  describeDiscoveryPromise,
  discover,
  FDR_METHODS,
  type FdrMethod,
  type FdrPromise,
  type RowDiscoveries,
  resolutionWarning,
} from "./fdr/discover.js";
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
export { alertsPerDayThreshold } from "./rules/alerts-per-day.js";
export { contaminationThreshold } from "./rules/contamination.js";
export { type Costs, costThreshold } from "./rules/cost.js";
export {
  checkPercentile,
  type LabelledRule,
  type NormalRule,
  percentileExpected,
  type RuleBase,
  type RuleParameter,
  type RuleParameters,
} from "./rules/define.js";
export { f1Threshold } from "./rules/f1.js";
export { calibrationSizeForRate, falseAlarmsThreshold } from "./rules/false-alarms.js";
export { iqrThreshold } from "./rules/iqr.js";
export { meanSigmaThreshold } from "./rules/mean-sigma.js";
export { percentileThreshold } from "./rules/percentile.js";
export { fitGeneralizedPareto, type GeneralizedPareto, potThreshold, type TailOptions } from "./rules/pot.js";
export { robustZThreshold } from "./rules/robust-z.js";
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
export { thresholdRules } from "./rules/rule-list.js";
export { upgradeThreshold } from "./rules/upgrade.js";
export { exceeds, MAP_TIES, PLAIN_TIES, SCORE_BITS, TIE, type Ties, tieBound } from "./ties.js";
export { type UnusuallyNormal, unusuallyNormal } from "./unusually-normal.js";
