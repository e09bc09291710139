export { type ScoreHistogram, type ThinnedCurves, thinnedCurves } from "./curves.js";
export { type JobKey, type JobMetrics, type JobRow, type Meters, runJob } from "./job.js";
export { PROTOCOLS, type Protocol, type ProtocolOptions, protocolSplit } from "./protocol.js";
export { type Recommendation, recommend } from "./recommend.js";
export {
  type ComparisonSummary,
  criticalDifference,
  type DetectorSummary,
  type GoodRow,
  succeeded,
  summarize,
} from "./summary.js";
