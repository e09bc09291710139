export { addUpCounts } from "./count-scores.js";
export { type EntityOfModel, listEntities } from "./entities.js";
export { type JudgedScore, judgedScores } from "./judged-scores.js";
export { findPicture, type Pictures } from "./pictures.js";
export {
  backgroundInputs,
  findResult,
  listResults,
  type ResultFilter,
  type StoredResult,
} from "./query-results.js";
export {
  type Decision,
  type Outcome,
  type Recorded,
  type RowFacts,
  recordResults,
  type ScoredRequest,
  type ScoredRow,
  type Stores,
} from "./record-results.js";
export { ResultWriter } from "./result-writer.js";
export { type BinCount, binOf, countBins, countDays, type DayCount, thresholdBelow } from "./score-counts.js";
export { addVerdict, type Judged, listVerdicts, type StoredVerdict, type Verdict } from "./verdicts.js";
