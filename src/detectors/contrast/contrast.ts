import type { TrainingContext, TrainingData } from "../../model/contract.js";
import { type Detector, defineDetector } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import type { StageReport } from "../networks/report.js";
import { viewScorer } from "../windows/fitted-view.js";
import { furtherViews, trainingWindows } from "../windows/training-windows.js";
import { contrastViews } from "./contrast-views.js";
import { type ContrastInput, type ContrastOptions, contrastOptions } from "./options.js";

/** What the card says of the training. */
export interface ContrastReport {
  readonly health: { readonly healthy: boolean };
  /** The one network; its epochs are steps. */
  readonly members: readonly { readonly training: StageReport }[];
  /** Windows of the training stretches, those that the stride left out included. */
  readonly windows: number;
  /** Windows that are remembered. */
  readonly remembered: number;
  /** The views that the score is joined from. */
  readonly views: readonly string[];
}

/**
 * Contrast: shapes of windows compared with remembered ones, by a small network that learns to find a window more like the one
 * a step later than like others (the recipe of PaAno: Park et al., "PaAno: Patch-based Representation Learning for
 * Time-Series Anomaly Detection", ICLR 2026). What shapes do not show joins as views of its own.
 *
 * @example
 * const model = await new Contrast({ seed: 7 }).fit(await open("pump.csv", { window: 64, stride: 8 }));
 */
export const Contrast = defineDetector<ContrastOptions, ContrastInput, ContrastReport>({
  name: "contrast",
  title: "Contrast: shapes of windows against remembered ones, by a network trained on neighbouring windows",
  options: contrastOptions,
  kinds: ["series"],
  overlapping: true,
  train,
});
export type Contrast = Detector<ContrastOptions>;

/** Windows that say what is usual to the views of amplitude. */
const MOST_WINDOWS = 20_000;

async function train(
  options: ContrastOptions,
  data: TrainingData,
  context: TrainingContext,
): Promise<TrainedDetector<ContrastReport>> {
  const windows = trainingWindows(data, MOST_WINDOWS, context.random.stream("sample"))!;
  const { stretches } = windows;
  const { trained, untrained, report } = await contrastViews(options, stretches, context);
  const further = await furtherViews(options, windows, await context.backend.inline());
  const views = [trained.view, ...further];
  return {
    scorer: {
      ...viewScorer(views),
      training: {
        health: { healthy: report.signs.length === 0 },
        members: [{ training: report }],
        windows: stretches.windows,
        remembered: trained.entries,
        views: views.map(({ name }) => name),
      },
    },
    untrained: viewScorer([untrained.view, ...further]),
  };
}
