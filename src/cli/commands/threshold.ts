import { type Command, Option } from "commander";
import { HypersphereError } from "../../errors.js";
import { describePromise, type Model } from "../../model/index.js";
import {
  applyLabelledRule,
  applyRule,
  parseRule,
  type Rule,
  type Threshold,
  thresholdRules,
} from "../../scoring/index.js";
import { counted, figure } from "../../text/format.js";
import { shown } from "../../text/shown.js";
import type { CliCommand, CliContext } from "../command.js";
import { addChangeFlags, ChangedModelFile, type ChangeFlags } from "../files/changed-model.js";
import { loadModelFile } from "../files/model-file.js";
import { openSamples } from "../files/open-samples.js";
import { checkOutputs } from "../files/outputs.js";
import { labelledScores, scoreSamples } from "../files/score-samples.js";
import { DATA_FLAGS, type RuntimeChoice, runtimeFlag } from "../flags/data-flags.js";
import { flagOf } from "../flags/flag-names.js";
import { numeral } from "../flags/parse.js";
import { addScoringSampleFlags, type ScoringSampleFlags } from "../flags/sample-flags.js";
import { knownRowsPerDay, operatingPoints, pointLines } from "../print/operating-points.js";
import { useScoringRuntime } from "../use-runtime.js";

interface ThresholdFlags extends ScoringSampleFlags, ChangeFlags {
  readonly rule?: string;
  readonly name?: string;
  readonly data?: string;
  readonly rowsPerDay?: string;
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(threshold) {
    threshold.argument("<model>", "a file that `hypersphere train` wrote");
    addChangeFlags(threshold);
    threshold.option("--name <name>", "keep the threshold under this name beside the one in force");
    threshold
      .optionsGroup("Rule (without one, the rules are listed):")
      .option("--rule <text>", 'such as "false-alarms 1%" or "cost 1:20"');
    threshold.addOption(
      new Option("--rows-per-day <value>", "normal rows scored per day, for false alarms per day"),
    );
    threshold
      .optionsGroup("Data (for f1 and cost; contamination may take some too):")
      .option("--data <file>", "rows to decide by; - for standard input");
    addScoringSampleFlags(threshold, "column with labels; rows without a label are left out");
    threshold.optionsGroup("Scoring:").option(...runtimeFlag);
  },

  async run(command, context) {
    const [path] = command.processedArgs as [string];
    const flags = command.opts<ThresholdFlags>();
    const rowsPerDay = positive(flags.rowsPerDay);
    const rule = flags.rule === undefined ? undefined : parseRule(flags.rule);
    if (rule === undefined) {
      refuseWithoutRule(flags);
      const { model } = await loadModelFile(path);
      list(path, model, rowsPerDay, context);
      return undefined;
    }
    checkName(flags.name);
    refuseWithoutData(command, flags);
    checkDataFlags(rule, flags);
    await checkOutputs(
      { "--out": flags.out },
      { "the model": path, "--data": flags.data, "--labels": flags.labels },
    );
    const file = await ChangedModelFile.open(path, flags);
    const { model } = await loadModelFile(path);
    const decided = await decide(rule, model, flags, context);
    const point =
      rowsPerDay === undefined || decided.parameters["rowsPerDay"] !== undefined
        ? decided
        : { ...decided, diagnostics: { ...decided.diagnostics, rowsPerDay } };
    const changed = await model.withThreshold(point, flags.name === undefined ? {} : { name: flags.name });
    await file.write(changed, context);
    report({ path, before: model, changed, point, name: flags.name, file, rowsPerDay }, context);
    return undefined;
  },
};

