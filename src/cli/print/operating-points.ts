import type { Model, ModelCard } from "../../model/index.js";
import { expectedFalseAlarmRate, type Threshold } from "../../scoring/index.js";
import { columns, figure } from "../../text/format.js";
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
