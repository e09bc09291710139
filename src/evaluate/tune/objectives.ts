import type { Labels } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { labelCounts } from "../../features/index.js";

export const LABEL_FREE_OBJECTIVES = ["combined", "separation", "stability", "consensus"] as const;
export const LABELLED_OBJECTIVES = ["auroc", "average-precision"] as const;
export const TUNE_OBJECTIVES = [...LABEL_FREE_OBJECTIVES, ...LABELLED_OBJECTIVES] as const;

/**
 * What a search makes large, from 0 to 1. Without labels: how well held-out normal rows are told from damaged ones
 * (`separation`: mean AUROC over kinds of damage), how alike two halves of the rows make the detector rank (`stability`), how
 * alike simple detectors rank (`consensus`), or half of the first and a quarter of each other one (`combined`). With labels:
 * AUROC or average precision on rows that were held out.
 */
export type TuneObjective = (typeof TUNE_OBJECTIVES)[number];

/** Shares of the parts of `combined`. */
export const COMBINED = { separation: 0.5, stability: 0.25, consensus: 0.25 } as const;

export const needsLabels = (objective: TuneObjective): boolean =>
  (LABELLED_OBJECTIVES as readonly string[]).includes(objective);

/**
 * The objective of that name; without one, AUROC where there are labels of both kinds.
 * @throws HypersphereError `invalid-option` for others, the loss of training among them
 */
export function objectiveOf(given: string | undefined, labels: Labels | undefined): TuneObjective {
  if (given === undefined) return bothKinds(labels) ? "auroc" : "combined";
  if (given === "loss") {
    throw new HypersphereError(
      "invalid-option",
      "The loss of training is no objective: it is lowest where the network has collapsed to a constant, which tells nothing apart.",
      { hint: `Choose one of ${TUNE_OBJECTIVES.join(", ")}.` },
    );
  }
  const found = TUNE_OBJECTIVES.find((name) => name === given);
  if (found === undefined) {
    throw new HypersphereError(
      "invalid-option",
      `The objective is "${given}", expected one of ${TUNE_OBJECTIVES.join(", ")}.`,
    );
  }
  return found;
}

/** @throws HypersphereError `unfit-data` where the objective needs labels of both kinds */
export function requireLabelsFor(objective: TuneObjective, labels: Labels | undefined, source: string): void {
  if (!needsLabels(objective) || bothKinds(labels)) return;
  const counts = labels && labelCounts(labels);
  const what =
    counts === undefined
      ? "has no labels"
      : counts.anomalies === 0
        ? "has no row that is labelled an anomaly"
        : "has no row that is labelled normal";
  throw new HypersphereError("unfit-data", `${source} ${what}, which the objective ${objective} needs.`, {
    hint: "Give the column of the labels, or choose an objective that needs no labels, such as combined.",
  });
}

function bothKinds(labels: Labels | undefined): boolean {
  if (labels === undefined) return false;
  const { normals, anomalies } = labelCounts(labels);
  return normals > 0 && anomalies > 0;
}

/**
 * What labels can tell: half the width of the 95 % interval of an AUROC from so few rows, at most (Birnbaum and Klose's
 * bound of its variance).
 */
export function labelDoubt(
  auroc: number,
  labels: Labels,
): { readonly anomalies: number; readonly doubt: number } {
  const { anomalies, normals } = labelCounts(labels);
  return { anomalies, doubt: 1.96 * Math.sqrt((auroc * (1 - auroc)) / Math.min(anomalies, normals)) };
}
