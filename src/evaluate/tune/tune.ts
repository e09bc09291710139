import type { Dataset, Samples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { observations } from "../../features/index.js";
import { currentBackend } from "../../runtime/index.js";
import { type OptionNames, refuseUnknownOptions } from "../../text/known-options.js";
import type { JobContext } from "../compare/index.js";
import { concludeTuning, type Tuning } from "./answer.js";
import { isTrialOf } from "./known-trials.js";
import { type Measurement, Measuring } from "./measure.js";
import { planTuning, pointOf, type TuneChoices, type TunePlan } from "./plan.js";
import { runTrials, type TuneTrial } from "./trials.js";

export interface TuneOptions extends TuneChoices, JobContext {
  /** No trial begins after so long; default: no limit. Needs a backend that measures time. */
  readonly minutes?: number | undefined;
  /** Trials of an earlier search with the same data and options, which are not run again. */
  readonly previous?: readonly TuneTrial[] | undefined;
  /** Hears of every trial as it ends. */
  readonly onTrial?: ((trial: TuneTrial) => void) | undefined;
}

const TUNE_OPTIONS = Object.keys({
  detector: true,
  options: true,
  trials: true,
  sampler: true,
  halving: true,
  seed: true,
  objective: true,
  repeats: true,
  maxTrain: true,
  minutes: true,
  previous: true,
  onTrial: true,
  meters: true,
  backend: true,
  signal: true,
} satisfies OptionNames<TuneOptions>);

/**
 * Which settings of a detector for these data? Tries some, the defaults first, and compares the best with the defaults on
 * splits that the search has not seen. Without labels a setting is measured by held-out rows of a table against damaged
 * copies of them, by how alike halves of the rows make it rank, and by agreement with simple detectors. Labels split the
 * rows and measure; no fit sees them. One trial after the other; the same seed finds the same.
 *
 * @example
 * const { options, defaultIsAsGood } = await tune(await open("plant.csv"), { detector: "knn", trials: 20 });
 * const model = await new Knn(options).fit(await open("plant.csv"));
 *
 * @throws HypersphereError `invalid-option` (also for `previous` of another search) and `unfit-data` before anything runs, see `planTuning`; `unfit-data` where no
 * trial ends with a value; `aborted`
 */
export async function tune(data: Dataset | Samples, options: TuneOptions = {}): Promise<Tuning> {
  refuseUnknownOptions(options, TUNE_OPTIONS, "of tune", () => "Options of the detector go into options.");
  const { minutes, previous = [], onTrial, signal, backend } = options;
  const plan = planTuning(observations(data), options);
  requireTrials(previous, plan);
  const meters = options.meters ?? (backend ?? currentBackend()).meters;
  const expired = minutes === undefined ? undefined : expiry(minutes, meters);
  const measuring = new Measuring(plan.samples);
  const measured =
    (repeats: readonly number[]) =>
    (trial: Pick<TuneTrial, "point" | "share">): Promise<Measurement | { readonly error: string }> =>
      measureOrSay(measuring, plan, pointOf(plan, trial), repeats, { signal, backend, meters });
  const { space, sampler, halving, seed, trials: count, defaults } = plan;
  const trials = await runTrials({
    ...{ space, sampler, halving, seed, trials: count, defaults, previous, onTrial, expired },
    parallel: 1,
    measure: measured(plan.repeats),
  });
  return concludeTuning(plan, trials, measured(plan.confirming));
}

function requireTrials(previous: readonly TuneTrial[], plan: TunePlan): void {
  const at = previous.findIndex((trial) => !isTrialOf(plan, trial));
  if (at < 0) return;
  throw new HypersphereError("invalid-option", `option "previous" holds no trial of this search at ${at}.`, {
    hint: "Give the trials of a search with the same data and options.",
  });
}

/** A setting that fails is a result that says so. @throws HypersphereError `aborted` */
export async function measureOrSay(
  measuring: Measuring,
  {
    entry,
    given,
    objective,
    maxTrain,
  }: Pick<TunePlan, "given" | "objective" | "maxTrain"> & {
    readonly entry: { readonly name: string };
  },
  point: TuneTrial["point"],
  repeats: readonly number[],
  context: JobContext,
): Promise<Measurement | { readonly error: string }> {
  const options = { ...given, ...point };
  try {
    return await measuring.measure({ detector: entry.name, options, repeats, objective, maxTrain }, context);
  } catch (error) {
    if (error instanceof HypersphereError && error.code === "aborted") throw error;
    return { error: (error as Error).message };
  }
}

function expiry(minutes: number, meters: JobContext["meters"]): () => boolean {
  if (!(minutes > 0)) {
    throw new HypersphereError(
      "invalid-option",
      `option "minutes" is ${minutes}, expected a number above 0.`,
    );
  }
  if (meters === undefined) {
    throw new HypersphereError("invalid-option", 'option "minutes" was given, but nothing measures time.', {
      hint: 'Give "trials" instead.',
    });
  }
  const end = meters.seconds() + 60 * minutes;
  return () => meters.seconds() >= end;
}
