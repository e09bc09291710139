import type { RowNames, Samples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import {
  type ExplainMethod,
  type Explanations,
  explain,
  METHOD_NAMES,
  METHODS,
} from "../../explain/index.js";
import { kindOf } from "../../features/index.js";
import { checkWritable, writeFileAtomic } from "../../io/write-file.js";
import type { Model } from "../../model/index.js";
import { explanationPage } from "../../report/explanation/explanation-page.js";
import { EXPLANATION_COLUMNS, explanationRows, namesOf } from "../../report/explanation/explanation-rows.js";
import { count, counted, percent } from "../../text/format.js";
import type { CliCommand, CliContext } from "../command.js";
import { checkEnding, checkOutputs } from "../files/outputs.js";
import { RowWriter } from "../files/row-writer.js";
import { warnOfDifferences } from "../files/score-samples.js";
import { writeWhere } from "../files/where-output.js";
import {
  addDecisionFlags,
  type DecisionFlags,
  type RuntimeChoice,
  runtimeFlag,
} from "../flags/data-flags.js";
import { whole } from "../flags/parse.js";
import { addMonitoringSampleFlags, type ScoringSampleFlags } from "../flags/sample-flags.js";
import { type EntityFlag, entityFlag, type Subject, subjectAt } from "../fleet/entity.js";
import { useScoringRuntime } from "../use-runtime.js";

interface ExplainFlags extends ScoringSampleFlags, DecisionFlags, EntityFlag {
  readonly out?: string;
  readonly report?: string;
  readonly force?: boolean;
  readonly jsonl?: boolean;
  readonly idColumn?: string;
  readonly keepFormulas?: boolean;
  readonly background?: string;
  readonly reconstructions?: boolean;
  readonly method?: ExplainMethod;
  readonly top: number;
  readonly flagged?: boolean;
  readonly neighbours?: number;
  readonly samples?: number;
  readonly changes?: number;
  readonly seed?: number;
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(command) {
    command
      .argument("<model>", "a file that `hypersphere train` wrote, of a model or of a fleet")
      .argument("<data>", "rows, series or images to explain, as the model was trained; - for standard input")
      .optionsGroup("Output:")
      .option(
        "-o, --out <file>",
        "write the contributions there instead of to standard output; of one image, as .png, where it is abnormal",
      )
      .option("--report <file>", "write a page to look at, such as why.html")
      .option("--force", "replace files that exist")
      .option("--jsonl", "one JSON object per contribution instead of CSV")
      .option("--id-column <name>", "put this column's texts first in each line instead of the row's number")
      .option(
        "--keep-formulas",
        "write texts that begin with =, +, - or @ as they are (default: with a ' before)",
      )
      .option("--json", "print a JSON summary; needs --out or --report")
      .optionsGroup("What is explained:")
      .option(...entityFlag)
      .option("--flagged", "only what is above the threshold (of a series always)")
      .option("--top <n>", "contributions of each row, the largest", whole("--top"), 3)
      .option(
        "--background <data>",
        "normal rows to compare with, such as the training data (default: those that the model keeps, else the rows of the data that it takes for normal)",
      )
      .option(
        "--reconstructions",
        "compare each row with what the model's decoder makes of it, where no normal rows may be kept (autoencoder, and pca by reconstruction)",
      )
      .option(
        "--method <name>",
        "nearest, shapley, gradients (integrated gradients, of a score that has derivatives), or exact: the terms of a score that is a sum of them (default: nearest)",
        method,
      )
      .option(
        "--neighbours <n>",
        "nearest normal rows that a row is compared with (default: 3)",
        whole("--neighbours"),
      )
      .option(
        "--samples <n>",
        "pairs of permutations per row of method shapley (default: 16)",
        whole("--samples"),
      )
      .option(
        "--changes <n>",
        "columns or channels that may change to make a row normal (default: 5), or patches of an image (default: 16); 0 to look for no such change",
        whole("--changes"),
      )
      .option("--seed <n>", "decides what is drawn (default: 0)", whole("--seed"));
    addDecisionFlags(command);
    addMonitoringSampleFlags(command);
    command.optionsGroup("Scoring:").option(...runtimeFlag);
    command.addHelpText(
      "after",
      "\nColumns: row (from 1; or the id column, the name of an image, entity and last time of a window), score, p_value," +
        "\nis_anomaly, feature, contribution (in units of the score), value, normal_range (1st to 99th percentile of the" +
        "\nbackground, or its most frequent texts), nearest_normal (the value in the nearest normal row; with --reconstructions" +
        "\nreconstruction) and makes_normal, the least change that was found to bring the row to or below the threshold. Worst" +
        "\nrows come first. See `hypersphere help explanations`.",
    );
  },

  async run(command, context) {
    const [modelPath, dataPath] = command.processedArgs as [string, string];
    const flags = command.opts<ExplainFlags>();
    const { output, signal } = context;
    const { report, force, background: backgroundPath } = flags;
    const out = flags.out === "-" ? undefined : flags.out;
    if (output.json && out === undefined && report === undefined) {
      throw new HypersphereError(
        "invalid-option",
        "--json prints a summary, but the rows go to standard output.",
        { hint: "Use --jsonl for rows in JSON, or add --out or --report." },
      );
    }
    if (report === "-") {
      throw new HypersphereError("invalid-option", '--report is "-": the page needs a file.', {
        hint: "Add --report why.html.",
      });
    }
    const ofRows = flags.jsonl ? "--jsonl" : flags.keepFormulas ? "--keep-formulas" : undefined;
    if (ofRows !== undefined && out === undefined && report !== undefined) {
      throw new HypersphereError(
        "invalid-option",
        `${ofRows} was given, but with --report alone no rows are written.`,
        { hint: "Add --out for the rows, or leave it out." },
      );
    }
    if (flags.idColumn !== undefined && EXPLANATION_COLUMNS.includes(flags.idColumn)) {
      throw new HypersphereError(
        "invalid-option",
        `--id-column "${flags.idColumn}" is the name of a column of explanations.`,
      );
    }
    await checkOutputs(
      { "--out": out, "--report": report },
      { "the model": modelPath, "the data": dataPath, "--background": backgroundPath },
    );
    checkEnding("--out", out, "reasons");
    checkEnding("--report", report, "page");
    for (const path of [out, report]) if (path !== undefined) await checkWritable(path, { force });
    useScoringRuntime(flags.runtime, context);
    const subject = await subjectAt(modelPath, flags, context);
    const { model } = subject;
    const samples = await subject.open(dataPath, { labelled: false });
    const background = await backgroundOf(subject, flags);
    if (out !== undefined && /\.png$/i.test(out)) {
      return writeWhere(out, { model, samples, background, flags, context });
    }
    const { rule, percentile, threshold, operatingPoint, top, neighbours, changes, seed } = flags;
    const why = await explain(model, samples, {
      ...{ rule, percentile, threshold, operatingPoint, top, neighbours, changes, seed, signal, background },
      ...{ method: flags.method, samples: flags.samples },
      // Windows are so many, and so alike, that those of incidents are what is asked for.
      flagged: flags.flagged || samples.rows === "time-steps",
      onProgress: (fraction) => output.progress("explaining", fraction),
    });
    output.endProgress();
    warnOfDifferences(why.notes, samples, output);
    for (const warning of why.warnings) output.warn(warning);
    const names = namesOf(samples);
    if (report !== undefined) {
      const page = pageOf(why, names, samples, typeof background === "object" ? background : samples, model);
      await writeFileAtomic(report, page, { force, signal });
    }
    if (out !== undefined || report === undefined) await writeRows(why, names, out, flags, context);
    summarize(why, samples, { out, report }, context);
    return undefined;
  },
};

async function backgroundOf(
  { open }: Subject,
  { background, reconstructions, ...flags }: ExplainFlags,
): Promise<Samples | "reconstructions" | undefined> {
  if (reconstructions && background !== undefined) {
    throw new HypersphereError(
      "invalid-option",
      "--reconstructions and --background both say what rows are compared with.",
      {
        hint: "Leave out one of them.",
      },
    );
  }
  if (reconstructions) return "reconstructions";
  // Names of rows are those of the data.
  const { idColumn: _, ...reading } = flags;
  return background === undefined ? undefined : open(background, { labelled: false, part: "train" }, reading);
}

function method(text: string): ExplainMethod {
  const found = METHODS.find((name) => name === text);
  if (found !== undefined) return found;
  throw new HypersphereError("invalid-option", `--method is "${text}", expected ${METHOD_NAMES}.`);
}

async function writeRows(
  why: Explanations,
  names: RowNames,
  out: string | undefined,
  { jsonl, force, keepFormulas }: ExplainFlags,
  { signal }: CliContext,
): Promise<void> {
  const { columns, lines } = explanationRows(why, names);
  const json = jsonl ?? /\.(jsonl|ndjson)$/i.test(out ?? "");
  const writer = await RowWriter.open(columns, { out, json, force, keepFormulas, signal });
  try {
    for (const line of lines()) {
      if (writer.readerGone) break;
      await writer.write(line);
    }
    await writer.close();
  } finally {
    await writer.discard();
  }
}

function pageOf(
  explanations: Explanations,
  names: RowNames,
  { data: { source }, data }: Samples,
  background: Samples,
  model: Model,
): string {
  const normal = namesOf(background);
  return explanationPage({
    ...{ explanations, names, source, noun: kindOf(data).noun },
    detector: model.card.detector,
    normalName: (row) =>
      explanations.background.kind === "kept"
        ? `training row ${row + 1}`
        : normal
            .of(row)
            .map((value, k) => `${normal.columns[k]} ${value ?? "-"}`)
            .join(", "),
  });
}

function summarize(
  { rows, rowCount, background, method }: Explanations,
  { data }: Samples,
  { out, report }: { out: string | undefined; report: string | undefined },
  { output }: CliContext,
): void {
  const { one, many } = kindOf(data).noun;
  const anomalies = rows.filter(({ isAnomaly }) => isAnomaly).length;
  const paths = rows.flatMap(({ path }) => (path === undefined ? [] : [path]));
  const missed = paths.length === 0 ? undefined : Math.max(...paths.map((path) => path.missed));
  if (output.json) {
    const { source } = data;
    output.resultJson({
      ...{ source, rows: rowCount, explained: rows.length, anomalies, method, background },
      ...(missed !== undefined && { missed }),
      ...{ out: out ?? null, report: report ?? null },
    });
    return;
  }
  const text = `${counted(rows.length, one, many)} of ${count(rowCount)} in ${data.source} explained, ${count(anomalies)} of them above the threshold.`;
  if (missed !== undefined && !output.quiet) {
    const points = Math.max(...paths.map((path) => path.points));
    output.note(
      `Contributions added up to the scores but for ${percent(missed)} at most, which was shared out; derivatives were taken at up to ${count(points)} points of a line.`,
    );
  }
  const written = [out, report].filter((path) => path !== undefined);
  if (written.length === 0 || out === undefined) output.note(text);
  else if (!output.quiet) output.result(text);
  for (const path of written) if (!output.quiet) output.result(`Wrote ${path}.`);
}
