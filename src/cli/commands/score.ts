import type { RowNames, Samples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { kindOf } from "../../features/index.js";
import { checkWritable } from "../../io/write-file.js";
import {
  calibratedInFolds,
  type ModelCard,
  requireMaps,
  type Scores,
  viewOutput,
} from "../../model/index.js";
import {
  describeDiscoveryPromise,
  discover,
  type FdrPromise,
  type RowDiscoveries,
  resolutionWarning,
} from "../../scoring/index.js";
import { count, figure, percent, shortFloat32 } from "../../text/format.js";
import type { CliCommand, CliContext } from "../command.js";
import { fleetAt } from "../files/fleet-file.js";
import { checkMapFolder, scoreWithMaps } from "../files/map-output.js";
import { loadModelFile } from "../files/model-file.js";
import { leftOutOf, openSamples, partly } from "../files/open-samples.js";
import { checkEnding, checkOutputs } from "../files/outputs.js";
import { scoreSamples } from "../files/score-samples.js";
import { byDiscovery, byThreshold, REGION_COLUMNS, writeRows } from "../files/write-scores.js";
import {
  addDecisionFlags,
  type DecisionFlags,
  type RuntimeChoice,
  runtimeFlag,
} from "../flags/data-flags.js";
import { addFdrFlags, type FdrFlags, fdrPromise } from "../flags/fdr-flags.js";
import { addScoringSampleFlags, type ScoringSampleFlags } from "../flags/sample-flags.js";
import { useScoringRuntime } from "../use-runtime.js";

interface ScoreFlags extends ScoringSampleFlags, DecisionFlags, FdrFlags {
  readonly out?: string;
  readonly maps?: string;
  readonly force?: boolean;
  readonly jsonl?: boolean;
  readonly idColumn?: string;
  readonly keepFormulas?: boolean;
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(score) {
    score
      .argument("<model>", "a file that `hypersphere train` wrote, of a model or of a fleet")
      .argument("<data>", "rows, series or images to score, as the model was trained; - for standard input")
      .optionsGroup("Output:")
      .option("-o, --out <file>", "write the scores there instead of to standard output")
      .option(
        "--maps <folder>",
        "of images: write where they are abnormal, as overlays, maps, a contact sheet and regions.json",
      )
      .option("--force", "replace files that exist")
      .option("--jsonl", "one JSON object per row instead of CSV")
      .option("--id-column <name>", "put this column's texts first in each row instead of the row's number")
      .option(
        "--keep-formulas",
        "write texts that begin with =, +, - or @ as they are (default: with a ' before)",
      )
      .option("--json", "print a JSON summary; needs --out");
    addDecisionFlags(score);
    addFdrFlags(score);
    addScoringSampleFlags(score);
    score.optionsGroup("Scoring:").option(...runtimeFlag);
    score.addHelpText(
      "after",
      "\nColumns: row (from 1; or the id column, the name of an image, entity and time of a series), score, p_value, threshold, is_anomaly (0 or 1)." +
        "\nA p-value is the share of normal rows that would look at least as abnormal. A model that was calibrated" +
        "\nwith labels adds probability: of being an anomaly, see `hypersphere calibrate`." +
        "\nWith --fdr, is_anomaly says which rows are discoveries, and in place of threshold there is" +
        "\nadjusted_p_value (bh, storey: the least rate at which the row is one) or level (lord, saffron:" +
        "\nwhat its p-value was held against). See `hypersphere help false-discovery-rate`." +
        "\nOf a detector that joins several views of a row, each of them is a column view_NAME: deviations above what is" +
        "\nusual to it, so that the largest is the one that spoke." +
        "\nOf a fleet, threshold is that of the row's model, and the column model says own or fallback: see `hypersphere help" +
        "\nfleets`." +
        "\nWith --maps, regions counts what is above the threshold in an image, and region_left, region_top," +
        "\nregion_width and region_height are the box of the largest one. See `hypersphere help inspection`.",
    );
  },

  async run(command, context) {
    const [modelPath, dataPath] = command.processedArgs as [string, string];
    const flags = command.opts<ScoreFlags>();
    const { output } = context;
    const promise = fdrPromise(flags);
    const out = flags.out === "-" ? undefined : flags.out;
    if (output.json && out === undefined) {
      throw new HypersphereError(
        "invalid-option",
        "--json prints a summary, but the rows go to standard output.",
        {
          hint: "Use --jsonl for rows in JSON, or add --out.",
        },
      );
    }
    if (flags.maps !== undefined && promise !== undefined) throw mapsByThreshold();
    await checkOutputs(
      { "--out": out },
      { "the model": modelPath, "the data": dataPath, "--labels": flags.labels },
    );
    checkEnding("--out", out, "rows");
    if (out !== undefined) await checkWritable(out, { force: flags.force });
    if (flags.maps !== undefined) await checkMapFolder(flags.maps, dataPath, flags.force);
    useScoringRuntime(flags.runtime, context);
    const fleet = await fleetAt(modelPath);
    if (fleet !== undefined) {
      const { scoreFleet } = await import("../fleet/score-fleet.js");
      return scoreFleet(fleet, { path: dataPath, flags, promise, out }, context);
    }
    const { model } = await loadModelFile(modelPath);
    const further = [
      ...(flags.maps === undefined ? [] : REGION_COLUMNS),
      ...(model.card.views ?? []).map(viewOutput),
    ];
    refuseIdColumn(flags.idColumn, [...TAKEN, ...further]);
    if (flags.maps !== undefined) requireMaps(model.card);
    const samples = await openSamples(dataPath, flags, context, { model, labelled: false });
    const { rule, percentile, threshold, operatingPoint } = flags;
    const decision = { rule, percentile, threshold, operatingPoint };
    const options = { ...decision, combine: flags.combine };
    const { scores, found } =
      flags.maps === undefined
        ? { scores: await scoreSamples(model, samples, context, options), found: undefined }
        : await scoreWithMaps(flags.maps, flags.force, model, samples, context, options);
    const ids = samples.names ?? ROW_NUMBERS;
    if (promise === undefined) {
      await writeRows(ids, { ...byThreshold(scores), found }, scores, out, flags, context);
      summarize(samples, scores, out, context, flags.maps);
      return partly(samples);
    }
    const { calibration } = model.card.data;
    const discoveries = discover(scores.pValues, calibration, promise);
    const warning = resolutionWarning(discoveries.tested, calibration, promise);
    if (warning !== undefined) output.warn(warning);
    await writeRows(ids, byDiscovery(discoveries), scores, out, flags, context);
    summarizeDiscoveries(samples, discoveries, promise, { scores, card: model.card, out }, context);
    return partly(samples);
  },
};

/** What stands first in each row without names: its number, from 1. */
const ROW_NUMBERS: RowNames = { columns: ["row"], of: (row) => [row + 1] };
const TAKEN = ["score", "p_value", "threshold", "is_anomaly"];

function refuseIdColumn(name: string | undefined, taken: readonly string[]): void {
  if (name === undefined || !taken.includes(name)) return;
  throw new HypersphereError("invalid-option", `--id-column "${name}" is the name of a column of scores.`);
}

/** Regions are above a threshold, and discoveries know none. */
function mapsByThreshold(): HypersphereError {
  return new HypersphereError(
    "invalid-option",
    "--maps excludes --fdr: regions are what is above a threshold.",
    {
      hint: "Run the command twice, or decide by --rule.",
    },
  );
}

function summarize(
  samples: Samples,
  { scores, isAnomaly, threshold, notes }: Scores,
  out: string | undefined,
  { output }: CliContext,
  maps?: string,
): void {
  const { source } = samples.data;
  const anomalies = isAnomaly.reduce((sum, flag) => sum + flag, 0);
  const rows = scores.length;
  if (output.json) {
    output.resultJson({
      source,
      rows,
      anomalies,
      threshold: shortFloat32(threshold),
      out: out ?? null,
      ...(maps !== undefined && { maps }),
      ...leftOutOf(samples),
      notes,
    });
    return;
  }
  const text =
    `${count(anomalies)} of ${count(rows)} ${rowsOf(samples)} in ${source} (${percent(anomalies / rows)}) are above the threshold ` +
    `${figure(shortFloat32(threshold))}.${maps === undefined ? "" : `\nWrote maps to ${maps}.`}`;
  tell(text, out, output);
}

/** What is counted: images and windows by their names, and time steps as rows of their table. */
const rowsOf = ({ data, rows }: Samples): string =>
  rows === "observations" ? kindOf(data).noun.many : "rows";

function summarizeDiscoveries(
  samples: Samples,
  discoveries: RowDiscoveries,
  promise: FdrPromise,
  { scores, card, out }: { scores: Scores; card: ModelCard; out: string | undefined },
  { output }: CliContext,
): void {
  const { source } = samples.data;
  const rows = scores.scores.length;
  if (output.json) {
    output.resultJson({
      source,
      rows,
      anomalies: discoveries.count,
      fdr: promise.alpha,
      fdrMethod: promise.method,
      calibrationSize: card.data.calibration,
      out: out ?? null,
      ...leftOutOf(samples),
      notes: scores.notes,
    });
    return;
  }
  const share = percent(discoveries.count / rows);
  const text = `${count(discoveries.count)} of ${count(rows)} ${rowsOf(samples)} in ${source} (${share}) are discoveries.`;
  tell(`${text}\n${describeDiscoveryPromise(promise, calibratedInFolds(card))}`, out, output);
}

/** Beside the rows where these go to standard output, in their place where they go to a file. */
function tell(text: string, out: string | undefined, output: CliContext["output"]): void {
  if (out === undefined) output.note(text);
  else if (!output.quiet) output.result(`${text}\nWrote ${out}.`);
}
