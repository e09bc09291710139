import {
  geneticSampler,
  randomSampler,
  type Sampler,
  type SearchPoint,
  type SearchSpace,
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
  /** The point of the defaults, as far as the space has them. */
  readonly defaults: SearchPoint;
  /** Trials of an earlier run. */
  readonly previous: readonly TuneTrial[];
  /** Rejects for what ends the search, and answers the error of what ends a trial alone. */
  measure(trial: Pick<TuneTrial, "number" | "point">): Promise<Measurement | { readonly error: string }>;
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
  const { space, sampler, seed, parallel } = run;
  const next = make[sampler](space, seed);
  const done = new Map(run.previous.map((trial) => [trial.number, trial]));
  const points: SearchPoint[] = [];
  const running = new Map<number, Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const settled = (before: number): readonly Promise<void>[] =>
    [...running].flatMap(([number, ended]) => (number <= before ? [ended] : []));

  const begin = async (number: number, point: SearchPoint): Promise<void> => {
    try {
      const trial = await trialOf(number, point);
      done.set(number, trial);
      await run.onTrial?.(trial);
    } catch (error) {
      failure ??= { error };
    } finally {
      running.delete(number);
    }
  };
  const trialOf = async (number: number, point: SearchPoint): Promise<TuneTrial> => {
    const text = JSON.stringify(point);
    const same = [...done.values()].find((trial) => JSON.stringify(trial.point) === text);
    if (same !== undefined && number > 0) return { ...same, number };
    const found = await run.measure({ number, point });
    if ("error" in found) return { number, point, error: found.error };
    const value = found.values.reduce((sum, each) => sum + each, 0) / found.values.length;
    return { number, point, value, ...found };
  };

  for (let number = 0; number < run.trials && failure === undefined; number++) {
    await Promise.all(settled(number - parallel));
    const known = points.map((point, at) => ({
      point,
      value: at <= number - parallel ? done.get(at)?.value : undefined,
    }));
    // The defaults come first, and those that the space does not have count as not tried.
    const point = done.get(number)?.point ?? (number === 0 ? run.defaults : next(known));
    points.push(point);
    if (done.has(number) || failure !== undefined) continue;
    if (number > 0 && run.expired?.()) break;
    running.set(number, begin(number, point));
  }
  await Promise.all(settled(Number.POSITIVE_INFINITY));
  if (failure !== undefined) throw failure.error;
  return [...done.values()].filter(({ number }) => number < run.trials).sort((a, b) => a.number - b.number);
}
