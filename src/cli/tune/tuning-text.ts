import { settingText, type TuneTrial, type Tuning } from "../../evaluate/tune/index.js";
import { columns, counted } from "../../text/format.js";

/** Trials that the table shows, the best. */
const MOST_TRIALS = 10;

/** The best trials as a table, what decides, and the answer. */
export function tuningText(tuning: Tuning): string {
  const { trials, objective, importance } = tuning;
  const parts = Object.keys(tuning.best.parts!).filter((name) => name !== objective);
  const valued = trials.filter(({ value, share }) => value !== undefined && share === undefined);
  const best = [...valued].sort((a, b) => b.value! - a.value! || a.number - b.number).slice(0, MOST_TRIALS);
  const line = (trial: TuneTrial): string[] => [
    String(trial.number),
    trial.value!.toFixed(4),
    ...parts.map((name) => trial.parts![name]!.toFixed(4)),
    trial.number === 0 ? "defaults" : settingText(trial.point),
  ];
  const numbers = ["trial", objective, ...parts];
  const table = columns([[...numbers, "options"], ...best.map(line)], [...numbers.keys()]);
  return [
    ...table,
    ...(valued.length > best.length
      ? [
          `(the best ${best.length} of ${counted(valued.length, "trial")}${valued.length < trials.length ? ` with a value in full, ${trials.length} in all` : ""})`,
        ]
      : []),
    "",
    ...(importance === null ? [] : [`Importance: ${importanceText(importance)}.`]),
    answerText(tuning),
  ].join("\n");
}

/** The most important first. */
export const importanceText = (importance: Readonly<Record<string, number>>): string =>
  Object.entries(importance)
    .sort(([, a], [, b]) => b - a)
    .map(([name, share]) => `${name} ${share.toFixed(2)}`)
    .join(", ");

/** One or two sentences. */
export function answerText({ best, gain, defaultIsAsGood, objective, trials }: Tuning): string {
  if (best.number === 0) {
    const others = trials.some(
      ({ number, value, share }) => number > 0 && value !== undefined && share === undefined,
    );
    return others
      ? "The default is as good: nothing that was tried is better."
      : "The default stays: no other setting was measured in full.";
  }
  if (gain === null) {
    return defaultIsAsGood
      ? "The default stays: the best setting failed on other splits."
      : `The defaults failed (${trials[0]?.error ?? "no value"}); the best setting is that of trial ${best.number}.`;
  }
  const interval = `${signed(gain.mean)} (95 % interval ${signed(gain.lower)} to ${signed(gain.upper)}, ${gain.repeats} splits that the search has not seen)`;
  if (defaultIsAsGood && gain.lower > 0) {
    const why =
      gain.worse.length > 0
        ? `it tells ${gain.worse.join(", ")} worse`
        : `without labels a gain that is not above ${gain.least} for certain says nothing of true anomalies`;
    return `The default stays: on ${objective} trial ${best.number} differs from it by ${interval}, but ${why}.`;
  }
  return defaultIsAsGood
    ? `The default is as good: on ${objective} trial ${best.number} differs from it by ${interval}.`
    : `Trial ${best.number} is better than the defaults: on ${objective} by ${interval}.`;
}

const signed = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(4)}`;

/** What `train --config` takes. */
export function bestConfig(tuning: Tuning): string {
  const { detector, options, defaultIsAsGood } = tuning;
  const comment = `${defaultIsAsGood ? "These are the defaults. " : ""}${answerText(tuning)}`;
  return `${JSON.stringify({ comment, detector, ...options }, null, 2)}\n`;
}
