export { type EvaluateOptions, evaluate, evaluateScores } from "./evaluate.js";
export type {
  Control,
  Decision,
  EvaluatedRows,
  Evaluation,
  PixelEvaluation,
  RangeRanking,
  Ranking,
} from "./evaluation.js";
export { figuresOf } from "./figures.js";
