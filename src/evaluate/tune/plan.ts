import type { Samples } from "../../data/index.js";
import { FEWEST_ROWS } from "../../detectors/fit/fit.js";
import { budgetOptions, searchSpace } from "../../detectors/fit/searched.js";
import { parseOptions } from "../../detectors/parse-options.js";
import { type DetectorEntry, detectors, findDetector } from "../../detectors/registry.js";
import { HypersphereError } from "../../errors.js";
import { kindOf, labelCounts, normalObservations } from "../../features/index.js";
import {
  holds,
  orderedNames,
  type SearchPoint,
  type SearchSpace,
  type SearchValue,
} from "../../search/index.js";
import { didYouMean } from "../../text/closest-name.js";
import { shown } from "../../text/shown.js";
import { LEAST_ROWS } from "./halves.js";
import { needsLabels, objectiveOf, requireLabelsFor, type TuneObjective } from "./objectives.js";
import { SAMPLERS, type SamplerName, type TuneTrial } from "./trials.js";

/** What is searched and how, as a caller may say it. */
export interface TuneChoices {
  /** Default: auto. */
  readonly detector?: string | undefined;
  /** Options that stay as they are given here. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** Settings that are tried, the defaults among them; default 30. */
  readonly trials?: number | undefined;
  /** Default: tpe. */
  readonly sampler?: SamplerName | undefined;
  /**
   * Successive halving: a setting begins with a share of its training steps, and one in so many goes on with more; from 2 to
   * 10. Default: every setting is measured in full.
   */
  readonly halving?: number | undefined;
  /** Of the sampler and of all splits and fits; default 0. */
  readonly seed?: number | undefined;
  /** Default: auroc where there are labels of both kinds, else combined. */
  readonly objective?: TuneObjective | undefined;
  /** Splits of the rows that each setting is measured on; default 2. */
  readonly repeats?: number | undefined;
  /** Rows that a fit learns from at most; default 2000. */
  readonly maxTrain?: number | undefined;
}

export const TUNE_DEFAULTS = {
  detector: "auto",
  trials: 30,
  sampler: "tpe",
  seed: 0,
  repeats: 2,
  maxTrain: 2000,
} as const;

/** Splits on which the best setting is compared with the defaults, none of which the search has seen. */
export const CONFIRMING_REPEATS = 8;
/** Between the seeds of one search's splits and those of the next one. */
const STEP = 1000;

export interface TunePlan {
  readonly entry: DetectorEntry;
  readonly given: Readonly<Record<string, unknown>>;
  readonly space: SearchSpace;
  /** The point of the defaults, as far as the space has them. */
  readonly defaults: SearchPoint;
  readonly objective: TuneObjective;
  readonly sampler: SamplerName;
  readonly halving: number | undefined;
  readonly seed: number;
  readonly trials: number;
  readonly maxTrain: number;
  /** Seeds of the splits of the search, and of those that the answer is confirmed on. */
  readonly repeats: readonly number[];
  readonly confirming: readonly number[];
  /** What is measured: observations, for objectives without labels the normal ones. */
  readonly samples: Samples;
  /** What a person may have meant otherwise, as sentences. */
  readonly doubts: readonly string[];
}

/**
 * Checks everything before anything runs.
 * @param samples observations
 * @throws HypersphereError `invalid-option`; `unfit-data` for data that the detector does not learn from, without the labels
 * that the objective needs, or with too few rows where there are none
 */
