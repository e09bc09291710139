import type { Model, Samples } from "hypersphere";
import { auroc } from "hypersphere/metrics";

/** What a version does on rows that it has not learned from, at its own threshold. */
export interface VersionFigures {
  /** Share of the normal rows that it flags, and of the anomalies; null without such rows. */
  readonly falseAlarms: number | null;
  readonly found: number | null;
  /** Chance that an anomaly scores above a normal row; null unless there are both. */
  readonly auroc: number | null;
}

export interface Comparison {
  /** The version before. */
  readonly version: number;
  /** Rows with a verdict that the new version was not given. */
  readonly normals: number;
  readonly anomalies: number;
  /** False where there are too few for the figures to mean much. */
  readonly enough: boolean;
  readonly note: string;
  readonly before: VersionFigures;
  readonly after: VersionFigures;
}

/** Of each class: below, one row moves a share by more than ten points. */
const LEAST = 10;
const NONE: VersionFigures = { falseAlarms: null, found: null, auroc: null };

/** @param labels 1 anomaly, 0 normal; one per row of the samples */
export async function compareVersions(
  before: { readonly model: Model; readonly version: number },
  after: Model,
  samples: Samples | undefined,
  labels: readonly number[],
): Promise<Comparison> {
  const anomalies = labels.filter((label) => label === 1).length;
  const normals = labels.length - anomalies;
  const enough = anomalies >= LEAST && normals >= LEAST;
  return {
    ...{ version: before.version, normals, anomalies, enough },
    note: enough
      ? "Rows with verdicts that this version was not given, each version at its own threshold."
      : `There are too few held-out verdicts to tell the versions apart: ${normals} normal and ${anomalies} anomalies, expected at least ${LEAST} of each.`,
    before: samples === undefined ? NONE : await figures(before.model, samples, labels),
    after: samples === undefined ? NONE : await figures(after, samples, labels),
  };
}

async function figures(model: Model, samples: Samples, labels: readonly number[]): Promise<VersionFigures> {
  const { scores, isAnomaly } = await model.score(samples);
  const share = (label: number): number | null => {
    const rows = labels.flatMap((each, row) => (each === label ? [row] : []));
    return rows.length === 0 ? null : rows.filter((row) => isAnomaly[row] === 1).length / rows.length;
  };
  const both = new Set(labels).size > 1;
  return { falseAlarms: share(0), found: share(1), auroc: both ? auroc(labels, scores) : null };
}
