import type { Threshold } from "../conformal/calibration.js";

type Parameters = Readonly<Record<string, number>>;

/** A share as the percentile that is meant: 0.95 as 95. */
const percent = (share: number): number => Number((100 * share).toPrecision(12));

const same = (parameters: Parameters): Parameters => parameters;
const rateFromAlpha = ({ alpha, ...others }: Parameters): Parameters => ({ rate: alpha!, ...others });

/** What version 0.1.0 called the rules and their parameters. */
const RENAMED: Readonly<Record<string, readonly [method: string, (parameters: Parameters) => Parameters]>> = {
  falseAlarmRate: ["false-alarms", rateFromAlpha],
  falseAlarmRateBlocks: ["false-alarms-by-blocks", rateFromAlpha],
  alertsPerDay: [
    "alerts-per-day",
    ({ alertsPerDay, rowsPerDay }) => ({ alerts: alertsPerDay!, rowsPerDay: rowsPerDay! }),
  ],
  meanSigma: ["mean-sigma", same],
  iqrFence: ["iqr", same],
  robustZ: ["robust-z", same],
  peaksOverThreshold: ["pot", ({ risk, level }) => ({ rate: risk!, level: percent(level!) })],
  f1Threshold: ["f1", same],
  minimumCost: ["cost", same],
};

/** A threshold as this version describes it, from one that an earlier version stored; others as they are. */
export function upgradeThreshold(threshold: Threshold): Threshold {
  const { method, parameters } = threshold;
  if (method === "percentile" && parameters["q"] !== undefined) {
    return { ...threshold, parameters: { percentile: percent(parameters["q"]) } };
  }
  const [name, convert] = Object.hasOwn(RENAMED, method) ? RENAMED[method]! : ([method, same] as const);
  return name === method ? threshold : { ...threshold, method: name, parameters: { ...convert(parameters) } };
}
