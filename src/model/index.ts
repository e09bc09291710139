export { buildModel, type ModelParts, scoringModel } from "./build.js";
export { MODEL_FORMAT, type ModelCard } from "./card.js";
export { Model, type ScoreOptions, type Scores } from "./model.js";
