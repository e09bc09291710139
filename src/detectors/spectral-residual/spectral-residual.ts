import type { Tensor } from "../../graph/index.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import { type Detector, defineDetector } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import { viewScorer } from "../windows/fitted-view.js";
import { fittedAmplitudeViews, trainingWindows, unfittedViews } from "../windows/training-windows.js";
import {
  type SpectralResidualInput,
  type SpectralResidualOptions,
  spectralResidualOptions,
} from "./options.js";
import { saliency } from "./saliency.js";

/** What the card says of the training. */
export interface SpectralResidualReport {
  /** The views that the score is joined from. */
  readonly views: readonly string[];
}

/**
 * The spectral residual of windows: steps that stand out from how a window goes on by its usual frequencies (Ren et al.,
 * "Time-Series Anomaly Detection Service at Microsoft", KDD 2019). It learns no more than how large it usually is. How far
 * steps and levels are from the usual joins as views of its own.
 *
 * @example
 * const model = await new SpectralResidual().fit(await open("pump.csv", { window: 64 }));
 */
export const SpectralResidual = defineDetector<
  SpectralResidualOptions,
  SpectralResidualInput,
  SpectralResidualReport
>({
  name: "spectral-residual",
  title: "Spectral residual: single steps of windows that stand out from their usual frequencies",
  options: spectralResidualOptions,
  kinds: ["series"],
  overlapping: true,
  train,
});
export type SpectralResidual = Detector<SpectralResidualOptions>;

async function train(
  options: SpectralResidualOptions,
  data: TrainingData,
  { backend, random, onProgress }: TrainingContext,
): Promise<TrainedDetector<SpectralResidualReport>> {
  const runtime = await backend.inline();
  const windows = trainingWindows(data, options.maxRows, random.stream("rows"))!;
  const look = { name: "saliency", value: (x: Tensor) => saliency(x, windows.shape) };
  const views = [
    ...(await unfittedViews([look], windows, runtime)),
    ...(options.amplitude ? await fittedAmplitudeViews(windows, runtime) : []),
  ];
  onProgress?.({ stage: "training", fraction: 1 });
  return {
    scorer: { ...viewScorer(views), training: { views: views.map(({ name }) => name) } },
    untrained: undefined,
  };
}
