import type { Table } from "../data/index.js";
import type { Model } from "../model/index.js";
import type { CliContext } from "./command.js";
import { describeNotes } from "./schema-notes.js";

/** Scores of a table, with progress, and with a warning about every way in which it differs from the training data. */
export async function scoreTable(
  model: Model,
  table: Table,
  { output, signal }: CliContext,
): Promise<Float32Array> {
  const { scores, notes } = await model.score(table, {
    signal,
    onProgress: (fraction) => output.progress("scoring", fraction),
  });
  output.endProgress();
  for (const sentence of describeNotes(notes, table.source)) output.warn(sentence);
  return scores;
}
