import { HypersphereError } from "../../errors.js";
import { denseFeatures, type FeatureMatrix, sampleFeatures } from "../../features/index.js";
import type { Tensor } from "../../graph/index.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import { residualEncoder } from "../../nn/images/resnet-small.js";
import { ParameterLayout } from "../../nn/parameters.js";
import type { Runtime } from "../../runtime/index.js";
import { type Detector, defineDetector } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import { judgeCollapse } from "../networks/collapse.js";
import { trainMembers } from "../networks/ensemble.js";
import type { StageReport } from "../networks/report.js";
import { stepsOf } from "./budget.js";
import { transformParameters } from "./objective.js";
import { type TransformsInput, type TransformsOptions, transformsOptions } from "./options.js";
import { eachBlock, fitScore, imagesAtOnce, type ScoreName, type TransformsScoreReport } from "./score.js";
import { trainNetwork } from "./train-network.js";
import { squared, type ViewPlan } from "./views.js";

/** What a model's card says of the training. */
export interface TransformsReport {
  readonly health: { readonly healthy: boolean };
  /** The one network; its epochs are steps. */
  readonly members: readonly { readonly training: StageReport }[];
  /** Side of the square images that the network sees, and pixels of a translation. */
  readonly side: number;
  readonly shift: number;
  /** Steps that the minutes stand for. */
  readonly steps: number;
  readonly score: TransformsScoreReport;
}

/** Pixels that an image has at most by default: the method was measured at this size, and time grows with the area. */
const PIXELS = 32 ** 2;
/** The smallest side that three halvings leave something of. */
const LEAST_SIDE = 8;
/** A translation is this share of the side. */
const SHIFT_SHARE = 5;
/** Pixels by which training moves images, for grey images and for those in colour. */
const JITTER = { grey: 2, colour: 4 };
/** Images that the Gaussians are fitted to, at most. */
const MOST_FITTED = 5000;
/** Of a channel that hardly varies. */
const LEAST_DEVIATION = 1e-3;

/**
 * Learns what normal images look like by telling how they were turned and moved (RotNet, Gidaris et al. 2018; Golan and
 * El-Yaniv, "Deep Anomaly Detection Using Geometric Transformations", NeurIPS 2018, GeoTrans; Hendrycks et al. 2019). An image
 * is abnormal where the network cannot tell, and where its features are far from those of normal images.
 *
 * @example
 * const model = await new Transforms({ seed: 7, minutes: 5 }).fit(await open("shoes/train"));
 */
export const Transforms = defineDetector<TransformsOptions, TransformsInput, TransformsReport>({
  name: "transforms",
  title: "Predicting rotation and translation (RotNet, GeoTrans), for small images of whole things",
  options: transformsOptions,
  kinds: ["images"],
  imagePixels: () => PIXELS,
  train,
});
export type Transforms = Detector<TransformsOptions>;

