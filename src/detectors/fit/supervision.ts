import { type Dataset, type Labels, labelsFrom, type Samples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import {
  fingerprint,
  indicesOf,
  labelCounts,
  normalObservations,
  observations,
  selectRowsOf,
  selectSamples,
  trainingPart,
} from "../../features/index.js";
import { digestOf } from "../../math/digest.js";
import type { ModelCard } from "../../model/card.js";
import type { FitOptions } from "../../model/contract.js";

/** What a fit can be told beside its rows, and the detectors that learn from it. */
export const LEARNS_FROM = {
  labels: ["deep-sad", "hsc", "drocc"],
  outliers: ["deep-sad", "hsc"],
  from: ["deep-sad"],
} as const satisfies Partial<Record<keyof FitOptions, readonly string[]>>;

type Telling = keyof typeof LEARNS_FROM;

export const learnsFrom = (detector: string, what: Telling): boolean =>
  (LEARNS_FROM[what] as readonly string[]).includes(detector);

/** @throws HypersphereError `invalid-option` for a detector that cannot learn from it, naming those that can */
export function requireLearnsFrom(detector: string, what: Telling): void {
  if (learnsFrom(detector, what)) return;
  throw new HypersphereError(
    "invalid-option",
    `${detector} cannot learn from ${NOUNS[what]}; ${listed(LEARNS_FROM[what])} can.`,
    {
      hint:
        what === "labels"
          ? "Train on the normal rows only, or choose a detector that learns from labels."
          : "Leave that out, or choose another detector.",
    },
  );
}

/** "a", "a and b", "a, b and c" */
const listed = (names: readonly string[]): string => names.join(", ").replace(/, ([^,]*)$/, " and $1");

/** A fit's data sorted by what is known of them. */
export interface Told {
  /** All but the labelled anomalies: what is split, trained on, validated and calibrated with. */
  readonly data: Dataset;
  /** 1 for each row of `data` that a person called normal; undefined without labels. */
  readonly labelledNormal: Uint8Array | undefined;
  /** Labelled anomalies. They reach the training matrix and nothing else. */
  readonly anomalies: Dataset | undefined;
  readonly outliers: Dataset | undefined;
  /** For the card: how much of it there was. */
  readonly record: Pick<ModelCard["data"], "labels" | "outliers" | "from">;
  /** Tells fits apart that were told different things; empty for fits that were told nothing. */
  readonly digest: readonly string[];
}

const NOUNS: Readonly<Record<Telling, string>> = {
  labels: "labels",
  outliers: "outliers",
  from: "another model",
};

/** The observations that a fit takes part in, and their labels where the detector learns from them. */
export interface TrainingSet {
  readonly data: Dataset;
  readonly labels: Labels | undefined;
}

/**
 * What a detector is given of its samples: the training part of a split that they came with; all labels for a detector
 * that learns from them, else the observations labelled normal, and nothing else.
 * @throws HypersphereError `invalid-option` for labels given twice, or that do not fit the rows; `unfit-data` where none
 * is normal
 */
export function trainingSet(
  detector: string,
  given: Dataset | Samples,
  { labels }: Pick<FitOptions, "labels">,
): TrainingSet {
  const samples = trainingPart(given);
  if (labels !== undefined) {
    requireLearnsFrom(detector, "labels");
    if (samples.labels !== undefined) {
      throw new HypersphereError(
        "invalid-option",
        `${samples.data.source} has labels of its own, and labels were given beside them.`,
        { hint: "Give them once." },
      );
    }
    return { data: samples.data, labels: labelsFrom(labels, samples) };
  }
  if (learnsFrom(detector, "labels")) return { data: samples.data, labels: samples.labels };
  return { data: normalObservations(samples).data, labels: undefined };
}

/** A second data set of anything but normals: rows in it that are labelled normal are left out. */
function outliersOf(given: Dataset | Samples): Dataset {
  const samples = observations(given);
  const { labels } = samples;
  if (labels === undefined) return samples.data;
  return selectRowsOf(
    samples,
    indicesOf(labels, (label) => label !== 0),
  ).data;
}

/**
 * Sorts out what a fit was told.
 * @throws HypersphereError `invalid-option` for a detector that has no use for it
 */
export async function sortTold(
  detector: string,
  { data, labels }: TrainingSet,
  options: FitOptions,
): Promise<Told> {
  for (const what of Object.keys(LEARNS_FROM) as Telling[]) {
    if (options[what] !== undefined) requireLearnsFrom(detector, what);
  }
  const { from } = options;
  const outliers = options.outliers && outliersOf(options.outliers);
  const record = {
    ...(labels && { labels: await labelRecord(labels) }),
    ...(outliers && { outliers: { rows: outliers.rowCount, fingerprint: await fingerprint(outliers) } }),
    ...(from && { from: await digestOf([from.toBytes()]) }),
  };
  const digest = Object.keys(record).length === 0 ? [] : [JSON.stringify(record)];
  if (labels === undefined) {
    return { data, labelledNormal: undefined, anomalies: undefined, outliers, record, digest };
  }
  const others = indicesOf(labels, (label) => label !== 1);
  const anomalies = indicesOf(labels, (label) => label === 1);
  return {
    data: anomalies.length === 0 ? data : selectSamples(data, others),
    labelledNormal: Uint8Array.from(others, (row) => (labels[row] === 0 ? 1 : 0)),
    anomalies: anomalies.length === 0 ? undefined : selectSamples(data, anomalies),
    outliers,
    record,
    digest,
  };
}

async function labelRecord(labels: Labels): Promise<NonNullable<ModelCard["data"]["labels"]>> {
  const { anomalies, normals } = labelCounts(labels);
  const bytes = new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength);
  return { anomalies, normals, fingerprint: await digestOf([bytes]) };
}
