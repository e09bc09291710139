import { HypersphereError } from "../../errors.js";
import type { LabelCounts } from "../../features/index.js";
import {
  calibrateProbabilities,
  type ProbabilityCalibration,
  type ProbabilityMethod,
  type Reliability,
} from "../../scoring/index.js";
import { columns, count, figure, percent } from "../../text/format.js";
import type { CliCommand, CliContext } from "../command.js";
import { addChangeFlags, ChangedModelFile, type ChangeFlags } from "../files/changed-model.js";
import { loadModelFile } from "../files/model-file.js";
import { checkOutputs } from "../files/outputs.js";
import { labelledScores, requireLabelColumn } from "../files/score-samples.js";
import { type RuntimeChoice, runtimeFlag } from "../flags/data-flags.js";
import { share } from "../flags/parse.js";
import { addScoringSampleFlags, type ScoringSampleFlags } from "../flags/sample-flags.js";
import { describeCounts } from "../print/rows.js";
import { useScoringRuntime } from "../use-runtime.js";

interface CalibrateFlags extends ScoringSampleFlags, ChangeFlags {
  readonly method?: ProbabilityMethod;
  readonly prior?: number;
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(calibrate) {
    calibrate
      .argument("<model>", "a file that `hypersphere train` wrote")
      .argument("<data>", "rows with labels of both kinds, not those of training; - for standard input");
    addChangeFlags(calibrate);
    calibrate
      .optionsGroup("Probabilities:")
      .option("--method <name>", "platt, or isotonic for many labelled rows (default: platt)", method)
      .option(
        "--prior <share>",
        "share of anomalies where the model is used, such as 0.01 or 1% (default: as in the labelled rows)",
        share("--prior"),
      );
    addScoringSampleFlags(calibrate, "column with labels; rows without a label are left out");
    calibrate.optionsGroup("Scoring:").option(...runtimeFlag);
    calibrate.addHelpText(
      "after",
      "\nA probability is the share of anomalies among labelled rows with such a score, at the prior. It is not" +
        "\nthe p-value, which is the share of normal rows that look at least as abnormal. See `hypersphere help probabilities`.",
    );
  },

  async run(command, context) {
    const [modelPath, dataPath] = command.processedArgs as [string, string];
    const flags = command.opts<CalibrateFlags>();
    await checkOutputs(
      { "--out": flags.out },
      { "the model": modelPath, "the data": dataPath, "--labels": flags.labels },
    );
    const file = await ChangedModelFile.open(modelPath, flags);
    useScoringRuntime(flags.runtime, context);
    const { model } = await loadModelFile(modelPath);
    await requireLabelColumn(dataPath, model, flags);
    const { source, scores, labels, counts } = await labelledScores(model, dataPath, flags, context);
    const calibration = calibrateProbabilities(scores, labels, { method: flags.method, prior: flags.prior });
    await file.write(await model.withProbability(calibration), context);
    report({ source, modelPath, rows: counts, calibration, file }, flags, context);
    return undefined;
  },
};

interface Calibrated {
  readonly source: string;
  readonly modelPath: string;
  readonly rows: LabelCounts;
  readonly calibration: ProbabilityCalibration;
  readonly file: ChangedModelFile;
}

function report(
  { source, modelPath, rows, calibration, file }: Calibrated,
  { prior }: CalibrateFlags,
  { output }: CliContext,
): void {
  if (prior === undefined) {
    output.warn(
      `Probabilities hold where ${percent(calibration.prevalence)} of all rows are anomalies, as in ${source}. ` +
        "Say with --prior what share you expect.",
    );
  }
  if (output.json) {
    const out = file.path ?? null;
    output.resultJson({ model: modelPath, source, labels: rows, out, probability: calibration });
    return;
  }
  if (output.quiet) return;
  output.result(
    [
      `${source}: ${describeCounts(rows)}`,
      "",
      `Probabilities by ${calibration.curve.method}, at ${percent(calibration.prevalence)} anomalies; judged on held-out rows (${calibration.folds} folds)`,
      ...reliabilityLines(calibration.reliability).map((line) => `  ${line}`),
      "",
      file.summary,
    ].join("\n"),
  );
}

function reliabilityLines(reliability: Reliability): string[] {
  const { brier, brierOfPrevalence, logLoss, logLossOfPrevalence, bins } = reliability;
  const figures = columns([
    ["Brier score", `${figure(brier)}  (${figure(brierOfPrevalence)} by always saying the prior)`],
    ["log loss", `${figure(logLoss)}  (${figure(logLossOfPrevalence)} by always saying the prior)`],
    ["calibration error", percent(reliability.expectedCalibrationError)],
  ]);
  const table = columns(
    [
      ["rows", "anomalies", "said", "seen"],
      ...bins.map(({ rows, anomalies, predicted, observed }) => [
        count(rows),
        count(anomalies),
        percent(predicted),
        percent(observed),
      ]),
    ],
    [0, 1, 2, 3],
  );
  return [...figures, "", ...table];
}

function method(text: string): ProbabilityMethod {
  if (text === "platt" || text === "isotonic") return text;
  throw new HypersphereError("invalid-option", `--method is "${text}", expected platt or isotonic.`);
}
