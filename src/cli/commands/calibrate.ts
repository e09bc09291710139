import { selectRows } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { checkWritable, writeFileAtomic } from "../../io/write-file.js";
import {
  calibrateProbabilities,
  type ProbabilityCalibration,
  type ProbabilityMethod,
  type Reliability,
} from "../../scoring/index.js";
import type { CliCommand, CliContext } from "../command.js";
import {
  addDataFlags,
  addLabelFlags,
  type DataFlags,
  type LabelFlags,
  type RuntimeChoice,
  runtimeFlag,
} from "../data-flags.js";
import { columns, count, counted, figure, percent } from "../format.js";
import { readLabelled, rowsWhere, type Tally, tally } from "../labelled-data.js";
import { loadModelFile } from "../model-file.js";
import { isNpz } from "../read-data.js";
import { describeNotes } from "../schema-notes.js";
import { useRuntime } from "../use-runtime.js";

interface CalibrateFlags extends DataFlags, LabelFlags {
  readonly method?: ProbabilityMethod;
  readonly prior?: number;
  readonly out?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(calibrate) {
    calibrate
      .argument("<model>", "a file that `hypersphere train` wrote")
      .argument("<data>", "rows with labels of both kinds, not those of training; - for standard input")
      .optionsGroup("Output:")
      .option("-o, --out <file>", "write the changed model there, and leave <model> as it is")
      .option("--force", "replace the --out file if it exists")
      .option("--dry-run", "show the figures and write nothing")
      .option("--json", "print one JSON object");
    addLabelFlags(calibrate, "column with labels; rows without a label are left out");
    calibrate
      .optionsGroup("Probabilities:")
      .option("--method <name>", "platt, or isotonic for many labelled rows (default: platt)", method)
      .option(
        "--prior <share>",
        "share of anomalies where the model is used, such as 0.01 or 1% (default: as in the labelled rows)",
        share,
      );
    addDataFlags(calibrate);
    calibrate.optionsGroup("Scoring:").option(...runtimeFlag);
    calibrate.addHelpText(
      "after",
      "\nA probability is the share of anomalies among labelled rows with such a score, at the prior. It is not" +
        "\nthe p-value, which is the share of normal rows that look at least as abnormal. See docs/probabilities.md.",
    );
  },

  async run(command, context) {
    const [modelPath, dataPath] = command.processedArgs as [string, string];
    const flags = command.opts<CalibrateFlags>();
    const { output, signal } = context;
    const npz = await isNpz(dataPath);
    if (flags.labelColumn === undefined && !npz) throw noLabels();
    // The model itself is what the command is asked to change; only another file is not replaced unasked.
    const out = flags.dryRun ? undefined : (flags.out ?? modelPath);
    const force = flags.force || flags.out === undefined;
    if (out !== undefined) await checkWritable(out, { force });
    useRuntime(flags.runtime, context);
    const { model } = await loadModelFile(modelPath);
    const textColumns = npz ? [] : model.card.schema.categorical.map(({ name }) => name);
    const { features, labels } = await readLabelled(dataPath, { ...flags, textColumns }, context);
    if (labels === undefined) throw noLabels();
    const labelled = rowsWhere(labels, (label) => label >= 0);
    const { scores, notes } = await model.score(selectRows(features, labelled), {
      signal,
      onProgress: (fraction) => output.progress("scoring", fraction),
    });
    output.endProgress();
    for (const sentence of describeNotes(notes, features.source)) output.warn(sentence);

    const truth = Int8Array.from(labelled, (row) => labels[row]!);
    const calibration = calibrateProbabilities(scores, truth, { method: flags.method, prior: flags.prior });
    const calibrated = await model.withProbability(calibration);
    if (out !== undefined) await writeFileAtomic(out, calibrated.toBytes(), { force, signal });
    report({ source: features.source, modelPath, rows: tally(labels), calibration, out }, flags, context);
    return undefined;
  },
};

interface Calibrated {
  readonly source: string;
  readonly modelPath: string;
  readonly rows: Tally;
  readonly calibration: ProbabilityCalibration;
  readonly out: string | undefined;
}

function report(
  { source, modelPath, rows, calibration, out }: Calibrated,
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
    output.resultJson({ model: modelPath, source, labels: rows, out: out ?? null, probability: calibration });
    return;
  }
  if (output.quiet) return;
  const { normals, anomalies, unlabelled } = rows;
  const left = unlabelled > 0 ? ` (${counted(unlabelled, "row")} without a label left out)` : "";
  output.result(
    [
      `${source}: ${counted(normals, "normal row")}, ${counted(anomalies, "anomaly", "anomalies")}${left}`,
      "",
      `Probabilities by ${calibration.curve.method}, at ${percent(calibration.prevalence)} anomalies; judged on held-out rows (${calibration.folds} folds)`,
      ...reliabilityLines(calibration.reliability).map((line) => `  ${line}`),
      "",
      out === undefined ? "Nothing was written." : `Wrote ${out}.`,
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

/** "0.01" or "1%". */
function share(text: string): number {
  const percentage = /^(.+?)\s*%$/.exec(text.trim())?.[1];
  const value = percentage === undefined ? Number(text) : Number(percentage) / 100;
  if (value > 0 && value < 1) return value;
  throw new HypersphereError(
    "invalid-option",
    `--prior is "${text}", expected a share above 0 and below 1, such as 0.01 or 1%.`,
  );
}

function noLabels(): HypersphereError {
  return new HypersphereError("invalid-option", "It is not said which column holds the labels.", {
    hint: "Add --label-column; `hypersphere inspect` lists the columns of a file.",
  });
}
