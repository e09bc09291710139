import { HypersphereError } from "../../errors.js";
import { studentQuantile } from "../../math/student.js";
import { LEAST_TRIALS, optionImportance, type SearchSpace } from "../../search/index.js";
import { DAMAGES } from "../../synthesis/damage.js";
import { counted } from "../../text/format.js";
import type { Measurement } from "./measure.js";
import { labelDoubt, needsLabels, type TuneObjective } from "./objectives.js";
import type { TunePlan } from "./plan.js";
import type { TuneTrial } from "./trials.js";

/** How much better one setting is than another, on the same splits. */
export interface PairedGain {
  /** Mean of the differences. */
  readonly mean: number;
  /** Of Student's 95 % interval of the mean. */
  readonly lower: number;
  readonly upper: number;
  readonly repeats: number;
}

/** Of the best setting over the defaults, and what it takes to be the answer. */
export interface TuneGain extends PairedGain {
  /** What the lower end has to lie above: 0 with labels, 0.02 without. */
  readonly least: number;
  /** Kinds of damage that the defaults tell better on average; none may be, for the setting to be the answer. */
  readonly worse: readonly string[];
}

/**
 * Without labels. Below it, what is told better of damaged copies was as often told worse of true anomalies, on tables that
 * it was chosen on (docs/search.md).
 */
const LEAST_GAIN = 0.02;

/** What a search has found. */
export interface Tuning {
  readonly detector: string;
  readonly objective: TuneObjective;
  /** The answer: options of the detector, those that were given among them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether the answer is the defaults, since nothing that was tried is better for certain. */
  readonly defaultIsAsGood: boolean;
  /** The trial with the highest value, of those in full. */
  readonly best: TuneTrial;
  /** Of the best setting over the defaults, on splits that the search has not seen; null where there was no need to compare. */
  readonly gain: TuneGain | null;
  /** In their order; the first has the defaults. */
  readonly trials: readonly TuneTrial[];
  /** How much each option decides, together 1; null for too few trials. See `optionImportance`. */
  readonly importance: Readonly<Record<string, number>> | null;
  readonly space: SearchSpace;
  /** What a person should know, as sentences. */
  readonly notes: readonly string[];
}

/**
 * What follows from the trials. The best of many settings looks better than it is; so it is compared with the defaults on
 * fresh splits, and is the answer where the interval of the gain lies above 0; without labels above 0.02, and no kind of
 * damage may be told worse.
 *
 * @param measure a setting on the splits of `plan.confirming`, see `runTrials`
 * @throws HypersphereError `unfit-data` where no trial has a value
 */
export async function concludeTuning(
  plan: TunePlan,
  trials: readonly TuneTrial[],
  measure: (trial: Pick<TuneTrial, "number" | "point">) => Promise<Measurement | { readonly error: string }>,
): Promise<Tuning> {
  const { entry, given, objective, space, seed, samples } = plan;
  const valued = trials.filter((trial) => trial.value !== undefined && trial.share === undefined);
  const best = valued.reduce<TuneTrial | undefined>(
    (top, trial) => (top === undefined || trial.value! > top.value! ? trial : top),
    undefined,
  );
  if (best === undefined) {
    const [reason] = trials.flatMap(({ error }) => error ?? []);
    throw new HypersphereError("unfit-data", `No trial ended with a value${reason ? `: ${reason}` : "."}`, {
      hint: "Train the detector once on the data to see what is wrong.",
    });
  }
  const [first] = trials;
  const gain =
    best.number === 0 || first?.value === undefined ? null : await gainOver(best, first, objective, measure);
  const sure =
    best.number !== 0 &&
    (gain === null ? first?.value === undefined : gain.lower > gain.least && gain.worse.length === 0);
  const failed = trials.filter(({ error }) => error !== undefined).length;
  const halved = trials.some(({ share }) => share !== undefined);
  const importance = optionImportance(space, valued, seed) ?? null;
  return {
    detector: entry.name,
    objective,
    options: { ...given, ...(sure ? best.point : plan.defaults) },
    defaultIsAsGood: !sure,
    ...{ best, gain, trials, importance, space },
    notes: [
      ...(trials.length < plan.trials
        ? [`The time was over after ${trials.length} of ${counted(plan.trials, "trial")}.`]
        : []),
      ...(failed === 0 ? [] : [`${counted(failed, "trial")} of ${trials.length} failed.`]),
      ...(halved && valued.length < 2
        ? ["No setting has come as far as training in full: give the search more trials."]
        : []),
      ...(importance === null
        ? [
            `The importance of options is told from ${LEAST_TRIALS} trials on; there ${valued.length === 1 ? "is" : "are"} ${valued.length} with a value${halved ? " in full" : ""}.`,
          ]
        : []),
      ...(needsLabels(objective) ? labelNotes(best.parts!["auroc"]!, samples.labels!) : plan.doubts),
    ],
  };
}

async function gainOver(
  best: TuneTrial,
  defaults: TuneTrial,
  objective: TuneObjective,
  measure: (trial: TuneTrial) => Promise<Measurement | { readonly error: string }>,
): Promise<TuneGain | null> {
  const [a, b] = [await measure(best), await measure(defaults)];
  // A setting that fails on other splits is no answer; the defaults then stand.
  if ("error" in a || "error" in b) return null;
  const gain = pairedGain(a.values, b.values);
  if (needsLabels(objective)) return { ...gain, least: 0, worse: [] };
  const worse = DAMAGE_NAMES.filter((name) => a.parts[name]! < b.parts[name]!);
  return { ...gain, least: LEAST_GAIN, worse };
}

const DAMAGE_NAMES = Object.values(DAMAGES).flat();

/** @param values of both settings on the same splits, at least 4 */
export function pairedGain(values: readonly number[], others: readonly number[]): PairedGain {
  const differences = values.map((value, k) => value - others[k]!);
  const repeats = differences.length;
  const mean = differences.reduce((sum, each) => sum + each, 0) / repeats;
  const variance = differences.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (repeats - 1);
  const half = studentQuantile(0.975, repeats - 1) * Math.sqrt(variance / repeats);
  return { mean, lower: mean - half, upper: mean + half, repeats };
}

/** Of labels so few that differences between settings may be chance. */
const DOUBT = 0.02;
/** What scores without any meaning have. */
const CHANCE = 0.5;

function labelNotes(auroc: number, labels: Int8Array): string[] {
  const { anomalies, doubt } = labelDoubt(auroc, labels);
  const tells = anomalies === 1 ? "tells" : "tell";
  return [
    ...(doubt <= DOUBT
      ? []
      : [
          `${counted(anomalies, "labelled anomaly", "labelled anomalies")} ${tells} an AUROC of ${auroc.toFixed(2)} to within ${doubt.toFixed(2)}: smaller differences between settings may be chance for other anomalies, however sure they are for these.`,
        ]),
    ...(auroc - doubt > CHANCE
      ? []
      : [
          `The best setting ranks the labelled anomalies by an AUROC of ${auroc.toFixed(2)}, and by chance it would be 0.5: no setting that was tried is known to find them.`,
        ]),
  ];
}
