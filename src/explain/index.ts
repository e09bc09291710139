export { explain } from "./explain.js";
export type { Contribution, Counterfactual, Explanation, Explanations, NearestRow } from "./explanation.js";
export { patchMap } from "./image-units.js";
export { type ExplainMethod, type ExplainOptions, METHODS } from "./options.js";
export type { FeatureValue, NormalRange } from "./units.js";