async function train(
  options: TransformsOptions,
  data: TrainingData,
  context: TrainingContext,
): Promise<TrainedDetector<TransformsReport>> {
  const { random, signal, backend } = context;
  const shape = data.inputShape as readonly [channels: number, height: number, width: number];
  const side = sideOf(shape);
  const runtime = await backend.inline();
  const seenAs = (features: Tensor): Tensor => squared(features, shape, side);
  const images = await squareImages(runtime, data.train, shape, side, signal);
  const held =
    data.validation.rows === 0 ? images : await squareImages(runtime, data.validation, shape, side, signal);
  const plan = viewPlan(options, data, images, side);
  const batchSize = Math.min(options.batchSize, images.rows);
  const encoder = residualEncoder([shape[0], side], { width: options.encoderWidth, slope: options.slope });
  const layout = new ParameterLayout(transformParameters(encoder));
  const steps = stepsOf(options.minutes, encoder, batchSize);
  const mirror = options.mirror === "auto" ? shape[0] > 1 : options.mirror === "yes";
  const draws = { views: plan, images: images.rows, batchSize, mirror };
  const [result] = await trainMembers(1, Math.max(1, steps), context, (given) =>
    trainNetwork({ encoder, layout, options, draws, steps, images, held }, given),
  );
  const { trained, drawn, measured, report } = result!;
  const hint = "Lower the learning rate.";
  judgeCollapse("The network", [{ stage: "training", report, fatal: report.kept === 0 }], hint, context);
  const fitted = {
    train: sampleFeatures(data.train, MOST_FITTED, random.stream("gaussians")),
    held: data.validation.rows === 0 ? denseFeatures(data.train) : data.validation,
  };
  const scored = (values: Float32Array, name: ScoreName) =>
    fitScore(runtime, { encoder, plan }, { layout, values }, seenAs, name, fitted, signal);
  const { score, report: scoreReport } = await scored(trained, options.score);
  // What heads say that nobody trained would only blur the features: the control is not to be worse than it has to be.
  const untrained = await scored(
    options.untrainedStatistics === "identity" ? drawn : measured,
    options.score === "joined" ? "features" : options.score,
  );
  return {
    scorer: {
      score,
      training: {
        health: { healthy: report.signs.length === 0 },
        members: [{ training: report }],
        side,
        shift: plan.shift,
        steps,
        score: scoreReport,
      },
    },
    untrained: { score: untrained.score },
  };
}

/**
 * Of squares with as many pixels as the images have.
 * @throws HypersphereError `unfit-data` for images that are too small
 */
function sideOf([, height, width]: readonly [number, number, number]): number {
  const side = Math.round(Math.sqrt(height * width));
  if (side >= LEAST_SIDE) return side;
  throw new HypersphereError(
    "unfit-data",
    `transforms learns from images of at least ${LEAST_SIDE} x ${LEAST_SIDE} pixels; these have ${height} x ${width}.`,
    { hint: "Take larger images, or choose another detector, such as auto." },
  );
}

async function squareImages(
  runtime: Runtime,
  matrix: FeatureMatrix,
  shape: readonly [number, number, number],
  side: number,
  signal: AbortSignal | undefined,
): Promise<FeatureMatrix> {
  const given = denseFeatures(matrix);
  if (shape[1] === side && shape[2] === side) return given;
  const most = imagesAtOnce({ widths: [shape[0]], sides: [Math.max(shape[1], shape[2])] });
  const data = await eachBlock(runtime, given, most, (features) => squared(features, shape, side), signal);
  return { rows: given.rows, columns: shape[0] * side * side, data };
}

function viewPlan(
  { padding }: TransformsOptions,
  { inputShape, pixelRange }: TrainingData,
  { rows, columns, data }: FeatureMatrix,
  side: number,
): ViewPlan {
  const channels = inputShape[0]!;
  const colour = channels > 1;
  const area = side * side;
  const moments = Array.from({ length: channels }, (_, channel) => {
    let [sum, squares] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const from = row * columns + channel * area;
      for (let at = from; at < from + area; at++) {
        sum += data[at]!;
        squares += data[at]! ** 2;
      }
    }
    const average = sum / (rows * area);
    const variance = Math.max(0, squares / (rows * area) - average ** 2);
    return { average, deviation: Math.max(LEAST_DEVIATION, Math.sqrt(variance)) };
  });
  const mean = moments.map(({ average }) => average);
  return {
    channels,
    side,
    shift: Math.round(side / SHIFT_SHARE),
    jitter: colour ? JITTER.colour : JITTER.grey,
    padding: padding === "auto" ? (colour ? "reflection" : "zero") : padding,
    // With normalised contrast no number stands for black: what comes in is the mean then.
    black:
      pixelRange === undefined
        ? mean.reduce((total, value) => total + value, 0) / channels
        : -pixelRange.min / (pixelRange.max - pixelRange.min),
    mean,
    deviation: moments.map(({ deviation }) => deviation),
  };
}
