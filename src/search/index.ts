export { geneticSampler } from "./genetic-sampler.js";
export { type HalvingTrial, halvingShares, promoted } from "./halving.js";
export { LEAST_TRIALS, optionImportance } from "./importance.js";
export { randomSampler } from "./random-sampler.js";
export type { Sampler, Trial } from "./sampler.js";
export type {
  SearchChoice,
  SearchCondition,
  SearchNumber,
  SearchPoint,
  SearchRange,
  SearchSpace,
  SearchValue,
} from "./space.js";
export { holds, orderedNames } from "./space.js";
export { tpeSampler } from "./tpe-sampler.js";
