import { type FeatureMatrix, sampleFeatures } from "../../features/index.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import { contrastViews } from "../contrast/contrast-views.js";
import { contrastOptions } from "../contrast/options.js";
import type { TrainedDetector } from "../fit/fit.js";
import { pcaOptions } from "../pca/options.js";
import { pcaLook } from "../pca/pca.js";
import { centresLook } from "../windows/centres-look.js";
import { viewScorer } from "../windows/fitted-view.js";
import { fittedAmplitudeViews, type Look, lookView, trainingWindows } from "../windows/training-windows.js";
import { type AutoOptions, autoOptions, TABLE_OPTIONS } from "./options.js";
import type { AutoReport } from "./report.js";

/** Windows that the views are fitted to. */
const MOST_WINDOWS = 20_000;
/** From this many numbers in a window on, directions are taken from fewer windows: else they would take minutes. */
const LONG_WINDOW = 1000;
const LONG_WINDOWS = 1000;
/** Centres, as in KMeansAD. */
const CLUSTERS = 20;
/** Windows without which a fit to a part of them says nothing. */
const FEWEST = 10;

/**
 * Windows of series by what leads on series, each a view of its own:
 *
 * - `residual`: distance to the subspace in which windows vary (PCA), which sees relations between sensors and steps,
 * - `centres`: distance of the shape, amplitude taken out, to the nearest of 20 usual ones (k-means),
 * - `deviation` and `shift`: amplitude, see `amplitudeViews`,
 * - `contrast`, where asked for: distance of the shape to those that are remembered, as a trained network sees it.
 */
export async function trainOnSeries(
  options: AutoOptions,
  data: TrainingData,
  context: TrainingContext,
): Promise<TrainedDetector<AutoReport>> {
  const { backend, random, onProgress, signal } = context;
  warnOfOptions(options, context);
  const runtime = await backend.inline();
  const windows = trainingWindows(data, MOST_WINDOWS, random.stream("windows"))!;
  const residual = await lookView(
    "residual",
    windows,
    runtime,
    FEWEST,
    (rows) => residualLook(rows, context),
    "features",
  );
  onProgress?.({ stage: "training", fraction: 0.3 });
  const centres = await lookView("centres", windows, runtime, CLUSTERS, (rows) =>
    centresLook(runtime, rows, CLUSTERS, random.stream("centres"), signal),
  );
  onProgress?.({ stage: "training", fraction: 0.5 });
  const shared = [residual.view, centres.view, ...(await fittedAmplitudeViews(windows, runtime))];
  const contrast = options.learned
    ? await contrastViews(contrastOptions.parse({ seed: options.seed }), windows.stretches, {
        ...context,
        onProgress: (progress) => onProgress?.({ ...progress, fraction: 0.5 + 0.5 * progress.fraction }),
      })
    : undefined;
  const views = contrast === undefined ? shared : [...shared, contrast.trained.view];
  return {
    scorer: {
      ...viewScorer(views),
      training: { views: views.map(({ name }) => name), rows: data.train.rows },
    },
    untrained: contrast && viewScorer([...shared, contrast.untrained.view]),
  };
}

async function residualLook(
  rows: FeatureMatrix,
  { backend, random }: TrainingContext,
): Promise<Look<unknown>> {
  const most = rows.columns < LONG_WINDOW ? MOST_WINDOWS : LONG_WINDOWS;
  const chosen = sampleFeatures(rows, most, random.stream("directions"));
  return pcaLook(pcaOptions.parse({}), chosen, await backend.inline());
}

/** Of options that say how rows of tables are looked at. */
function warnOfOptions(options: AutoOptions, { onWarning }: TrainingContext): void {
  const defaults = autoOptions.parse({});
  const given = TABLE_OPTIONS.find((name) => options[name] !== defaults[name]);
  if (given !== undefined) onWarning?.(`Option "${given}" has no effect on series.`);
}
