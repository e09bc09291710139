export {
  type ComparedData,
  type CompareOptions,
  type Comparison,
  compare,
  DEFAULT_CONTESTANTS,
} from "./compare.js";
export { type Contestant, type ContestantInput, contestantsOf } from "./contestants.js";
export { type ScoreHistogram, type ThinnedCurves, thinnedCurves } from "./curves.js";
export {
  type Job,
  type JobContext,
  type JobKey,
  type JobMetrics,
  type JobRow,
  keyOf,
  runJob,
} from "./job.js";
export {
  DEFAULT_PROTOCOL,
  PROTOCOLS,
  type Protocol,
  type ProtocolOptions,
  protocolSplit,
} from "./protocol.js";
export { type Recommendation, recommend } from "./recommend.js";
export {
  type ComparisonSummary,
  criticalDifference,
  type DetectorSummary,
  type GoodRow,
  succeeded,
  summarize,
} from "./summary.js";
