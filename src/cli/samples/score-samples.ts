import { pointScores } from "../../data/series/points.js";
import { HypersphereError } from "../../errors.js";
import type { Model, ScoreOptions, Scores } from "../../model/index.js";
import { pValues } from "../../scoring/index.js";
import type { CliContext } from "../command.js";
import type { ScoringSampleFlags } from "../flags/sample-flags.js";
import { describeNotes } from "../print/schema-notes.js";
import { noLabels, type Tally, tally } from "./labelled-table.js";
import { readSamplesFor, type ScoringSamples } from "./scoring-samples.js";

type Combine = ScoringSampleFlags["combine"];

/** Scores of every row, with progress, and with a warning about every way in which the data differ from training. */
export async function scoreSamples(
  model: Model,
  samples: ScoringSamples,
  { output, signal }: CliContext,
  decision: ScoreOptions = {},
  combine?: Combine,
): Promise<Scores> {
  const scores = await model.score(samples.data, {
    ...decision,
    signal,
    onProgress: (fraction) => output.progress("scoring", fraction),
  });
  output.endProgress();
  if (samples.points && combine === "max") {
    output.warn(
      "The highest of several windows is held against single ones: expect more false alarms than promised.",
    );
  }
  for (const sentence of describeNotes(scores.notes, samples.data.source, samples.extra))
    output.warn(sentence);
  return samples.points ? pointResults(model, samples, scores, combine) : scores;
}

/** One value per row from one per sample, such as the scores of a control. */
export function rowValues(
  { data, points }: ScoringSamples,
  values: Float32Array,
  combine?: Combine,
): Float32Array {
  return points && data.kind === "series"
    ? Float32Array.from(pointScores(data, values, { combine }).scores)
    : values;
}

/**
 * What scores of windows say about time steps. A step's score is held against those of held-out windows, see
 * docs/series.md for what that promises.
 */
function pointResults(model: Model, samples: ScoringSamples, windows: Scores, combine: Combine): Scores {
  const scores = rowValues(samples, windows.scores, combine);
  const covered = Uint32Array.from(scores.keys()).filter((row) => !Number.isNaN(scores[row]));
  const p = new Float32Array(scores.length).fill(Number.NaN);
  const of = pValues(
    model.calibrationScores,
    Float32Array.from(covered, (row) => scores[row]!),
  );
  covered.forEach((row, k) => {
    p[row] = of[k]!;
  });
  return {
    ...windows,
    scores,
    pValues: p,
    isAnomaly: Uint8Array.from(scores, (score) => (score > windows.threshold ? 1 : 0)),
    ...(windows.probabilities && { probabilities: rowValues(samples, windows.probabilities, combine) }),
  };
}

/** The rows of a file that have a label, and their scores. */
export interface LabelledScores {
  readonly source: string;
  readonly labelColumn: string;
  readonly scores: Float32Array;
  /** 0 or 1 per score. */
  readonly labels: Int8Array<ArrayBuffer>;
  /** Of the whole file. */
  readonly tally: Tally;
}

/** @throws HypersphereError `invalid-option` where nothing says which rows are anomalies; `unfit-data` where no row has a label */
export async function labelledScores(
  model: Model,
  path: string,
  flags: ScoringSampleFlags,
  context: CliContext,
): Promise<LabelledScores> {
  const samples = await readSamplesFor(model, path, flags, context);
  const rows = labelledRows(samples);
  const { scores } = await scoreSamples(model, samples, context, {}, flags.combine);
  const scored = rows.filter((row) => !Number.isNaN(scores[row]));
  return {
    source: samples.data.source,
    labelColumn: samples.labelColumn!,
    scores: Float32Array.from(scored, (row) => scores[row]!),
    labels: Int8Array.from(scored, (row) => samples.labels![row]!),
    tally: tally(samples.labels!),
  };
}

/** Rows that have a label, ascending. @throws HypersphereError as `labelledScores` does */
export function labelledRows({ labels, labelColumn, data }: ScoringSamples): Uint32Array {
  if (labels === undefined) throw noLabels();
  const rows = Uint32Array.from(labels.keys()).filter((row) => labels[row]! >= 0);
  if (rows.length > 0) return rows;
  throw new HypersphereError("unfit-data", `${data.source}: no row has a label in "${labelColumn}".`);
}
