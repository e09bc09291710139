export type { BackgroundKind } from "./background.js";
export { requireTerms, withContributions } from "./contributions.js";
export { explain } from "./explain.js";
export type { Contribution, Counterfactual, Explanation, Explanations, NearestRow } from "./explanation.js";
export { patchMap } from "./image-units.js";
export { type NormalRowsOptions, requireKeeping, withNormalRows } from "./kept-rows.js";
export { nearestRows } from "./nearest-rows.js";
export { type ExplainMethod, type ExplainOptions, METHOD_NAMES, METHODS } from "./options.js";
export type { FeatureChange, FeatureValue, NormalRange } from "./units.js";