export function planTuning(samples: Samples, choices: TuneChoices): TunePlan {
  const { detector, trials, sampler, seed, repeats, maxTrain } = withDefaults(choices);
  const { data, labels } = samples;
  const entry = findDetector(detector);
  const names = Object.keys(detectors);
  if (entry === undefined) {
    throw new HypersphereError("invalid-option", `There is no detector "${detector}".`, {
      hint: `${didYouMean(detector, names)}There are ${names.join(", ")}.`,
    });
  }
  if (!(SAMPLERS as readonly string[]).includes(sampler)) {
    throw new HypersphereError(
      "invalid-option",
      `The sampler is "${sampler}", expected one of ${SAMPLERS.join(", ")}.`,
    );
  }
  for (const [name, value, least] of [
    ["trials", trials, 1],
    ["repeats", repeats, 1],
    ["maxTrain", maxTrain, FEWEST_ROWS],
    ["seed", seed, 0],
  ] as const) {
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw new HypersphereError(
      "invalid-option",
      `option "${name}" is ${value}, expected a whole number of ${least} or more.`,
    );
  }
  const { halving } = choices;
  if (halving !== undefined) requireHalving(halving, entry);
  const objective = objectiveOf(choices.objective, labels);
  requireLabelsFor(objective, labels, data.source);
  requireLearnable(samples, entry);
  const { options: given = {} } = choices;
  if (Object.hasOwn(given, "seed")) {
    throw new HypersphereError("invalid-option", "A seed is given among the options of the detector.", {
      hint: "Every split of a search has a seed of its own: leave it out.",
    });
  }
  const options = parseOptions(entry.options, given);
  const space = searchSpace(entry.options, data.kind, Object.keys(given));
  if (Object.keys(space).length === 0) {
    throw new HypersphereError(
      "invalid-option",
      `${entry.name} has no option left to search for data of this kind.`,
      { hint: "Give fewer options, or choose another detector." },
    );
  }
  const first = seed * STEP;
  const measured = measuredSamples(samples, objective);
  requireRows(measured, objective);
  return {
    ...{ entry, given, space, objective, sampler, halving, seed, trials, maxTrain },
    defaults: defaultPoint(space, options),
    repeats: Array.from({ length: repeats }, (_, k) => first + k),
    confirming: Array.from({ length: CONFIRMING_REPEATS }, (_, k) => first + repeats + k),
    samples: measured,
    doubts:
      choices.objective === undefined && labels !== undefined && !needsLabels(objective)
        ? [
            `${data.source} has labels, but no row is labelled an anomaly: settings were measured without labels.`,
          ]
        : [],
  };
}

/** The observations that an objective looks at. */
export const measuredSamples = (samples: Samples, objective: TuneObjective): Samples =>
  needsLabels(objective) ? samples : normalObservations(samples);

type Known = "detector" | "trials" | "sampler" | "seed" | "repeats" | "maxTrain";

function withDefaults(choices: TuneChoices): { readonly [Name in Known]: NonNullable<TuneChoices[Name]> } {
  const given = Object.fromEntries(Object.entries(choices).filter(([, value]) => value !== undefined));
  return { ...TUNE_DEFAULTS, ...given };
}

function requireLearnable({ data }: Samples, { name, kinds }: DetectorEntry): void {
  const { noun } = kindOf(data);
  if (!kinds.includes(data.kind)) {
    throw new HypersphereError(
      "unfit-data",
      `${name} does not learn from ${noun.all}, which ${data.source} holds.`,
      { hint: "Choose a detector for this kind of data." },
    );
  }
}

function requireHalving(halving: number, { name, options }: DetectorEntry): void {
  if (!(halving >= 2 && halving <= 10)) {
    throw new HypersphereError(
      "invalid-option",
      `option "halving" is ${halving}, expected a number from 2 to 10.`,
    );
  }
  if (budgetOptions(options).length > 0) return;
  throw new HypersphereError(
    "invalid-option",
    `${name} has no training steps that successive halving could give a share of.`,
    { hint: "Leave halving out." },
  );
}

/** The options of a trial that differ from the defaults, and its share of those that its cost grows with. */
export function pointOf(
  { entry, given }: Pick<TunePlan, "entry" | "given">,
  { point, share }: Pick<TuneTrial, "point" | "share">,
): SearchPoint {
  if (share === undefined) return point;
  const whole: Readonly<Record<string, unknown>> = { ...given, ...point };
  const reduced = budgetOptions(entry.options).flatMap((name): [string, number][] => {
    const value = whole[name];
    return typeof value === "number" && value > 0 ? [[name, Math.max(1, Math.round(share * value))]] : [];
  });
  return { ...point, ...Object.fromEntries(reduced) };
}

/** Before any process begins. */
function requireRows({ data, labels, rowCount }: Samples, objective: TuneObjective): void {
  const labelled = needsLabels(objective);
  const [normals, least] = labelled
    ? [labelCounts(labels!).normals, 2 * FEWEST_ROWS]
    : [rowCount, LEAST_ROWS];
  if (normals >= least) return;
  const { noun } = kindOf(data);
  const needs = labelled
    ? `with labels needs ${least}: half of them to learn from`
    : `without labels needs ${least}: two halves to learn from, and some held out`;
  throw new HypersphereError(
    "unfit-data",
    `${data.source} has ${normals} normal ${normals === 1 ? noun.one : noun.many}; a search ${needs}.`,
    { hint: "Use more of them; with so few the defaults are what there is." },
  );
}

function defaultPoint(space: SearchSpace, options: Readonly<Record<string, unknown>>): SearchPoint {
  const point: Record<string, SearchValue> = {};
  for (const name of orderedNames(space)) {
    const value = options[name] as SearchValue | undefined;
    if (value !== undefined && holds(space[name]!, value)) point[name] = value;
  }
  return point;
}

/** What stands in a sentence for a setting. */
export const settingText = (point: SearchPoint): string =>
  Object.entries(point)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : shown(value)}`)
    .join(", ");
