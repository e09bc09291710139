import type { Model, ModelCard } from "../../model/index.js";
import {
  conformalRateBound,
  expectedFalseAlarmRate,
  ruleOf,
  type Threshold,
  thresholdRules,
} from "../../scoring/index.js";
import { columns, count, counted, figure, percent } from "../../text/format.js";
import { describeRule } from "./training-report.js";

/** A stored threshold and what to expect of it. */
export interface OperatingPoint extends Threshold {
  /** Null for the rule in force. */
  readonly name: string | null;
  /** False alarms in a thousand normal rows, expected from the calibration scores. */
  readonly falseAlarmsPerThousand: number;
  /** Null where it is not known how many rows a day has. */
  readonly falseAlarmsPerDay: number | null;
}

/** The rule in force, and those that the model keeps by name. */
export function operatingPoints(
  { card, calibrationScores }: Model,
  rowsPerDay = knownRowsPerDay(card),
): OperatingPoint[] {
  const named = Object.entries(card.operatingPoints ?? {});
  return [[null, card.threshold] as const, ...named].map(([name, rule]) => {
    // Rules that learned from labels or from a mixed sample state no rate of their own.
    const rate = rule.expectedFalseAlarmRate ?? expectedFalseAlarmRate(calibrationScores, rule.threshold);
    const rows = rowsPerDayOf(rule) ?? rowsPerDay;
    return {
      name,
      ...rule,
      falseAlarmsPerThousand: 1000 * rate,
      falseAlarmsPerDay: rows === undefined ? null : rate * rows,
    };
  });
}

/** Rows per day as a threshold was told them. */
function rowsPerDayOf({ parameters, diagnostics }: Threshold): number | undefined {
  return parameters["rowsPerDay"] ?? diagnostics?.["rowsPerDay"];
}

/** Rows per day as any of the model's rules was told them, the one in force first. */
export function knownRowsPerDay({ threshold, operatingPoints: named }: ModelCard): number | undefined {
  return [threshold, ...Object.values(named ?? {})].map(rowsPerDayOf).find((rows) => rows !== undefined);
}

/** A table of operating points, a line for each. */
export function pointLines(points: readonly OperatingPoint[]): string[] {
  const daily = points.some(({ falseAlarmsPerDay }) => falseAlarmsPerDay !== null);
  const header = ["name", "threshold", "rule", "false alarms per 1,000 normal rows"];
  const lines = points.map((point) => [
    point.name ?? "(in force)",
    figure(point.threshold),
    describeRule(point),
    figure(point.falseAlarmsPerThousand, 3),
    ...(daily ? [figure(point.falseAlarmsPerDay, 3)] : []),
  ]);
  return columns([daily ? [...header, "per day"] : header, ...lines], [1, 3, 4]);
}

/** Confidence at which conformal thresholds state what the one at hand keeps to. */
const CONFIDENCE = 0.95;

/** What a threshold of a model promises and what not, in full sentences. */
export function describePromise(threshold: Threshold, { options, contamination }: ModelCard): string {
  const { method, parameters, calibrationSize, diagnostics = {} } = threshold;
  const rule = ruleOf(threshold);
  if (rule !== undefined && thresholdRules[rule.name].needs === "labels") {
    const found = `of which it finds ${percent(diagnostics["recall"])} of the anomalies and flags ${percent(diagnostics["falseAlarmRate"])} of the normal rows`;
    return `Learned from ${counted(calibrationSize, "labelled row")}, ${found}; others may fare differently.`;
  }
  if (method === "contamination") {
    const sample = `rows like the ${count(calibrationSize)} it was set on`;
    return `Flags about ${percent(parameters["rate"])} of ${sample}, whether or not they are anomalies.`;
  }
  const guarantee = guaranteed(threshold);
  const folds = options["calibration"] === "cross";
  const sentences = [guarantee === undefined || folds ? estimated(threshold) : guarantee];
  if (guarantee !== undefined && folds) {
    sentences.push("The guarantee is one of calibration on rows held out; in folds it is usually kept to.");
  }
  if (guarantee !== undefined && Number(options["calibrationBlock"] ?? 1) > 1) {
    sentences.push("Rows of a series resemble their neighbours, which this rule does not allow for.");
  }
  if (contamination !== undefined && contamination.trimmed > 0) {
    sentences.push(
      `Rows were trimmed before: up to ${percent(contamination.extraFalseAlarmsAtMost)} more of the normal rows may be flagged.`,
    );
  }
  return sentences.join(" ");
}

/** Undefined for rules that guarantee nothing. */
function guaranteed({ method, parameters, calibrationSize: n }: Threshold): string | undefined {
  const { alpha, confidence, rowsPerDay, alertsPerDay } = parameters;
  const normals = `normal rows like the ${count(n)} it was calibrated on`;
  const sure = `with ${share(CONFIDENCE)} confidence, this one`;
  if (method === "falseAlarmRate" && alpha !== undefined) {
    if (confidence !== undefined) {
      return `Guaranteed with ${share(confidence)} confidence: this threshold flags at most ${share(alpha)} of ${normals}.`;
    }
    const bound = share(roundedUp(conformalRateBound(n, alpha, CONFIDENCE)));
    return `Guaranteed on average over calibrations: at most ${share(alpha)} of ${normals} are flagged; ${sure} flags at most ${bound}.`;
  }
  if (method === "alertsPerDay" && alertsPerDay !== undefined && rowsPerDay !== undefined) {
    const bound = figure(
      roundedUp(rowsPerDay * conformalRateBound(n, alertsPerDay / rowsPerDay, CONFIDENCE)),
    );
    return `Guaranteed on average over calibrations: at most ${figure(alertsPerDay)} false alarms a day among ${count(rowsPerDay)} ${normals}; ${sure} raises at most ${bound}.`;
  }
  return undefined;
}

function estimated({ calibrationSize: n, expectedFalseAlarmRate: rate }: Threshold): string {
  return `An estimate, not a guarantee: about ${percent(rate)} of normal rows like the ${count(n)} it was calibrated on are flagged.`;
}

/** To three digits, upwards: what is promised as a bound must not be rounded below it. */
function roundedUp(value: number): number {
  const unit = 10 ** (2 - Math.floor(Math.log10(value)));
  return Math.ceil(value * unit) / unit;
}

/** 0.01 as "1 %". */
function share(value: number): string {
  return `${figure(100 * value)} %`;
}
