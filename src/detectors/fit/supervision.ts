import { type Dataset, type Labels, selectSamples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { digestOf } from "../../math/digest.js";
import type { ModelCard } from "../../model/card.js";
import type { FitOptions } from "../../model/contract.js";
import { fingerprint } from "./fingerprint.js";

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

/**
 * Sorts out what a fit was told.
 * @throws HypersphereError `invalid-option` for a detector that has no use for it, and labels that do not fit the rows
 */
export async function sortTold(detector: string, data: Dataset, options: FitOptions): Promise<Told> {
  for (const what of Object.keys(LEARNS_FROM) as Telling[]) {
    if (options[what] !== undefined) requireLearnsFrom(detector, what);
  }
  const { labels, outliers, from } = options;
  const record = {
    ...(labels && { labels: await labelRecord(labels, data) }),
    ...(outliers && { outliers: { rows: outliers.rowCount, fingerprint: await fingerprint(outliers) } }),
    ...(from && { from: await digestOf([from.toBytes()]) }),
  };
  const digest = Object.keys(record).length === 0 ? [] : [JSON.stringify(record)];
  if (labels === undefined) {
    return { data, labelledNormal: undefined, anomalies: undefined, outliers, record, digest };
  }
  const rowsWhere = (wanted: (label: number) => boolean): Uint32Array =>
    Uint32Array.from(labels.keys()).filter((row) => wanted(labels[row]!));
  const others = rowsWhere((label) => label !== 1);
  const anomalies = rowsWhere((label) => label === 1);
  return {
    data: anomalies.length === 0 ? data : selectSamples(data, others),
    labelledNormal: Uint8Array.from(others, (row) => (labels[row] === 0 ? 1 : 0)),
    anomalies: anomalies.length === 0 ? undefined : selectSamples(data, anomalies),
    outliers,
    record,
    digest,
  };
}

async function labelRecord(
  labels: Labels,
  { rowCount, source }: Dataset,
): Promise<NonNullable<ModelCard["data"]["labels"]>> {
  if (labels.length !== rowCount) {
    throw new HypersphereError(
      "invalid-option",
      `There are ${labels.length} labels for the ${rowCount} rows of ${source}; each row needs one.`,
      { hint: "Label rows that nobody has judged with -1." },
    );
  }
  const wrong = labels.findIndex((label) => label !== 0 && label !== 1 && label !== -1);
  if (wrong >= 0) {
    throw new HypersphereError(
      "invalid-option",
      `labels[${wrong}] is ${labels[wrong]}, expected 1 (anomaly), 0 (normal) or -1 (nobody has judged the row).`,
    );
  }
  const count = (wanted: number): number =>
    labels.reduce((sum, label) => sum + (label === wanted ? 1 : 0), 0);
  const bytes = new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength);
  return { anomalies: count(1), normals: count(0), fingerprint: await digestOf([bytes]) };
}
