export { type Adapted, type AdaptOptions, adaptModel } from "./adapt-model.js";
export type { SpreadRule } from "./column-map.js";
