import type { JobRow } from "../src/evaluate/compare/index.js";
import type { GoodRow } from "../src/evaluate/compare/summary.js";

/** A result as a run of a comparison leaves it, with made-up figures. */
export function goodRow(
  dataset: string,
  detector: string,
  seed: number,
  figures: Partial<Omit<GoodRow, "dataset" | "detector" | "seed" | "error">> = {},
): GoodRow {
  return {
    dataset,
    detector,
    seed,
    trainRows: 100,
    testRows: 150,
    prevalence: 0.1,
    auroc: 0.9,
    aurocLow: 0.85,
    aurocHigh: 0.95,
    averagePrecision: 0.5,
    precision: 0.6,
    recall: 0.7,
    f1: 0.65,
    falseAlarmRate: 0.05,
    threshold: 1.5,
    confusion: { truePositives: 10, falsePositives: 7, trueNegatives: 128, falseNegatives: 5 },
    precisionAtAnomalies: 0.55,
    recallAt1: 0.3,
    recallAt5: 0.7,
    untrainedAuroc: null,
    fitSeconds: 2,
    scoreSeconds: 0.5,
    modelBytes: 10_000,
    peakMemoryMiB: 200,
    curves: {
      roc: Array.from({ length: 101 }, (_, k) => Math.sqrt(k / 100)),
      pr: Array.from({ length: 101 }, (_, k) => 1 - k / 120),
      histogram: {
        low: 0.5,
        high: 3,
        logarithmic: false,
        normal: Array.from({ length: 40 }, (_, bin) => Math.max(0, 20 - bin)),
        anomaly: Array.from({ length: 40 }, (_, bin) => (bin > 30 ? 2 : 0)),
      },
    },
    ...figures,
  };
}

export const failedRow = (dataset: string, detector: string, seed: number, error = "it broke"): JobRow => ({
  dataset,
  detector,
  seed,
  error,
});
