import { HypersphereError } from "../errors.js";
import type { ModelCard } from "../model/index.js";
import {
  applyRule,
  calibrationSizeForRule,
  parseRule,
  type Rule,
  ruleOf,
  ruleText,
  type Threshold,
  thresholdRules,
} from "../scoring/index.js";
import { count, counted } from "../text/format.js";

/** Rules by which the thresholds of an adapted model are made anew. */
export interface Rules {
  readonly inForce: Rule;
  readonly named: ReadonlyMap<string, Rule>;
}

/** The new rows, as far as rules can ask for more of them. */
export interface RowsGiven {
  readonly source: string;
  readonly steps: number;
  readonly windows: number;
  /** How many rows of each series give so many windows. */
  readonly rowsFor: (windows: number) => number;
}

/**
 * The rules behind a model's thresholds, without those by name that cannot be made anew, which a warning names.
 * @param wanted decides in place of the rule in force
 * @throws HypersphereError `invalid-option` where the rule in force cannot be made anew, and another one needs labels;
 * `unfit-data` where it needs more rows
 */
export function rulesOf(
  { threshold, operatingPoints, data }: ModelCard,
  wanted: string | Rule | undefined,
  rows: RowsGiven,
  onWarning: (message: string) => void,
): Rules {
  const inForce =
    wanted === undefined
      ? repeatable(threshold, data.calibration)
      : typeof wanted === "string"
        ? parseRule(wanted)
        : wanted;
  if (inForce === undefined) {
    throw new HypersphereError(
      "invalid-option",
      `The threshold in force, by ${threshold.method}, cannot be made anew from normal rows.`,
      { hint: `Choose a rule for the adapted model (option "rule"), such as "false-alarms 5%".` },
    );
  }
  if (thresholdRules[inForce.name]!.needs === "labels") {
    throw new HypersphereError(
      "invalid-option",
      `The rule ${inForce.name} needs rows with labels, and a model is adapted to normal rows without any.`,
      {
        hint: "Adapt it with another rule, then learn a threshold from labelled rows of the new operating point.",
      },
    );
  }
  const needed = calibrationSizeForRule(inForce);
  if (needed > rows.windows) throw tooFew(inForce, needed, rows);
  const named = new Map<string, Rule>();
  const left: string[] = [];
  for (const [name, point] of Object.entries(operatingPoints)) {
    const rule = repeatable(point, data.calibration);
    if (rule === undefined) left.push(`"${name}" (${point.method}: not made from normal rows by a rule)`);
    else if (calibrationSizeForRule(rule) > rows.windows) {
      const windows = counted(calibrationSizeForRule(rule), "window");
      left.push(`"${name}" (${ruleText(rule)}: needs ${windows}, of ${count(rows.windows)})`);
    } else named.set(name, rule);
  }
  if (left.length > 0) {
    onWarning(
      `${left.length === 1 ? "An operating point" : "Operating points"} of the model cannot be kept, and ${left.length === 1 ? "is" : "are"} left out: ${left.join(", ")}.`,
    );
  }
  return { inForce, named };
}

/** The rule of a threshold that normal rows alone have made, those that the model was calibrated on. */
function repeatable(threshold: Threshold, calibration: number): Rule | undefined {
  const rule = ruleOf(threshold);
  const isOwn = threshold.calibrationSize === calibration;
  return rule !== undefined && isOwn && thresholdRules[rule.name]!.needs === "normals" ? rule : undefined;
}

function tooFew(
  rule: Rule,
  needed: number,
  { source, steps, windows, rowsFor }: RowsGiven,
): HypersphereError {
  const rate = 5 * Math.ceil(20 / (windows + 1));
  const lower =
    windows === 0 || rate > 50
      ? ""
      : `, or choose a rule that promises less (option "rule"), such as "false-alarms ${rate}%"`;
  return new HypersphereError(
    "unfit-data",
    `${source}: the rule "${ruleText(rule)}" needs ${counted(needed, "normal window")} to calibrate, but of ${counted(steps, "row")} ` +
      `there are ${count(windows)}.`,
    {
      hint: `Give at least ${count(rowsFor(needed))} normal rows of each series, without a gap${lower}.`,
    },
  );
}

/** What thresholds are made of; scores ascending. */
export interface CalibrationScores {
  /** Those of the new rows. */
  readonly scores: Float32Array;
  /** How many of them are of windows that share no time step. */
  readonly apart: number;
  /** Those of windows that were held out in training; undefined where the model does not know them any longer. */
  readonly heldOut: readonly number[] | undefined;
}

/** The thresholds that the rules make of new calibration scores, none of them too low for what these can tell. */
export function thresholdsOf(
  { inForce, named }: Rules,
  scores: CalibrationScores,
  { threshold, operatingPoints }: Pick<ModelCard, "threshold" | "operatingPoints">,
): Pick<ModelCard, "threshold" | "operatingPoints"> {
  return {
    threshold: asBefore(cautious(inForce, scores), threshold),
    operatingPoints: Object.fromEntries(
      Array.from(
        named,
        ([name, rule]) => [name, asBefore(cautious(rule, scores), operatingPoints[name]!)] as const,
      ),
    ),
  };
}

/** The least rate of false alarms that so many windows promise. */
export const leastPromise = (windows: number): number => 1 / (windows + 1);

/** Whether so many windows alone could promise what a threshold does; its rate is the rule's, rounded down to one of its windows. */
export const keepsAlone = (
  windows: number,
  { expectedFalseAlarmRate, calibrationSize }: Threshold,
): boolean => leastPromise(windows) < (expectedFalseAlarmRate ?? 0) + leastPromise(calibrationSize);

/**
 * Some hundred windows that cover a few independent stretches say little of how high normal scores go, and a threshold of
 * their own is about as often far too low as it is too high. Until those that share no step could promise the rate alone, it
 * is no lower than that of the windows held out in training: they are as normal, as far as the map brings the columns back.
 */
function cautious(rule: Rule, { scores, apart, heldOut }: CalibrationScores): Threshold {
  const own = applyRule(rule, scores);
  if (heldOut === undefined || calibrationSizeForRule(rule) > heldOut.length) return own;
  const before = applyRule(rule, heldOut);
  // A percentile of a few windows is the highest of them and promises no more than they can, which is not what the rule is for.
  if (keepsAlone(apart, own) && keepsAlone(apart, before)) return own;
  const { threshold } = before;
  if (!(threshold > own.threshold)) return own;
  return { ...own, threshold, diagnostics: { ...own.diagnostics, ofNewRows: own.threshold } };
}

/** So many quantiles tell a rate of 0.1 %. */
const MOST_HELD_OUT = 999;

/** Scores, ascending, or that many of their quantiles. */
export function heldOutQuantiles(scores: Float32Array): number[] {
  const { length } = scores;
  if (length <= MOST_HELD_OUT) return Array.from(scores);
  const rank = (k: number): number => Math.ceil((k * (length + 1)) / (MOST_HELD_OUT + 1));
  return Array.from({ length: MOST_HELD_OUT }, (_, k) => scores[rank(k + 1) - 1]!);
}

/** How many rows a day has is no figure of the fit, and stays. */
function asBefore(threshold: Threshold, { diagnostics }: Threshold): Threshold {
  const rowsPerDay = diagnostics?.["rowsPerDay"];
  return rowsPerDay === undefined
    ? threshold
    : { ...threshold, diagnostics: { ...threshold.diagnostics, rowsPerDay } };
}
