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
import { digestOf, sha256 } from "../../math/digest.js";
import type { ModelCard } from "../../model/card.js";
import type { FitOptions } from "../../model/contract.js";
import { type Abilities, learnsFrom, requireLearnsFrom, SUPERVISIONS } from "./abilities.js";

/** Who fits, and whom else a refusal can name. */
export interface Learner extends Abilities {
  readonly known: Iterable<Abilities>;
}

/** A fit's data sorted by what is known of them. */
export interface Supervised {
  /** All but the labelled anomalies: what is split, trained on, validated and calibrated with. */
  readonly data: Dataset;
  /** 1 for each row of `data` that a person called normal; undefined without labels. */
  readonly labelledNormal: Uint8Array | undefined;
  /** Labelled anomalies. They reach the training matrix and nothing else. */
  readonly anomalies: Dataset | undefined;
  readonly outliers: Dataset | undefined;
  /** For the card: how much of it there was. */
  readonly record: Pick<ModelCard["data"], "labels" | "outliers" | "from">;
  /** Tells fits with different supervision apart; empty for fits with none. */
  readonly digest: readonly string[];
}

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
  detector: Learner,
  given: Dataset | Samples,
  { labels }: Pick<FitOptions, "labels">,
): TrainingSet {
  const samples = trainingPart(given);
  if (labels !== undefined) {
    requireLearnsFrom(detector, "labels", detector.known);
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
 * Sorts the data of a fit by what is known of them.
 * @throws HypersphereError `invalid-option` for a detector that has no use for it
 */
export async function sortSupervision(
  detector: Learner,
  { data, labels }: TrainingSet,
  options: FitOptions,
): Promise<Supervised> {
  for (const what of SUPERVISIONS) {
    if (options[what] !== undefined) requireLearnsFrom(detector, what, detector.known);
  }
  const { from } = options;
  const outliers = options.outliers && outliersOf(options.outliers);
  const record = {
    ...(labels && { labels: await labelRecord(labels) }),
    ...(outliers && { outliers: { rows: outliers.rowCount, fingerprint: await fingerprint(outliers) } }),
    ...(from && { from: await digestOf([from.toBytes()]) }),
  };
  const digest = Object.keys(record).length === 0 ? [] : [JSON.stringify(record)];
  if (options.backbone !== undefined) digest.push(await sha256(options.backbone.bytes));
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
