export { concludeTuning, type PairedGain, pairedGain, type TuneGain, type Tuning } from "./answer.js";
export { isTrialOf } from "./known-trials.js";
export { type Measurement, Measuring, type Setting } from "./measure.js";
export { TUNE_OBJECTIVES, type TuneObjective } from "./objectives.js";
export {
  measuredSamples,
  planTuning,
  pointOf,
  settingText,
  TUNE_DEFAULTS,
  type TuneChoices,
  type TunePlan,
} from "./plan.js";
export { runTrials, SAMPLERS, type SamplerName, type TuneTrial } from "./trials.js";
export { measureOrSay, type TuneOptions, tune } from "./tune.js";
