export {
  type BootstrapInterval,
  type BootstrapOptions,
  bootstrapInterval,
  type Metric,
} from "./bootstrap.js";
export {
  balancedAccuracy,
  type Confusion,
  confusion,
  decide,
  f1,
  falseAlarmRate,
  mcc,
  precision,
  recall,
} from "./decisions.js";
export { type AurocInterval, aurocInterval, type DelongTest, delongTest } from "./delong.js";
export type { Labels } from "./labels.js";
export { AUPRO_CHANCE, type PixelFigures, PixelTally, type ScoredPixels } from "./pixels.js";
export { type RangeF1, rangeF1 } from "./range-f1.js";
export {
  adjustedAveragePrecision,
  auroc,
  averagePrecision,
  type OracleF1,
  oracleBestF1,
  oracleF1AtPrevalence,
  type PrCurve,
  prCurve,
  precisionAtK,
  prevalence,
  type RocCurve,
  recallAtFalseAlarmRate,
  rocCurve,
} from "./ranking.js";
export { type RankingSummary, summarizeRanking } from "./summary.js";
export { type VolumeOptions, type VolumeUnderSurface, volumeUnderSurface } from "./volume.js";
