import { selectRows, type Table } from "../../data/index.js";
import type { Detector } from "../../detectors/registry.js";
import { createRandom } from "../../math/random.js";
import {
  auroc,
  aurocInterval,
  averagePrecision,
  type Confusion,
  confusion,
  f1,
  falseAlarmRate,
  precision,
  precisionAtK,
  prevalence,
  recall,
  recallAtFalseAlarmRate,
} from "../../metrics/index.js";
import { type ThinnedCurves, thinnedCurves } from "./curves.js";
import { type ProtocolOptions, protocolSplit } from "./protocol.js";

export interface JobKey {
  readonly dataset: string;
  readonly detector: string;
  readonly seed: number;
}

export interface JobMetrics {
  readonly trainRows: number;
  readonly testRows: number;
  /** Share of anomalies in the test rows: the average precision of guessing. */
  readonly prevalence: number;
  readonly auroc: number;
  /** DeLong's 95 % interval; null with fewer than two test rows of a kind. */
  readonly aurocLow: number | null;
  readonly aurocHigh: number | null;
  readonly averagePrecision: number;
  /** At the model's own threshold; null where no row was flagged. */
  readonly precision: number | null;
  readonly recall: number;
  readonly f1: number;
  readonly falseAlarmRate: number;
  readonly threshold: number;
  readonly confusion: Confusion;
  /** Precision among as many top rows as there are anomalies. */
  readonly precisionAtAnomalies: number;
  /** Share of anomalies found when 1 % and 5 % of the normals are flagged. */
  readonly recallAt1: number;
  readonly recallAt5: number;
  /** AUROC of the same networks before training, where the detector has networks. */
  readonly untrainedAuroc: number | null;
  readonly fitSeconds: number;
  readonly scoreSeconds: number;
  readonly modelBytes: number;
  /** Of the whole process that ran the job, at its highest. */
  readonly peakMemoryMiB: number;
  readonly curves: ThinnedCurves;
}

/** One result of a comparison. A failure is a result of its own, never a number. */
export type JobRow = JobKey & (({ readonly error?: undefined } & JobMetrics) | { readonly error: string });

export interface Meters {
  /** Since any moment. */
  seconds(): number;
  peakMemoryMiB(): number;
}

/**
 * Fits one detector on one data set with one seed and measures it on the rows held out.
 * @param meters the platform's clock and memory
 */
export async function runJob(
  key: JobKey,
  detector: Detector,
  features: Table,
  labels: ArrayLike<number>,
  protocol: ProtocolOptions,
  meters: Meters,
  signal?: AbortSignal,
): Promise<JobRow> {
  const split = protocolSplit(labels, createRandom(key.seed), protocol);
  const testLabels = Uint8Array.from(split.test, (row) => labels[row]!);
  const test = selectRows(features, split.test);

  const begun = meters.seconds();
  const model = await detector.fit(selectRows(features, split.train), { signal });
  const fitted = meters.seconds();
  const { scores, isAnomaly, threshold } = await model.score(test, { signal });
  const scored = meters.seconds();
  const untrained = await model.untrainedScores(test, { signal });

  const counts = confusion(testLabels, isAnomaly);
  const anomalies = counts.truePositives + counts.falseNegatives;
  const normals = testLabels.length - anomalies;
  const interval = Math.min(anomalies, normals) < 2 ? undefined : aurocInterval(testLabels, scores);
  return {
    ...key,
    trainRows: split.train.length,
    testRows: split.test.length,
    prevalence: prevalence(testLabels),
    auroc: auroc(testLabels, scores),
    aurocLow: interval?.lower ?? null,
    aurocHigh: interval?.upper ?? null,
    averagePrecision: averagePrecision(testLabels, scores),
    precision: finite(precision(counts)),
    recall: recall(counts),
    f1: f1(counts),
    falseAlarmRate: falseAlarmRate(counts),
    threshold,
    confusion: counts,
    precisionAtAnomalies: precisionAtK(testLabels, scores, anomalies),
    recallAt1: recallAtFalseAlarmRate(testLabels, scores, 0.01),
    recallAt5: recallAtFalseAlarmRate(testLabels, scores, 0.05),
    untrainedAuroc: untrained === undefined ? null : auroc(testLabels, untrained),
    fitSeconds: fitted - begun,
    scoreSeconds: scored - fitted,
    modelBytes: model.toBytes().length,
    peakMemoryMiB: meters.peakMemoryMiB(),
    curves: thinnedCurves(testLabels, scores),
  };
}

/** What JSON can hold: a row is the same whether it comes from a worker process, from a file or from here. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
