import { HypersphereError } from "../../errors.js";
import { type FeatureMatrix, sampleRows } from "../../features/index.js";
import type { Tensor } from "../../graph/index.js";
import type { RandomStream } from "../../math/random.js";
import type { TrainingData } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import { perRow } from "../../train/per-row.js";
import { denseWindows } from "../fit/dense-windows.js";
import { amplitudeViews } from "./amplitude.js";
import { crossFitted } from "./cross-fitted.js";
import type { FittedView } from "./fitted-view.js";
import { movementView } from "./movement.js";
import { normalisedWindows } from "./normalised.js";
import { singleSteps } from "./single-steps.js";
import { Stretches, type WindowShape } from "./stretches.js";

/** Training windows of a series. */
export interface TrainingWindows {
  readonly shape: WindowShape;
  /** With the places of the windows. */
  readonly matrix: FeatureMatrix;
  /** The same windows one after the other. */
  readonly dense: FeatureMatrix;
  readonly stretches: Stretches;
}

/**
 * Windows of a series, where that is what the data are; of more than `most` so many, drawn at random. Stretches are those of
 * all windows.
 * @throws HypersphereError `unfit-data` for windows of a single step
 */
export function trainingWindows(
  { inputShape, train }: Pick<TrainingData, "inputShape" | "train">,
  most: number,
  stream: RandomStream,
): TrainingWindows | undefined {
  if (inputShape.length !== 2) return undefined;
  const shape = inputShape as unknown as WindowShape;
  if (shape[0] < 2) {
    throw new HypersphereError("unfit-data", "Windows of 1 step have no shape that could be compared.", {
      hint: "Cut windows of at least 2 steps, or use a detector of rows as they are, such as knn.",
    });
  }
  const matrix = sampleRows(train, most, stream);
  return { shape, matrix, dense: denseWindows(matrix), stretches: new Stretches(train, shape) };
}

/** A way to look at rows: nodes that give one value of at least 0 per row, and what the card says of the fit. */
export interface Look<Report> {
  value(rows: Tensor): Tensor;
  readonly report: Report;
}

/** What a look is given of windows: their shapes alone, or their features as they are. */
export type Seen = "shapes" | "features";

/**
 * A look at windows as a view, with what it says of windows that it was not fitted to.
 * @param fewest windows that a fit needs
 */
export async function lookView<Report>(
  name: string,
  { matrix, dense, shape }: TrainingWindows,
  runtime: Runtime,
  fewest: number,
  look: (rows: FeatureMatrix) => Promise<Look<Report>>,
  seen: Seen = "shapes",
): Promise<{ view: FittedView; report: Report }> {
  const through = (x: Tensor): Tensor => (seen === "shapes" ? normalisedWindows(x, shape) : x);
  const rows = seen === "shapes" ? { ...dense, data: await perRow(runtime, dense, through) } : dense;
  const { value, report } = await look(rows);
  const held = await crossFitted(runtime, rows, matrix, fewest, async (others) => (await look(others)).value);
  return { view: { name, value: (features) => value(through(features)), held }, report };
}

/** Views beside those of shapes that a person can have. */
export interface FurtherViews {
  /** See `amplitudeViews`. */
  readonly amplitude: boolean;
  /** See `singleSteps`. */
  readonly singleSteps: boolean;
  /** See `movementView`. */
  readonly movement: boolean;
}

/** What normalised windows do not show, and what shapes hardly show. */
export async function furtherViews(
  { amplitude, singleSteps: steps, movement }: FurtherViews,
  { dense, shape, stretches }: TrainingWindows,
  runtime: Runtime,
): Promise<FittedView[]> {
  const wanted = [
    ...(steps ? [{ name: "single-steps", value: (x: Tensor) => singleSteps(x, shape) }] : []),
    ...(amplitude ? amplitudeViews(stretches) : []),
    ...(movement ? [movementView(stretches)] : []),
  ];
  // Nothing in these knows single windows by heart: what they say of training windows holds for others.
  const views: FittedView[] = [];
  for (const view of wanted)
    views.push({ ...view, held: Float64Array.from(await perRow(runtime, dense, view.value)) });
  return views;
}
