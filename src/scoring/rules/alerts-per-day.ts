import { count, figure } from "../../text/format.js";
import { checkOption, type Threshold } from "../conformal/calibration.js";
import { conformalRateBound } from "../conformal/tolerance.js";
import { type NormalRule, POSITIVE } from "./define.js";
import { calibrationSizeForRate, falseAlarmsThreshold } from "./false-alarms.js";
import { CONFIDENCE, normalsLike, roundedUp, share } from "./guarantee-text.js";

/**
 * The conformal threshold for a budget of false alarms per day. Anomalies, when they come, add to these.
 * @param alerts false alarms allowed per day, above 0
 * @param rowsPerDay number of normal rows scored per day, above `alerts`
 */
export function alertsPerDayThreshold(
  scores: ArrayLike<number>,
  alerts: number,
  rowsPerDay: number,
): Threshold {
  checkOption(rowsPerDay, 0, Number.MAX_VALUE, "alerts-per-day: rowsPerDay", "open");
  checkOption(alerts, 0, rowsPerDay, "alerts-per-day: alerts", "open");
  const result = falseAlarmsThreshold(scores, alerts / rowsPerDay);
  return {
    ...result,
    method: "alerts-per-day",
    parameters: { alerts, rowsPerDay },
    diagnostics: { expectedAlertsPerDay: result.expectedFalseAlarmRate! * rowsPerDay },
  };
}

export const alertsPerDayRule: NormalRule = {
  name: "alerts-per-day",
  summary: "the same guarantee, as a number of false alarms per day",
  needs: "normals",
  example: "alerts-per-day 3 of 1440",
  parameters: [
    { name: "alerts", kind: "number", range: POSITIVE, summary: "false alarms allowed per day" },
    {
      name: "rowsPerDay",
      word: "of",
      kind: "number",
      range: POSITIVE,
      summary: "normal rows scored per day",
    },
  ],
  conflict: ({ alerts, rowsPerDay: rows }) =>
    alerts! < rows! ? undefined : `${alerts} alerts of ${rows} rows would be all of them`,
  calibrationSize: ({ alerts, rowsPerDay }) => calibrationSizeForRate(alerts! / rowsPerDay!),
  apply: (scores, { alerts, rowsPerDay }) => alertsPerDayThreshold(scores, alerts!, rowsPerDay!),
  guarantee({ parameters, calibrationSize: n }, many) {
    const [alerts, rows] = [parameters["alerts"]!, parameters["rowsPerDay"]!];
    const bound = figure(roundedUp(rows * conformalRateBound(n, alerts / rows, CONFIDENCE)));
    return `Guaranteed on average over calibrations: at most ${figure(alerts)} false alarms a day among ${count(rows)} ${normalsLike(n, many)}; with ${share(CONFIDENCE)} confidence, this one raises at most ${bound}.`;
  },
};
