import type { Samples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { kindOf, observations, selectRowsOf } from "../../features/index.js";
import type { Confusion } from "../../metrics/index.js";
import { type Backend, currentBackend, type Meters } from "../../runtime/index.js";
import { evaluateScores } from "../evaluate.js";
import type { Evaluation } from "../evaluation.js";
import { MaskedMaps } from "../masked-maps.js";
import { repeatsOfTraining } from "../repeats.js";
import { type Contestant, createContestant } from "./contestants.js";
import { type ThinnedCurves, thinnedCurves } from "./curves.js";
import { dealtTogether, type ProtocolOptions, protocolSplit } from "./protocol.js";

export interface JobKey {
  readonly dataset: string;
  /** Name of the contestant, which is that of the detector unless it was given another. */
  readonly detector: string;
  readonly seed: number;
}

export interface JobMetrics {
  /** Rows of tables, images, or windows of series. */
  readonly trainRows: number;
  readonly testRows: number;
  /** Test rows of the data set's own split that have near-duplicates in its training rows; absent where no row has. */
  readonly repeatedTestRows?: number;
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
  /** Of images with masks of their defects, by a detector that makes maps: see `PixelEvaluation`; else absent. */
  readonly pixelAuroc?: number;
  readonly pixelAveragePrecision?: number;
  readonly pixelAupro?: number;
  /** Null where nothing measures time. */
  readonly fitSeconds: number | null;
  readonly scoreSeconds: number | null;
  readonly modelBytes: number;
  /** Of the whole process that ran the job, at its highest; null where nothing measures it. */
  readonly peakMemoryMiB: number | null;
  readonly curves: ThinnedCurves;
}

/** One result of a comparison. A failure is a result of its own, never a number. */
export type JobRow = JobKey & (({ readonly error?: undefined } & JobMetrics) | { readonly error: string });

/** One fit of one detector on one data set with one seed. */
export interface Job {
  readonly dataset: string;
  readonly samples: Samples;
  readonly contestant: Contestant;
  readonly seed: number;
  readonly protocol: ProtocolOptions;
}

export interface JobContext {
  /** What time and memory are measured by; default: what the backend offers. */
  readonly meters?: Meters | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly backend?: Backend | undefined;
}

export const keyOf = ({ dataset, contestant, seed }: Job): JobKey => ({
  dataset,
  detector: contestant.name,
  seed,
});

/**
 * Fits a detector on the training rows of the protocol, without labels, and evaluates it on the test rows. What fails is
 * a result that says so.
 * @throws HypersphereError `aborted`
 */
export async function runJob(job: Job, context: JobContext = {}): Promise<JobRow> {
  try {
    return { ...keyOf(job), ...(await measure(job, context)) };
  } catch (error) {
    if (error instanceof HypersphereError && error.code === "aborted") throw error;
    return { ...keyOf(job), error: (error as Error).message };
  }
}

async function measure(
  { samples: given, contestant, seed, protocol }: Job,
  { signal, backend, meters = (backend ?? currentBackend()).meters }: JobContext,
): Promise<JobMetrics> {
  const samples = observations(given);
  const { data, labels } = samples;
  if (labels === undefined) {
    throw new HypersphereError("unfit-data", `${data.source} has no labels to compare detectors by.`, {
      hint: "Tables and series need a label column; images need folders, good and one per defect, or classes.",
    });
  }
  const groups = await dealtTogether({ ...samples, labels }, protocol.protocol, signal);
  const split = protocolSplit({ ...samples, labels }, seed, protocol, groups);
  const test = selectRowsOf(samples, split.test);
  const repeats =
    protocol.protocol === "given" ? await repeatsOfTraining(data, split.train, split.test, signal) : 0;

  const begun = meters?.seconds();
  const detector = createContestant(contestant, seed);
  const model = await detector.fit(kindOf(data).select(data, split.train), { signal, backend });
  const fitted = meters?.seconds();
  const maps = MaskedMaps.of(model, test);
  // Comparing maps with masks is no part of scoring.
  let comparing = 0;
  const scored = await model.score(test, {
    ...{ signal, backend },
    ...(maps && {
      async onMap(map, row) {
        const from = meters?.seconds();
        await maps.add(map, row);
        comparing += difference(from, meters?.seconds()) ?? 0;
      },
    }),
  });
  const ended = meters?.seconds();
  const evaluation = await evaluateScores(model, test, scored, { signal, backend }, maps);
  await model.close();
  return {
    trainRows: split.train.length,
    testRows: split.test.length,
    ...(repeats > 0 && { repeatedTestRows: repeats }),
    ...flatFigures(evaluation),
    fitSeconds: difference(begun, fitted),
    scoreSeconds: ended === undefined ? null : difference(fitted, ended - comparing),
    modelBytes: model.toBytes().length,
    peakMemoryMiB: meters?.peakMemoryMiB?.() ?? null,
    curves: thinnedCurves(test.labels!, scored.scores),
  };
}

/** What a line of results has of an evaluation of rows of both kinds. */
export function flatFigures({ ranking, decision, untrained, pixels }: Evaluation) {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = decision;
  const { aurocInterval, recallAtFalseAlarms } = ranking!;
  return {
    prevalence: ranking!.prevalence,
    auroc: ranking!.auroc,
    aurocLow: aurocInterval?.lower ?? null,
    aurocHigh: aurocInterval?.upper ?? null,
    averagePrecision: ranking!.averagePrecision,
    precision: decision.precision,
    recall: decision.recall!,
    f1: decision.f1!,
    falseAlarmRate: decision.falseAlarmRate!,
    threshold: decision.threshold,
    confusion: { truePositives, falsePositives, trueNegatives, falseNegatives },
    precisionAtAnomalies: ranking!.precisionAtAnomalies,
    recallAt1: recallAtFalseAlarms["0.01"],
    recallAt5: recallAtFalseAlarms["0.05"],
    untrainedAuroc: untrained?.auroc ?? null,
    ...(pixels && {
      pixelAuroc: pixels.auroc,
      pixelAveragePrecision: pixels.averagePrecision,
      pixelAupro: pixels.aupro,
    }),
  };
}

const difference = (from: number | undefined, to: number | undefined): number | null =>
  from === undefined || to === undefined ? null : to - from;
