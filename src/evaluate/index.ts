export { type EvaluateOptions, evaluate, evaluateScores } from "./evaluate.js";
export type {
  Control,
  Decision,
  EvaluatedRows,
  Evaluation,
  RangeRanking,
  Ranking,
} from "./evaluation.js";
