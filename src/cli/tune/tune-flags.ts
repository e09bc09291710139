import type { SamplerName, TuneObjective, TunePlan } from "../../evaluate/tune/index.js";
import { VERSION } from "../../version.js";
import type { RuntimeChoice } from "../flags/data-flags.js";
import { flagOf } from "../flags/flag-names.js";
import type { TrainingSampleFlags } from "../flags/sample-flags.js";
import type { TuneSettings } from "./trials-file.js";

export interface TuneFlags extends TrainingSampleFlags {
  readonly detector?: string;
  readonly config?: string;
  readonly objective?: TuneObjective;
  readonly sampler: SamplerName;
  readonly halving?: number;
  readonly trials: number;
  readonly minutes?: number;
  readonly seed: number;
  readonly repeats: number;
  readonly maxTrain: number;
  readonly out?: string;
  readonly trialsFile?: string;
  readonly report?: string;
  readonly json?: boolean;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly jobs: number;
  readonly timeout: number;
  readonly runtime?: RuntimeChoice;
}

/** Flags that are named otherwise among what decides the trials, and those that change none; all others say how data are read. */
const NO_READING: ReadonlySet<string> = new Set([
  ...["detector", "config", "objective", "sampler", "halving", "seed", "repeats", "maxTrain"],
  ...["trials", "minutes", "out", "report", "trialsFile", "json", "resume", "force", "timeout"],
  ...["quiet", "debug"],
]);

/** What decides the trials: those of another search must not be mixed with these. */
export function settingsOf(plan: TunePlan, flags: TuneFlags): TuneSettings {
  const reading = Object.entries(flags).filter(([name]) => !NO_READING.has(name));
  return {
    hypersphere: VERSION,
    detector: plan.entry.name,
    "options that stay": JSON.stringify(plan.given),
    objective: plan.objective,
    sampler: plan.sampler,
    "successive halving": plan.halving === undefined ? "no" : `one in ${plan.halving}`,
    seed: String(plan.seed),
    repeats: String(plan.repeats.length),
    "training rows at most": String(plan.maxTrain),
    ...Object.fromEntries(reading.map(([name, value]) => [flagOf(name), JSON.stringify(value)])),
  };
}
