import { HypersphereError } from "../../errors.js";
import { checkWritable } from "../../io/write-file.js";
import type { Scores } from "../../model/index.js";
import type { CliCommand, CliContext } from "../command.js";
import {
  addDataFlags,
  addDecisionFlags,
  type DataFlags,
  type DecisionFlags,
  type RuntimeChoice,
  runtimeFlag,
} from "../data-flags.js";
import { count, figure, percent, shortFloat32 } from "../format.js";
import { loadModelFile } from "../model-file.js";
import { isNpz, readData } from "../read-data.js";
import { type RowIds, rowIds } from "../row-ids.js";
import { RowWriter } from "../row-writer.js";
import { describeNotes } from "../schema-notes.js";
import { useRuntime } from "../use-runtime.js";

interface ScoreFlags extends DataFlags, DecisionFlags {
  readonly out?: string;
  readonly force?: boolean;
  readonly jsonl?: boolean;
  readonly idColumn?: string;
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(score) {
    score
      .argument("<model>", "a file that `hypersphere train` wrote")
      .argument("<data>", "rows to score; - for standard input")
      .optionsGroup("Output:")
      .option("-o, --out <file>", "write the scores there instead of to standard output")
      .option("--force", "replace the file if it exists")
      .option("--jsonl", "one JSON object per row instead of CSV")
      .option("--id-column <name>", "put this column's texts first in each row instead of the row's number")
      .option("--json", "print a JSON summary; needs --out");
    addDecisionFlags(score);
    addDataFlags(score);
    score.optionsGroup("Scoring:").option(...runtimeFlag);
    score.addHelpText(
      "after",
      "\nColumns: row (from 1, or the id column), score, p_value, threshold, is_anomaly (0 or 1)." +
        "\nA p-value is the share of normal rows that would look at least as abnormal.",
    );
  },

  async run(command, context) {
    const [modelPath, dataPath] = command.processedArgs as [string, string];
    const flags = command.opts<ScoreFlags>();
    const { output, signal } = context;
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
    if (out !== undefined) await checkWritable(out, { force: flags.force });
    useRuntime(flags.runtime, context);
    const { model } = await loadModelFile(modelPath);
    const { idColumn } = flags;
    const npz = await isNpz(dataPath);
    const textColumns = model.card.schema.categorical.map(({ name }) => name);
    if (idColumn !== undefined) textColumns.push(idColumn);
    const table = await readData(dataPath, { ...flags, textColumns: npz ? [] : textColumns }, context);
    const ids = rowIds(table, idColumn);

    const { percentile, threshold, operatingPoint } = flags;
    const scores = await model.score(table, {
      percentile,
      threshold,
      operatingPoint,
      signal,
      onProgress: (fraction) => output.progress("scoring", fraction),
    });
    output.endProgress();
    for (const sentence of describeNotes(scores.notes, table.source, [idColumn, npz ? "y" : undefined])) {
      output.warn(sentence);
    }
    await writeRows(ids, scores, out, flags, context);
    summarize(table.source, scores, out, context);
    return undefined;
  },
};

async function writeRows(
  ids: RowIds,
  { scores, pValues, isAnomaly, threshold }: Scores,
  out: string | undefined,
  { jsonl, force }: ScoreFlags,
  { signal }: CliContext,
): Promise<void> {
  const names = [ids.name, "score", "p_value", "threshold", "is_anomaly"];
  const limit = shortFloat32(threshold);
  const json = jsonl ?? /\.(jsonl|ndjson)$/i.test(out ?? "");
  const writer = await RowWriter.open(names, { out, json, force, signal });
  try {
    for (let row = 0; row < scores.length && !writer.readerGone; row++) {
      await writer.write([
        ids.of(row),
        shortFloat32(scores[row]!),
        shortFloat32(pValues[row]!),
        limit,
        isAnomaly[row]!,
      ]);
    }
    await writer.close();
  } finally {
    await writer.discard();
  }
}

function summarize(
  source: string,
  { scores, isAnomaly, threshold, notes }: Scores,
  out: string | undefined,
  { output }: CliContext,
): void {
  const anomalies = isAnomaly.reduce((sum, flag) => sum + flag, 0);
  const rows = scores.length;
  if (output.json) {
    output.resultJson({
      source,
      rows,
      anomalies,
      threshold: shortFloat32(threshold),
      out: out ?? null,
      notes,
    });
    return;
  }
  const text =
    `${count(anomalies)} of ${count(rows)} rows in ${source} (${percent(anomalies / rows)}) are above the threshold ` +
    `${figure(shortFloat32(threshold))}.`;
  if (out === undefined) output.note(text);
  else if (!output.quiet) output.result(`${text}\nWrote ${out}.`);
}
