import { type Command, Option } from "commander";
import type { Dataset } from "../../data/index.js";
import type { CommonOptions } from "../../detectors/fit/common-options.js";
import { calibrationRows } from "../../detectors/fit/hold-out.js";
import { HypersphereError } from "../../errors.js";
import {
  calibrationSizeForRule,
  parseRule,
  type Rule,
  ruleText,
  thresholdRules,
} from "../../scoring/index.js";
import { count, counted } from "../../text/format.js";

export interface RuleFlags {
  readonly rule?: string;
  readonly threshold?: string;
}

export function addRuleFlag(train: Command): void {
  train
    .optionsGroup("Decision:")
    .option(
      "--rule <text>",
      'rule for the threshold, such as "false-alarms 1%", instead of --percentile; `hypersphere threshold` lists them',
    )
    .addOption(new Option("--threshold <rule>").hideHelp());
}

/**
 * The rule that a training is asked for.
 * @throws HypersphereError `invalid-option` when it is not understood, needs labels, or is not the only one
 */
export function trainingRule(train: Command, { rule: text, threshold }: RuleFlags): Rule | undefined {
  if (threshold !== undefined) {
    throw new HypersphereError("invalid-option", "A training takes a rule, not a threshold.", {
      hint: `Write --rule "${isRule(threshold) ? threshold : "false-alarms 1%"}".`,
    });
  }
  if (text === undefined) return undefined;
  if (train.getOptionValueSource("percentile") === "cli") {
    throw new HypersphereError(
      "invalid-option",
      "--rule and --percentile exclude each other; give one of them.",
      { hint: '--percentile 99 is --rule "percentile 99".' },
    );
  }
  const rule = parseRule(text);
  if (thresholdRules[rule.name]!.needs === "labels") {
    throw new HypersphereError(
      "invalid-option",
      `--rule is "${text}", but training has no labels of anomalies to learn a threshold from.`,
      {
        hint: `Train first, then: hypersphere threshold model.onnx --rule "${text}" --data labelled.csv --label-column y.`,
      },
    );
  }
  return rule;
}

function isRule(text: string): boolean {
  try {
    parseRule(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Refuses before hours of work what the calibration after it could not promise.
 * @param trimmed share of the rows that the fit will leave out, as far as that is known
 * @throws HypersphereError `unfit-data` with the number of rows needed
 */
export async function requireCalibration(
  rule: Rule,
  data: Dataset,
  options: CommonOptions,
  trimmed: number,
): Promise<void> {
  const { source } = data;
  const rowCount = data.rowCount - Math.ceil(trimmed * data.rowCount);
  const needed = calibrationSizeForRule(rule);
  const cross = options.calibration === "cross";
  const held = await calibrationRows(data, rowCount, options);
  if (held >= needed) return;
  const fraction = options.calibrationFraction;
  const message = cross
    ? `${source}: the rule "${ruleText(rule)}" needs ${counted(needed, "normal row")} to calibrate, but there are ${count(held)}.`
    : `${source}: the rule "${ruleText(rule)}" needs ${counted(needed, "normal row")} to calibrate, but of ${count(rowCount)} rows ${count(held)} are held out for it.`;
  throw new HypersphereError("unfit-data", message, { hint: hint(rule, rowCount, needed, fraction, cross) });
}

function hint(rule: Rule, rows: number, needed: number, fraction: number, cross: boolean): string {
  if (cross) return "Collect more normal rows, or choose a rule that promises less.";
  const ways: string[] = [];
  const more = Math.ceil((needed - 0.5) / fraction);
  if (needed <= 10_000) ways.push(`train from at least ${count(more)} rows`);
  const larger = Math.ceil((100 * needed) / rows) / 100;
  if (larger <= 0.5) ways.push(`hold out more with --calibration-fraction ${larger}`);
  ways.push(rule.name === "pot" ? "lower the level" : "allow more false alarms");
  const text = ways.length > 1 ? `${ways.slice(0, -1).join(", ")} or ${ways.at(-1)}` : ways[0]!;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
