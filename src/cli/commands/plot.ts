import { HypersphereError } from "../../errors.js";
import { checkWritable, writeFileAtomic } from "../../io/write-file.js";
import { plotSeries } from "../../report/plot/series-plot.js";
import { bytes, count, counted } from "../../text/format.js";
import type { CliCommand } from "../command.js";
import { checkEnding, checkOutputs } from "../files/outputs.js";
import { warnOfScores } from "../files/score-samples.js";
import {
  addDecisionFlags,
  type DecisionFlags,
  names,
  type RuntimeChoice,
  runtimeFlag,
} from "../flags/data-flags.js";
import { addIncidentFlags, type IncidentFlags } from "../flags/incident-flags.js";
import { addStepSampleFlags, type StepSampleFlags } from "../flags/sample-flags.js";
import { type EntityFlag, entityFlag, subjectAt } from "../fleet/entity.js";
import { useScoringRuntime } from "../use-runtime.js";

interface PlotFlags extends StepSampleFlags, DecisionFlags, IncidentFlags, EntityFlag {
  readonly out?: string;
  readonly force?: boolean;
  readonly sensors?: readonly string[];
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(plot) {
    plot
      .argument("<model>", "a file that `hypersphere train` wrote, of a series or a fleet of such")
      .argument("<data>", "one row per time step, as the model was trained; - for standard input")
      .optionsGroup("Output:")
      .option("-o, --out <file>", "the page to write, such as today.html")
      .option("--force", "replace the file if it exists")
      .option(...entityFlag)
      .option(
        "--sensors <names>",
        "columns to show, such as a,b,c (default: the first 8)",
        names("--sensors"),
      )
      .option("--json", "print a JSON summary");
    addIncidentFlags(plot);
    addDecisionFlags(plot);
    addStepSampleFlags(plot);
    plot.optionsGroup("Scoring:").option(...runtimeFlag);
    plot.addHelpText(
      "after",
      "\nThe page is one file that loads nothing: score and sensors over time, flagged stretches, a threshold to drag," +
        "\nand a list of incidents. See `hypersphere help series`.",
    );
  },

  async run(command, context) {
    const [modelPath, dataPath] = command.processedArgs as [string, string];
    const flags = command.opts<PlotFlags>();
    const { output, signal } = context;
    const { out, force, sensors, mergeGap, minLength, rule, percentile, threshold, operatingPoint, combine } =
      flags;
    if (out === undefined || out === "-") {
      throw new HypersphereError("invalid-option", "--out is missing: the page needs a file.", {
        hint: "Add --out today.html.",
      });
    }
    await checkOutputs({ "--out": out }, { "the model": modelPath, "the data": dataPath });
    checkEnding("--out", out, "page");
    await checkWritable(out, { force });
    useScoringRuntime(flags.runtime, context);
    const subject = await subjectAt(modelPath, flags, context);
    const { model } = subject;
    const samples = await subject.open(dataPath, { labelled: false });
    const plot = await plotSeries(model, samples, {
      ...{ sensors, mergeGap, minLength, rule, percentile, threshold, operatingPoint, combine, signal },
      onProgress: (fraction) => output.progress("scoring", fraction),
    });
    output.endProgress();
    warnOfScores(model, plot.scores, samples, combine, output);
    await writeFileAtomic(out, plot.html, { force, signal });
    const { incidents, scores } = plot;
    const size = Buffer.byteLength(plot.html);
    const [rows, flagged] = [scores.scores.length, scores.isAnomaly.reduce((sum, flag) => sum + flag, 0)];
    const { source } = samples.data;
    if (output.json) {
      const summary = { source, rows, flagged, incidents: incidents.length, sensors: plot.sensors };
      output.resultJson({ ...summary, bytes: size, out });
    } else if (!output.quiet) {
      output.result(
        `${counted(incidents.length, "incident")} in ${source}: ${count(flagged)} of ${count(rows)} rows are above the threshold.\n` +
          `Wrote ${out} (${bytes(size)}).`,
      );
    }
    return undefined;
  },
};