function positive(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = numeral(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new HypersphereError("invalid-option", `--rows-per-day is "${text}", expected a number above 0.`);
}

function refuseWithoutRule(flags: ThresholdFlags): void {
  for (const flag of ["name", "data", "out", "force", "dryRun", "labelColumn"] as const) {
    if (flags[flag] === undefined) continue;
    const name = flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new HypersphereError("invalid-option", `--${name} was given, but no rule to decide by.`, {
      hint: 'Add --rule, such as --rule "false-alarms 1%".',
    });
  }
}

/** Flags that say how data are read or scored would do nothing. */
function refuseWithoutData(command: Command, { data, labelColumn }: ThresholdFlags): void {
  if (data !== undefined || labelColumn !== undefined) return;
  const given = READING.find((name) => command.getOptionValueSource(name) === "cli");
  if (given === undefined) return;
  const flag = given === "header" ? "--no-header" : flagOf(given);
  throw new HypersphereError("invalid-option", `${flag} was given, but no rows that it could concern.`, {
    hint: "Add --data, or leave it out.",
  });
}

const READING = [
  ...DATA_FLAGS,
  ...["normalLabel", "anomalyLabel", "labels", "normalClass", "skipCorrupt", "maxPixels"],
  ...["stride", "combine", "runtime"],
];

/** Names are typed on command lines and stand in tables. */
function checkName(name: string | undefined): void {
  if (name === undefined || /^[\p{L}\p{N}_][\p{L}\p{N}_. -]{0,63}$/u.test(name)) return;
  throw new HypersphereError(
    "invalid-option",
    `--name is ${shown(name)}, expected up to 64 letters, digits, spaces, dots, - and _.`,
  );
}

function checkDataFlags(rule: Rule, { data, labelColumn }: ThresholdFlags): void {
  if (thresholdRules[rule.name]!.needs === "labels") {
    if (data !== undefined) return;
    throw new HypersphereError("invalid-option", `The rule ${rule.name} needs rows with labels.`, {
      hint: "Add --data and --label-column.",
    });
  }
  if (labelColumn === undefined && (data === undefined || rule.name === "contamination")) return;
  throw new HypersphereError(
    "invalid-option",
    `The rule ${rule.name} works without labels${rule.name === "contamination" ? "" : ", on the normal rows that training held out"}.`,
    { hint: `Leave out --${labelColumn === undefined ? "data" : "label-column"}.` },
  );
}

async function decide(
  rule: Rule,
  model: Model,
  flags: ThresholdFlags,
  context: CliContext,
): Promise<Threshold> {
  if (flags.data === undefined) return applyRule(rule, model.calibrationScores);
  useScoringRuntime(flags.runtime, context);
  if (thresholdRules[rule.name]!.needs === "labels") {
    const { scores, labels } = await labelledScores(model, flags.data, flags, context);
    return applyLabelledRule(rule, scores, labels);
  }
  const samples = await openSamples(flags.data, flags, context, { model, labelled: false });
  const { scores } = await scoreSamples(model, samples, context, { combine: flags.combine });
  return applyRule(
    rule,
    scores.filter((score) => !Number.isNaN(score)),
  );
}

function list(path: string, model: Model, rowsPerDay: number | undefined, { output }: CliContext): void {
  const points = operatingPoints(model, rowsPerDay);
  const { detector, data } = model.card;
  if (output.json) {
    const rules = Object.entries(thresholdRules).map(([name, { summary, needs, example, parameters }]) => ({
      name,
      summary,
      needs,
      example,
      parameters,
    }));
    output.resultJson({
      model: path,
      detector,
      calibrationSize: data.calibration,
      rowsPerDay: rowsPerDay ?? knownRowsPerDay(model.card) ?? null,
      operatingPoints: points,
      rules,
    });
    return;
  }
  const rules = (wanted: string): string[] =>
    Object.values(thresholdRules)
      .filter(({ needs }) => needs === wanted)
      .map(({ example, summary }) => `${example.padEnd(26)}${summary}`);
  const sections: [string, string[]][] = [
    [`${path}: ${detector}, calibrated on ${counted(data.calibration, "row")}`, pointLines(points)],
    ["Rules for --rule, from the normal rows that training held out", rules("normals")],
    ["Rules that learn from labels (--data, --label-column)", rules("labels")],
  ];
  output.result(
    sections.map(([title, lines]) => [title, ...lines.map((line) => `  ${line}`)].join("\n")).join("\n\n"),
  );
}

interface Decided {
  readonly path: string;
  readonly before: Model;
  readonly changed: Model;
  readonly point: Threshold;
  readonly name: string | undefined;
  readonly file: ChangedModelFile;
  readonly rowsPerDay: number | undefined;
}

function report(
  { path, before, changed, point, name, file, rowsPerDay }: Decided,
  { output }: CliContext,
): void {
  const find = (model: Model) =>
    operatingPoints(model, rowsPerDay).find((one) => one.name === (name ?? null)) ?? null;
  const [previous, decided] = [find(before), find(changed)!];
  const promise = describePromise(point, changed.card);
  if (output.json) {
    output.resultJson({ model: path, out: file.path ?? null, decided, previous, promise });
    return;
  }
  if (output.quiet) return;
  output.result(pointLines(operatingPoints(changed, rowsPerDay)).join("\n"));
  const was = previous === null ? "" : ` (was ${figure(previous.threshold)})`;
  output.result(`\n${name ?? "In force"}: ${figure(point.threshold)}${was}. ${promise}`);
  if (point.note !== undefined) output.result(point.note);
  output.result(file.summary);
}
