import { ranks } from "../../math/quantile.js";
import { repeatsNote } from "../repeats.js";
import type { JobMetrics, JobRow } from "./job.js";

export type GoodRow = JobRow & JobMetrics;

export const succeeded = (row: JobRow): row is GoodRow => row.error === undefined;

/** One detector over all data sets and seeds. */
export interface DetectorSummary {
  readonly detector: string;
  /** Data sets on which every seed succeeded. */
  readonly datasets: number;
  readonly failures: number;
  /**
   * Mean over data sets of the mean over seeds, and the mean over data sets of the deviation between seeds. All means
   * are over the common data sets, and NaN without such.
   */
  readonly auroc: number;
  readonly aurocDeviation: number;
  readonly averagePrecision: number;
  /** Mean rank by AUROC; 1 is best, ties share. NaN for a detector that managed no data set. */
  readonly rank: number;
  readonly untrainedAuroc: number | null;
  /** Null unless all runs on the common data sets have figures of pixels. */
  readonly pixelAuroc: number | null;
  readonly pixelAveragePrecision: number | null;
  readonly pixelAupro: number | null;
  /** NaN where nothing measured time, or memory. */
  readonly fitSeconds: number;
  readonly scoreSeconds: number;
  readonly peakMemoryMiB: number;
}

export interface ComparisonSummary {
  /** Best first, by mean AUROC over the common data sets; detectors without figures at the end. */
  readonly detectors: readonly DetectorSummary[];
  /**
   * Data sets that all detectors managed: those that means and ranks are taken over. A detector that managed none at
   * all is not waited for: it would leave nothing to compare the others by.
   */
  readonly common: readonly string[];
  /** Nemenyi's critical difference of mean ranks at 5 %; undefined for fewer than two detectors or data sets. */
  readonly criticalDifference: number | undefined;
  readonly failures: readonly {
    readonly dataset: string;
    readonly detector: string;
    readonly seed: number;
    readonly error: string;
  }[];
  /** What to be careful with, in sentences that begin with the data set. */
  readonly notes: readonly string[];
}

/**
 * Studentised range statistic with infinite degrees of freedom, divided by sqrt 2, at 5 %, for 2 to 20 detectors
 * (Demsar 2006, table 5a, which ends at 10 and rounds some of these down; here as scipy computes them).
 */
const NEMENYI_5_PERCENT = [
  1.96, 2.3437, 2.569, 2.7278, 2.8497, 2.9483, 3.0309, 3.1017, 3.1637, 3.2187, 3.268, 3.3127, 3.3536, 3.3912,
  3.426, 3.4584, 3.4887, 3.5171, 3.5438,
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
  const ranked = names.filter((name) => datasets.some((dataset) => managed(dataset, name)));
  const common =
    ranked.length === 0 ? [] : datasets.filter((dataset) => ranked.every((name) => managed(dataset, name)));
  const meanOver = (detector: string, pick: (row: GoodRow) => number | null): number =>
    average(common.map((dataset) => average(cell(dataset, detector).map((row) => pick(row) ?? Number.NaN))));

  // Rank 1 for the highest AUROC on each data set.
  const rankSums = new Map(ranked.map((name) => [name, 0]));
  for (const dataset of common) {
    const aurocs = ranked.map((name) => average(cell(dataset, name).map(({ auroc }) => auroc)));
    ranks(aurocs.map((auroc) => -auroc)).forEach((rank, k) => {
      rankSums.set(ranked[k]!, rankSums.get(ranked[k]!)! + rank);
    });
  }

  const detectors = names.map((detector): DetectorSummary => {
    const own = common.flatMap((dataset) => cell(dataset, detector));
    const meanOfAll = (pick: (row: GoodRow) => number | null | undefined): number | null =>
      own.length === 0 || own.some((row) => (pick(row) ?? null) === null)
        ? null
        : meanOver(detector, (row) => pick(row)!);
    return {
      detector,
      datasets: datasets.filter((dataset) => managed(dataset, detector)).length,
      failures: failures.filter((failure) => failure.detector === detector).length,
      auroc: meanOver(detector, (row) => row.auroc),
      aurocDeviation: average(
        common.map((dataset) => deviation(cell(dataset, detector).map((row) => row.auroc))),
      ),
      averagePrecision: meanOver(detector, (row) => row.averagePrecision),
      rank: (rankSums.get(detector) ?? Number.NaN) / common.length,
      untrainedAuroc: meanOfAll((row) => row.untrainedAuroc),
      pixelAuroc: meanOfAll((row) => row.pixelAuroc),
      pixelAveragePrecision: meanOfAll((row) => row.pixelAveragePrecision),
      pixelAupro: meanOfAll((row) => row.pixelAupro),
      fitSeconds: meanOver(detector, (row) => row.fitSeconds),
      scoreSeconds: meanOver(detector, (row) => row.scoreSeconds),
      peakMemoryMiB: meanOver(detector, (row) => row.peakMemoryMiB),
    };
  });
  return {
    detectors: detectors.sort((a, b) => sortKey(b) - sortKey(a)),
    common,
    criticalDifference: criticalDifference(ranked.length, common.length),
    failures,
    notes: datasets.flatMap((dataset) => repeatNotes(good.filter((row) => row.dataset === dataset))),
  };
}

/** Of all runs on a data set the one with most repeats: which rows test may depend on the seed. */
function repeatNotes(rows: readonly GoodRow[]): string[] {
  const most = rows.reduce<GoodRow | undefined>(
    (highest, row) => ((row.repeatedTestRows ?? 0) > (highest?.repeatedTestRows ?? 0) ? row : highest),
    undefined,
  );
  if (most === undefined) return [];
  return [`${most.dataset}: ${repeatsNote(most.repeatedTestRows!, most.testRows, "rows")}`];
}

/** NaN compares with nothing, and would leave the order to chance. */
const sortKey = ({ auroc }: DetectorSummary): number => (Number.isNaN(auroc) ? -1 : auroc);

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** With the divisor n - 1; zero for a single value. */
function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = average(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
