import { HypersphereError } from "../../errors.js";
import { gallery } from "../../io/maps/gallery.js";
import { checkWritable, writeFileAtomic } from "../../io/write-file.js";
import { requireMaps } from "../../model/index.js";
import { bytes, count, percent } from "../../text/format.js";
import type { CliCommand } from "../command.js";
import { loadModelFile } from "../files/model-file.js";
import { leftOutOf, openSamples, partly } from "../files/open-samples.js";
import { checkEnding, checkOutputs } from "../files/outputs.js";
import { warnOfScores } from "../files/score-samples.js";
import {
  addDecisionFlags,
  type DecisionFlags,
  type RuntimeChoice,
  runtimeFlag,
} from "../flags/data-flags.js";
import { whole } from "../flags/parse.js";
import { addImageFlags, type ImageFlags } from "../flags/sample-flags.js";
import { useScoringRuntime } from "../use-runtime.js";

interface GalleryFlags extends ImageFlags, DecisionFlags {
  readonly out?: string;
  readonly force?: boolean;
  readonly limit?: number;
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(command) {
    command
      .argument(
        "<model>",
        "a file that `hypersphere train` wrote, of a detector that says where images are abnormal",
      )
      .argument("<data>", "images to look at: a folder, or what else holds images")
      .optionsGroup("Output:")
      .option("-o, --out <file>", "the page to write, such as gallery.html")
      .option("--force", "replace the file if it exists")
      .option(
        "--limit <n>",
        "show this many images, the worst, at most 2000 (default: 500)",
        whole("--limit"),
      )
      .option("--json", "print a JSON summary");
    addDecisionFlags(command);
    addImageFlags(command);
    command.optionsGroup("Scoring:").option(...runtimeFlag);
    command.addHelpText(
      "after",
      "\nThe page is one file that loads nothing: images, worst first, with their maps, sliders for opacity and" +
        "\nthreshold, and a large view. See `hypersphere help inspection`.",
    );
  },

  async run(command, context) {
    const [modelPath, dataPath] = command.processedArgs as [string, string];
    const flags = command.opts<GalleryFlags>();
    const { output, signal } = context;
    const { out, force, limit, rule, percentile, threshold, operatingPoint } = flags;
    if (out === undefined || out === "-") {
      throw new HypersphereError("invalid-option", "--out is missing: the page needs a file.", {
        hint: "Add --out gallery.html.",
      });
    }
    await checkOutputs(
      { "--out": out },
      { "the model": modelPath, "the data": dataPath, "--labels": flags.labels },
    );
    checkEnding("--out", out, "page");
    await checkWritable(out, { force });
    useScoringRuntime(flags.runtime, context);
    const { model } = await loadModelFile(modelPath);
    requireMaps(model.card);
    const samples = await openSamples(dataPath, flags, context, { model, labelled: false });
    const { html, shown, scores } = await gallery(model, samples, {
      ...{ limit, rule, percentile, threshold, operatingPoint, signal },
      onProgress: (fraction) => output.progress("scoring", fraction),
    });
    output.endProgress();
    warnOfScores(model, scores, samples, undefined, output);
    await writeFileAtomic(out, html, { force, signal });
    const size = Buffer.byteLength(html);
    const rows = scores.scores.length;
    const anomalies = scores.isAnomaly.reduce((sum, flag) => sum + flag, 0);
    if (output.json) {
      const { source } = samples.data;
      output.resultJson({
        ...{ source, rows, anomalies, shown, bytes: size, out },
        ...leftOutOf(samples),
      });
    } else if (!output.quiet) {
      const few = shown < rows ? ` It shows the ${count(shown)} worst; --limit shows more.` : "";
      output.result(
        `${count(anomalies)} of ${count(rows)} images in ${samples.data.source} (${percent(anomalies / rows)}) are above the threshold.\n` +
          `Wrote ${out} (${bytes(size)}).${few}`,
      );
    }
    return partly(samples);
  },
};
