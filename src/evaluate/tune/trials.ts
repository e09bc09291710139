import {
  geneticSampler,
  type HalvingTrial,
  halvingShares,
  promoted,
  randomSampler,
  type Sampler,
  type SearchPoint,
  type SearchSpace,
  type Trial,
  tpeSampler,
} from "../../search/index.js";
import type { Measurement } from "./measure.js";

export const SAMPLERS = ["tpe", "random", "genetic"] as const;
/** What chooses the settings: TPE (Bayesian), at random, or a genetic search. */
export type SamplerName = (typeof SAMPLERS)[number];

const make: Readonly<Record<SamplerName, (space: SearchSpace, seed: number) => Sampler>> = {
  tpe: tpeSampler,
  random: randomSampler,
  genetic: geneticSampler,
};

/** One setting that was tried. The first one is that of the defaults. */
export interface TuneTrial {
  /** From 0. */
  readonly number: number;
  /** The options that were chosen; all others are as they were given, or defaults. */
  readonly point: SearchPoint;
  /** Of the options that the cost grows with, which the trial had less of; absent for a trial in full. */
  readonly share?: number;
  /** Mean over the repeats, from 0 to 1; absent for a trial that failed. */
  readonly value?: number;
  readonly values?: readonly number[];
  readonly parts?: Readonly<Record<string, number>>;
  /** Why it failed. */
  readonly error?: string;
}

export interface TrialRun {
  readonly space: SearchSpace;
  readonly sampler: SamplerName;
  readonly seed: number;
  readonly trials: number;
  /** Trials that run at a time. */
  readonly parallel: number;
  /** One setting in so many goes on with more of its budget, see `promoted`; absent where all are measured in full. */
  readonly halving?: number | undefined;
  /** The point of the defaults, as far as the space has them. */
  readonly defaults: SearchPoint;
  /** Trials of an earlier run. */
  readonly previous: readonly TuneTrial[];
  /** Rejects for what ends the search, and answers the error of what ends a trial alone. */
  measure(
    trial: Pick<TuneTrial, "number" | "point" | "share">,
  ): Promise<Measurement | { readonly error: string }>;
  onTrial?: ((trial: TuneTrial) => void | Promise<void>) | undefined;
  /** Whether no further trial is to begin. */
  expired?: (() => boolean) | undefined;
}

/**
 * Runs trials and resolves with all of them, in their order. Which setting is tried next follows from the seed and from the
 * trials that were `parallel` or more before it; those in between count as failed ones, so that nothing depends on which of
 * them ends first. Each setting is measured once: of one that comes again, the trial has the values of the first.
 */
export async function runTrials(run: TrialRun): Promise<TuneTrial[]> {
  const { parallel } = run;
  const shares = run.halving === undefined ? [1] : halvingShares(run.halving);
  const next = chooser(run);
  const done = new Map(run.previous.map((trial) => [trial.number, trial]));
  const begun: Omit<HalvingTrial, "value">[] = [];
  const running = new Map<number, Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const settled = (before: number): readonly Promise<void>[] =>
    [...running].flatMap(([number, ended]) => (number <= before ? [ended] : []));

  const begin = async (number: number, setting: Pick<TuneTrial, "point" | "share">): Promise<void> => {
    try {
      const trial = await trialOf(number, setting);
      done.set(number, trial);
      await run.onTrial?.(trial);
    } catch (error) {
      failure ??= { error };
    } finally {
      running.delete(number);
    }
  };
  const trialOf = async (number: number, setting: Pick<TuneTrial, "point" | "share">): Promise<TuneTrial> => {
    const text = JSON.stringify(setting);
    const same = [...done.values()].find(
      ({ point, share }) => JSON.stringify(settingOf(point, share)) === text,
    );
    if (same !== undefined && number > 0) return { ...same, number };
    const found = await run.measure({ number, ...setting });
    if ("error" in found) return { number, ...setting, error: found.error };
    const value = found.values.reduce((sum, each) => sum + each, 0) / found.values.length;
    return { number, ...setting, value, ...found };
  };

  for (let number = 0; number < run.trials && failure === undefined; number++) {
    await Promise.all(settled(number - parallel));
    const known = begun.map((setting, at) => ({
      ...setting,
      value: at <= number - parallel ? done.get(at)?.value : undefined,
    }));
    const before = done.get(number);
    // The defaults come first, and those that the space does not have count as not tried.
    const chosen =
      before !== undefined
        ? { point: before.point, rung: shares.indexOf(before.share ?? 1) }
        : number === 0
          ? { point: run.defaults, rung: shares.length - 1 }
          : next(known);
    begun.push(chosen);
    if (done.has(number) || failure !== undefined) continue;
    if (number > 0 && run.expired?.()) break;
    running.set(number, begin(number, settingOf(chosen.point, shares[chosen.rung])));
  }
  await Promise.all(settled(Number.POSITIVE_INFINITY));
  if (failure !== undefined) throw failure.error;
  return [...done.values()].filter(({ number }) => number < run.trials).sort((a, b) => a.number - b.number);
}

const settingOf = (point: SearchPoint, share = 1): Pick<TuneTrial, "point" | "share"> => ({
  point,
  ...(share < 1 && { share }),
});

/** What is tried next, after trials in their order. */
function chooser({
  space,
  sampler,
  seed,
  halving,
}: TrialRun): (known: readonly HalvingTrial[]) => Omit<HalvingTrial, "value"> {
  const next = make[sampler](space, seed);
  if (halving === undefined) return (known) => ({ point: next(known), rung: 0 });
  return (known) => promoted(known.slice(1), halving) ?? { point: next(ranked(known)), rung: 0 };
}

/**
 * Settings for a sampler, which looks at their order only: those that came further are better. The defaults, which are
 * measured in full at once, count as having come as far as any other.
 */
function ranked(known: readonly HalvingTrial[]): Trial[] {
  const [defaults, ...others] = known;
  const worth = new Map<string, number>();
  let highest = 0;
  for (const { point, rung, value } of others) {
    if (value === undefined) continue;
    const text = JSON.stringify(point);
    worth.set(text, Math.max(worth.get(text) ?? Number.NEGATIVE_INFINITY, rung + value));
    highest = Math.max(highest, rung);
  }
  const first = { point: defaults!.point, value: defaults!.value && highest + defaults!.value };
  const begun = others.filter(({ rung }) => rung === 0);
  return [first, ...begun.map(({ point }) => ({ point, value: worth.get(JSON.stringify(point)) }))];
}
