import { type Dataset, type Labels, type Samples, samplesOf } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { counted } from "../text/format.js";
import { kindOf } from "./kinds/index.js";

/** One value per row from one per observation, such as scores of windows; see `Samples`. */
export function rowValues(
  { data, rows }: Samples,
  values: Float32Array,
  combine?: "mean" | "max",
): Float32Array {
  return rows === "observations" ? values : kindOf(data).stepValues(data, values, combine);
}

/** Only scores of time steps are made of several. @throws HypersphereError `invalid-option` where `combine` would do nothing */
export function requireSteps({ data, rows }: Samples, combine: "mean" | "max" | undefined): void {
  if (combine === undefined || rows === "time-steps") return;
  const { noun } = kindOf(data);
  throw new HypersphereError(
    "invalid-option",
    `option "combine" was given, but ${data.source} is scored ${noun.one} by ${noun.one}, not by time steps.`,
    { hint: "Leave it out: it says how the scores of the windows over a time step become one." },
  );
}

/**
 * The same samples with one row per observation. A window has an anomaly if any of its steps is one, and belongs to a
 * part of the given split if all of its steps do.
 */
export function observations(given: Dataset | Samples): Samples {
  const samples = samplesOf(given);
  if (samples.rows === "observations") return samples;
  const { data, labels, split, rowCount } = samples;
  const kind = kindOf(data);
  const within = (part: Uint32Array): Uint32Array => {
    const outside = new Int8Array(rowCount).fill(1);
    for (const row of part) outside[row] = 0;
    return indicesOf(kind.observationLabels(data, outside), (label) => label === 0);
  };
  return {
    ...samples,
    rows: "observations",
    rowCount: data.rowCount,
    labels: labels && kind.observationLabels(data, labels),
    names: undefined,
    entities: undefined,
    split: split && { train: within(split.train), test: within(split.test) },
  };
}

/** Some rows of samples whose rows are observations, in the order of `rows`. */
export function selectRowsOf({ names, entities, mask, ...samples }: Samples, rows: Uint32Array): Samples {
  const { data, labels } = samples;
  return {
    ...samples,
    data: kindOf(data).select(data, rows),
    rowCount: rows.length,
    labels: labels && Int8Array.from(rows, (row) => labels[row]!),
    names: names && { columns: names.columns, of: (row) => names.of(rows[row]!) },
    entities: entities && { ...entities, codes: Int32Array.from(rows, (row) => entities.codes[row]!) },
    mask: mask && ((row) => mask(rows[row]!)),
    split: undefined,
  };
}

/** The training rows of a given split; all rows without one. */
export function trainingPart(given: Dataset | Samples): Samples {
  const samples = observations(given);
  return samples.split === undefined ? samples : selectRowsOf(samples, samples.split.train);
}

/**
 * The test rows of a given split; all rows, unchanged, without one. Time steps stay time steps: the windows that are
 * left cover those of the test part alone, and the others have no label.
 */
export function testPart(given: Dataset | Samples): Samples {
  const samples = samplesOf(given);
  if (samples.split === undefined) return samples;
  const each = observations(samples);
  if (samples.rows === "observations") return selectRowsOf(each, each.split!.test);
  const { labels } = samples;
  const unlabelled = labels && new Int8Array(samples.rowCount).fill(-1);
  if (labels && unlabelled) for (const row of samples.split.test) unlabelled[row] = labels[row]!;
  return {
    ...samples,
    data: kindOf(samples.data).select(samples.data, each.split!.test),
    labels: unlabelled,
    split: undefined,
  };
}

/** Rows with such a label, ascending. */
export const indicesOf = (labels: Labels, wanted: (label: number) => boolean): Uint32Array =>
  Uint32Array.from(labels.keys()).filter((row) => wanted(labels[row]!));

/** How many rows there are of each label. */
export interface LabelCounts {
  readonly normals: number;
  readonly anomalies: number;
  readonly unlabelled: number;
}

export function labelCounts(labels: Labels): LabelCounts {
  const count = (wanted: number): number =>
    labels.reduce((sum, label) => sum + (label === wanted ? 1 : 0), 0);
  return { normals: count(0), anomalies: count(1), unlabelled: count(-1) };
}

/**
 * The observations to learn from for detectors that learn from normal ones alone: those labelled normal, or all of
 * them where nothing is labelled.
 * @throws HypersphereError `unfit-data` when there are labels and none of them is normal
 */
export function normalObservations(samples: Samples): Samples {
  const { labels, labelColumn, data } = samples;
  if (labels === undefined) return samples;
  const { normals, anomalies, unlabelled } = labelCounts(labels);
  if (normals > 0) {
    return selectRowsOf(
      samples,
      indicesOf(labels, (label) => label === 0),
    );
  }
  const found = [
    ...(anomalies > 0 ? [counted(anomalies, "anomaly", "anomalies")] : []),
    ...(unlabelled > 0 ? [counted(unlabelled, "row without a label", "rows without a label")] : []),
  ];
  const where = labelColumn === undefined ? "the labels name" : `label column "${labelColumn}" has`;
  throw new HypersphereError(
    "unfit-data",
    `${data.source}: ${where} no normal rows to learn from, only ${found.join(" and ") || "nothing"}.`,
    { hint: 'Say which label is of normal rows (option "normalLabel").' },
  );
}
