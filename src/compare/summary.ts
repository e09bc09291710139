import { ranks } from "../math/quantile.js";
import type { JobMetrics, JobRow } from "./job.js";

export type GoodRow = JobRow & JobMetrics;

export const succeeded = (row: JobRow): row is GoodRow => row.error === undefined;

/** One detector over all data sets and seeds. */
export interface DetectorSummary {
  readonly detector: string;
  /** Data sets on which every seed succeeded. */
  readonly datasets: number;
  readonly failures: number;
  /** Mean over data sets of the mean over seeds, and the mean over data sets of the deviation between seeds. */
  readonly auroc: number;
  readonly aurocDeviation: number;
  readonly averagePrecision: number;
  /** Mean rank by AUROC over the data sets that all detectors managed; 1 is best, ties share. NaN without such. */
  readonly rank: number;
  readonly untrainedAuroc: number | null;
  readonly fitSeconds: number;
  readonly scoreSeconds: number;
  readonly peakMemoryMiB: number;
}

export interface ComparisonSummary {
  /** Best first, by mean AUROC over the data sets that all detectors managed. */
  readonly detectors: readonly DetectorSummary[];
  /** Data sets that all detectors managed: those that means and ranks are taken over. */
  readonly common: readonly string[];
  /** Nemenyi's critical difference of mean ranks at 5 %; undefined for fewer than two detectors or data sets. */
  readonly criticalDifference: number | undefined;
  readonly failures: readonly {
    readonly dataset: string;
    readonly detector: string;
    readonly seed: number;
    readonly error: string;
  }[];
}

/**
 * Studentised range statistic divided by sqrt 2 at 5 %, for 2 to 20 detectors (Demsar 2006, table 5a, continued from
 * tables of the studentised range with infinite degrees of freedom).
 */
const NEMENYI_5_PERCENT = [
  1.96, 2.343, 2.569, 2.728, 2.85, 2.949, 3.031, 3.102, 3.164, 3.219, 3.268, 3.313, 3.354, 3.391, 3.426,
  3.458, 3.489, 3.517, 3.544,
];

/** Mean ranks further apart than this differ at 5 % (Nemenyi test after Friedman's; Demsar, JMLR 7, 2006). */
export function criticalDifference(detectors: number, datasets: number): number | undefined {
  const q = NEMENYI_5_PERCENT[detectors - 2];
  return q === undefined || datasets < 2
    ? undefined
    : q * Math.sqrt((detectors * (detectors + 1)) / (6 * datasets));
}

export function summarize(rows: readonly JobRow[]): ComparisonSummary {
  const names = [...new Set(rows.map(({ detector }) => detector))];
  const datasets = [...new Set(rows.map(({ dataset }) => dataset))];
  const good = rows.filter(succeeded);
  const failures = rows.flatMap(({ dataset, detector, seed, error }) =>
    error === undefined ? [] : [{ dataset, detector, seed, error }],
  );
  const failed = new Set(failures.map(({ dataset, detector }) => JSON.stringify([dataset, detector])));
  const cell = (dataset: string, detector: string): GoodRow[] =>
    good.filter((row) => row.dataset === dataset && row.detector === detector);
  const managed = (dataset: string, detector: string): boolean =>
    cell(dataset, detector).length > 0 && !failed.has(JSON.stringify([dataset, detector]));
  const common = datasets.filter((dataset) => names.every((name) => managed(dataset, name)));
  const meanOver = (detector: string, pick: (row: GoodRow) => number): number =>
    average(common.map((dataset) => average(cell(dataset, detector).map(pick))));

  // Rank 1 for the highest AUROC on each data set.
  const rankSums = new Float64Array(names.length);
  for (const dataset of common) {
    const aurocs = names.map((name) => average(cell(dataset, name).map(({ auroc }) => auroc)));
    ranks(aurocs.map((auroc) => -auroc)).forEach((rank, k) => {
      rankSums[k]! += rank;
    });
  }

  const detectors = names.map((detector, k): DetectorSummary => {
    const untrained = common.flatMap((dataset) => cell(dataset, detector)).map((row) => row.untrainedAuroc);
    return {
      detector,
      datasets: datasets.filter((dataset) => managed(dataset, detector)).length,
      failures: failures.filter((failure) => failure.detector === detector).length,
      auroc: meanOver(detector, (row) => row.auroc),
      aurocDeviation: average(
        common.map((dataset) => deviation(cell(dataset, detector).map((row) => row.auroc))),
      ),
      averagePrecision: meanOver(detector, (row) => row.averagePrecision),
      rank: rankSums[k]! / common.length,
      untrainedAuroc:
        untrained.includes(null) || untrained.length === 0
          ? null
          : meanOver(detector, (row) => row.untrainedAuroc!),
      fitSeconds: meanOver(detector, (row) => row.fitSeconds),
      scoreSeconds: meanOver(detector, (row) => row.scoreSeconds),
      peakMemoryMiB: meanOver(detector, (row) => row.peakMemoryMiB),
    };
  });
  return {
    detectors: detectors.sort((a, b) => b.auroc - a.auroc),
    common,
    criticalDifference: criticalDifference(names.length, common.length),
    failures,
  };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** With the divisor n - 1; zero for a single value. */
function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = average(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
