import { Option } from "commander";
import { type Adapted, adaptModel, type SpreadRule } from "../../adapt/index.js";
import { HypersphereError } from "../../errors.js";
import { describePromise } from "../../model/index.js";
import { parseRule } from "../../scoring/index.js";
import { count, counted, percent } from "../../text/format.js";
import type { CliCommand, CliContext } from "../command.js";
import { addChangeFlags, ChangedModelFile, type ChangeFlags } from "../files/changed-model.js";
import { loadModelFile } from "../files/model-file.js";
import { openSamples } from "../files/open-samples.js";
import { checkEnding, checkOutputs } from "../files/outputs.js";
import { addDataFlags, type DataFlags, type RuntimeChoice, runtimeFlag } from "../flags/data-flags.js";
import { inFlags } from "../flags/flag-names.js";
import { whole } from "../flags/parse.js";
import { adaptedLines } from "../print/adaptation.js";
import { describeThreshold } from "../print/training-report.js";
import { useScoringRuntime } from "../use-runtime.js";

interface AdaptFlags extends DataFlags, ChangeFlags {
  readonly rows?: number;
  readonly rule?: string;
  readonly spread?: SpreadRule;
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(adapt) {
    adapt
      .argument("<model>", "a file that `hypersphere train` wrote, of a series")
      .argument("<data>", "normal rows of the new operating point, one per time step; - for standard input")
      .optionsGroup("Adaptation:")
      .option("--rows <n>", "use the first rows of each series only (default: all)", whole("--rows"))
      .option(
        "--rule <text>",
        'decide by this rule, such as "false-alarms 5%" (default: by that in force, with a threshold made anew)',
      )
      .addOption(
        new Option(
          "--spread <how>",
          "how scales follow the new rows: shrink, as far as their number can tell; new, in any case; keep, not at all (default: shrink)",
        ).choices(["shrink", "new", "keep"]),
      );
    addChangeFlags(adapt);
    addDataFlags(adapt);
    adapt.optionsGroup("Scoring:").option(...runtimeFlag);
    adapt.addHelpText(
      "after",
      "\nThe first half of the rows tells where each column is and how far it spreads, the second half calibrates p-values and" +
        "\nthresholds; networks, centres and neighbours stay. Rows that are not used tell how many are flagged before and after." +
        "\nAll rows that are used have to be normal. See `hypersphere help series`.",
    );
  },

  async run(command, context) {
    const [modelPath, dataPath] = command.processedArgs as [string, string];
    const flags = command.opts<AdaptFlags>();
    const { output, signal } = context;
    const { rows, spread } = flags;
    const rule = flags.rule === undefined ? undefined : parseRule(flags.rule);
    if (flags.out === undefined && flags.dryRun !== true) {
      throw new HypersphereError(
        "invalid-option",
        "--out is missing: the model of the earlier operating point stays as it is.",
        { hint: "Add --out adapted.onnx, or --dry-run to write nothing." },
      );
    }
    await checkOutputs({ "--out": flags.out }, { "the model": modelPath, "the data": dataPath });
    checkEnding("--out", flags.out, "model");
    const file = await ChangedModelFile.open(modelPath, flags);
    useScoringRuntime(flags.runtime, context);
    const { model } = await loadModelFile(modelPath);
    const samples = await openSamples(dataPath, flags, context, { model, labelled: false });
    const adapted = await adaptModel(model, samples, {
      ...{ rows, rule, spread, signal },
      onWarning: (message) => output.warn(inFlags(message)),
    });
    await file.write(adapted.model, context);
    report(modelPath, samples.data.source, adapted, file, context);
    return undefined;
  },
};

function report(
  path: string,
  source: string,
  { model, windows, apart, check }: Adapted,
  file: ChangedModelFile,
  { output }: CliContext,
): void {
  const { threshold, adapted } = model.card;
  const promise = describePromise(threshold, model.card);
  if (output.json) {
    // Scores of training by the hundred are for the next time that the model is adapted.
    const { heldOut: _, ...record } = adapted!;
    output.resultJson({
      ...{ model: path, source, out: file.path ?? null, adapted: record, windows, apart },
      ...{ threshold, promise, check: check ?? null },
    });
    return;
  }
  if (output.quiet) return;
  const { located, calibrated } = adapted!.steps;
  const checked =
    check === undefined
      ? "No rows are left to check it on: use fewer with --rows."
      : `Of ${counted(check.windows, "window")} of rows that were not used, ${percent(check.before)} were flagged before, and ${percent(check.after)} are now.`;
  output.result(
    [
      `${source}: ${counted(located, "row")} tell location and spread, ${count(calibrated)} calibrate: ${counted(windows, "window")}, of which ${count(apart)} share no row.`,
      "",
      ...adaptedLines(adapted!).map((line) => `  ${line}`),
      "",
      `Threshold ${describeThreshold(threshold)}. ${promise}`,
      checked,
      file.summary,
    ].join("\n"),
  );
}
