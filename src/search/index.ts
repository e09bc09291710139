export { geneticSampler } from "./genetic-sampler.js";
export { LEAST_TRIALS, optionImportance } from "./importance.js";
export { randomSampler } from "./random-sampler.js";
export type { Sampler, Trial } from "./sampler.js";
export type { Choice, Condition, NumberRange, Point, Range, Space, Value } from "./space.js";
export { orderedNames } from "./space.js";
export { tpeSampler } from "./tpe-sampler.js";
