export { type ExplainAnswer, Explaining, type ExplainRequest } from "./explaining.js";
export { type FileFormat, type GivenData, withData } from "./given-data.js";
export { KEEPS, type Keep, KeptInputs } from "./kept-inputs.js";
export { type RowAnswer, type ScoreAnswer, type ScoreRequest, Scoring } from "./scoring.js";
