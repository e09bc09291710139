import type { Samples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import {
  columnSchema,
  describeNotes,
  indicesOf,
  type LabelCounts,
  labelCounts,
  type SchemaNotes,
} from "../../features/index.js";
import { otherOperatingPoint } from "../../incidents/index.js";
import { bringsLabels } from "../../io/open.js";
import type { Model, ScoreOptions, Scores } from "../../model/index.js";
import { unusuallyNormal } from "../../scoring/index.js";
import type { CliContext } from "../command.js";
import type { LabelFlags } from "../flags/data-flags.js";
import type { ScoringSampleFlags } from "../flags/sample-flags.js";
import type { Output } from "../output.js";
import { describeOperatingPoint } from "../print/operating-point.js";
import { describeUnusuallyNormal } from "../print/unusually-normal.js";
import { openSamples } from "./open-samples.js";

/** Scores of every row, with progress, and with a warning about every way in which the data differ from training. */
export async function scoreSamples(
  model: Model,
  samples: Samples,
  { output, signal }: CliContext,
  options: ScoreOptions = {},
): Promise<Scores> {
  const scores = await model.score(samples, {
    ...options,
    signal,
    onProgress: (fraction) => output.progress("scoring", fraction),
  });
  output.endProgress();
  warnOfScores(model, scores, samples, options.combine, output);
  return scores;
}

/** What is odd about scores, and about the data that they are of; first what makes all else say little. */
export function warnOfScores(
  model: Model,
  scores: Scores,
  samples: Samples,
  combine: ScoreOptions["combine"],
  output: Output,
): void {
  const other = otherOperatingPoint(model, samples, scores);
  if (other !== undefined) output.warn(describeOperatingPoint(other, samples.data.source));
  // Maps show what an image has that it should not have, and not what it lacks.
  const normal =
    model.card.map === undefined ? undefined : unusuallyNormal(scores.scores, model.calibrationScores);
  if (normal !== undefined)
    output.warn(describeUnusuallyNormal(normal, model.calibrationScores.length, samples.data.source));
  if (samples.rows === "time-steps" && combine === "max") {
    output.warn(
      "The highest of several windows is compared with single ones: expect more false alarms than promised.",
    );
  }
  warnOfDifferences(scores.notes, samples, output);
}

/** A warning about every way in which the data differ from training. Columns of labels and names need not be known. */
export function warnOfDifferences(
  differences: SchemaNotes,
  { data, names, labelColumn }: Samples,
  output: Output,
): void {
  const expected = [...(names?.columns ?? []), labelColumn];
  for (const sentence of describeNotes(differences, data.source, expected)) output.warn(sentence);
}

/** The rows of a file that have a label, and their scores. */
interface LabelledScores {
  readonly source: string;
  readonly scores: Float32Array;
  /** 0 or 1 per score. */
  readonly labels: Int8Array<ArrayBuffer>;
  /** Of the whole file. */
  readonly counts: LabelCounts;
}

/** @throws HypersphereError `invalid-option` where nothing says which rows are anomalies; `unfit-data` where no row has a label */
export async function labelledScores(
  model: Model,
  path: string,
  flags: ScoringSampleFlags,
  context: CliContext,
): Promise<LabelledScores> {
  const samples = await openSamples(path, flags, context, { model });
  const rows = labelledRows(samples);
  const { scores } = await scoreSamples(model, samples, context, { combine: flags.combine });
  const scored = rows.filter((row) => !Number.isNaN(scores[row]));
  return {
    source: samples.data.source,
    scores: Float32Array.from(scored, (row) => scores[row]!),
    labels: Int8Array.from(scored, (row) => samples.labels![row]!),
    counts: labelCounts(samples.labels!),
  };
}

/** Rows that have a label, ascending. @throws HypersphereError as `labelledScores` does */
function labelledRows({ labels, labelColumn, data }: Samples): Uint32Array {
  if (labels === undefined) throw noLabels();
  const rows = indicesOf(labels, (label) => label >= 0);
  if (rows.length > 0) return rows;
  throw new HypersphereError("unfit-data", `${data.source}: no row has a label in "${labelColumn}".`);
}

/** Refuses before anything is read. @throws HypersphereError `invalid-option` without a label column */
export async function requireLabelColumn(
  path: string,
  { card: { schema } }: Pick<Model, "card">,
  { labelColumn }: LabelFlags,
): Promise<void> {
  // Images have their labels from folders or classes.
  if (columnSchema(schema) === undefined || labelColumn !== undefined) return;
  if (!(await bringsLabels(path))) throw noLabels();
}

function noLabels(): HypersphereError {
  return new HypersphereError("invalid-option", "No label column was given.", {
    hint: "Add --label-column; `hypersphere inspect` lists the columns of a file.",
  });
}
