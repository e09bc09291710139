import { HypersphereError } from "../../errors.js";
import { denseFeatures, sampleFeatures } from "../../features/index.js";
import type { Tensor } from "../../graph/index.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import { residualEncoder } from "../../nn/images/resnet-small.js";
import { LEAST_SQUARE, squared, squareSide } from "../../nn/images/square.js";
import { ParameterLayout } from "../../nn/parameters.js";
import { type Detector, defineDetector } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import { MemberCheckpoints } from "../networks/checkpoints.js";
import { judgeCollapse } from "../networks/collapse.js";
import { type MemberContext, trainMembers } from "../networks/ensemble.js";
import type { StageReport } from "../networks/report.js";
import { stepsOf } from "../turned/budget.js";
import { transformParameters } from "../turned/objective.js";
import { squareImages, VIEWED_PIXELS, viewPlan } from "../turned/square-images.js";
import { type NetworkTask, type TrainedNetwork, trainNetwork } from "../turned/train-network.js";
import {
  PARTS,
  type PartName,
  type TransformsInput,
  type TransformsOptions,
  transformsOptions,
} from "./options.js";
import { fitScore, type TransformsScoreReport } from "./score.js";

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

/** Images that the Gaussians are fitted to, at most. */
const MOST_FITTED = 5000;

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
  imagePixels: () => VIEWED_PIXELS,
  learnsAgainst: ["turned"],
  train,
});
export type Transforms = Detector<TransformsOptions>;

async function train(
  options: TransformsOptions,
  data: TrainingData,
  context: TrainingContext,
): Promise<TrainedDetector<TransformsReport>> {
  const { random, signal, backend } = context;
  const { learningRate, weightDecay } = options;
  const shape = data.inputShape as readonly [channels: number, height: number, width: number];
  const side = sideOf(shape);
  const runtime = await backend.inline();
  const seenAs = (features: Tensor): Tensor => squared(features, shape, side);
  const images = await squareImages(runtime, data.train, shape, side, signal);
  const held =
    data.validation.rows === 0 ? images : await squareImages(runtime, data.validation, shape, side, signal);
  const plan = viewPlan(options.padding, data, images, side);
  const batchSize = Math.min(options.batchSize, images.rows);
  const encoder = residualEncoder([shape[0], side], { width: options.encoderWidth, slope: options.slope });
  const layout = new ParameterLayout(transformParameters(encoder));
  const steps = stepsOf(options.minutes, encoder, batchSize);
  const mirror = options.mirror === "auto" ? shape[0] > 1 : options.mirror === "yes";
  const draws = { views: plan, images: images.rows, batchSize, mirror };
  const [result] = await trainMembers(1, Math.max(1, steps), context, (given) =>
    trainMember({ encoder, layout, learningRate, weightDecay, draws, steps, images, held }, given),
  );
  const { trained, drawn, measured, report } = result!;
  const hint = "Lower the learning rate.";
  judgeCollapse("The network", [{ stage: "training", report, fatal: report.kept === 0 }], hint, context);
  const fitted = {
    train: sampleFeatures(data.train, MOST_FITTED, random.stream("gaussians")),
    held: data.validation.rows === 0 ? denseFeatures(data.train) : data.validation,
  };
  const scored = (values: Float32Array, names: readonly PartName[]) =>
    fitScore(runtime, { encoder, plan }, { layout, values }, seenAs, names, fitted, signal);
  const names = options.score === "joined" ? PARTS : [options.score];
  const { score, report: scoreReport } = await scored(trained, names);
  // What heads say that nobody trained would only blur the rest: the control is not to be worse than it has to be.
  const untrained = await scored(
    options.untrainedStatistics === "identity" ? drawn : measured,
    options.score === "joined" ? names.filter((name) => name !== "likelihood") : names,
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

async function trainMember(
  task: Omit<NetworkTask, "stage" | "checkpoints" | "onStep">,
  { member, runtime, context, listener }: MemberContext,
): Promise<TrainedNetwork> {
  const checkpoints = new MemberCheckpoints(member, context);
  await checkpoints.open();
  const stage = "training" as const;
  const onStep = (epoch: number, loss: number): void =>
    listener(epoch, { stage, epoch, epochs: task.steps, unit: "step", loss });
  return trainNetwork({ ...task, stage, checkpoints, onStep }, { member, runtime, context });
}

/**
 * Of squares with as many pixels as the images have. Long ones of few pixels are enlarged.
 * @throws HypersphereError `unfit-data` for images that are too small
 */
function sideOf([, height, width]: readonly [number, number, number]): number {
  if (Math.max(height, width) >= LEAST_SQUARE) return squareSide(height, width);
  throw new HypersphereError(
    "unfit-data",
    `transforms learns from images of at least ${LEAST_SQUARE} pixels along their longer side; these have ${height} x ${width}.`,
    { hint: "Take larger images, or choose another detector, such as auto." },
  );
}
