/** Pretraining by telling how images were turned and moved, as the detector `transforms` does: what an encoder needs for it. */
import { HypersphereError } from "../../errors.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import { type EncoderDesign, sizeOf } from "../../nn/encoder.js";
import { RESNET_SMALL, residualFor } from "../../nn/images/resnet-encoder.js";
import { ParameterLayout } from "../../nn/parameters.js";
import type { Runtime } from "../../runtime/index.js";
import type { Pretrained } from "../networks/checkpoints.js";
import { LEFT_OUT } from "../networks/report.js";
import { stepsOf } from "../turned/budget.js";
import { transformParameters } from "../turned/objective.js";
import { RECIPE, squareImages, VIEWED_PIXELS, viewPlan } from "../turned/square-images.js";
import { trainNetwork } from "../turned/train-network.js";
import { type DeepOptions, MINUTES } from "./options.js";
import { pretrainingOf } from "./plan.js";
import type { PretrainingTask } from "./pretraining.js";

type Shape = readonly [channels: number, height: number, width: number];
type Settings = Pick<
  DeepOptions,
  "pretrain" | "pretraining" | "encoder" | "slope" | "latentDim" | "contrast"
>;

/** Whether an encoder learns from transforms first. */
export const byTransforms = (options: Pick<DeepOptions, "pretrain" | "pretraining">): boolean =>
  pretrainingOf(options) === "transforms";

/** Options that the recipe was measured with, where nobody has set others. @param given names of those that are set */
export function settledForTransforms<Options extends Settings>(
  options: Options,
  given: ReadonlySet<string>,
): Options {
  if (!byTransforms(options)) return options;
  const measured = {
    encoder: RESNET_SMALL,
    slope: RECIPE.slope,
    latentDim: RECIPE.latentDim,
    contrast: "none",
  } as const;
  const free = Object.entries(measured).filter(([name]) => !given.has(name));
  const settled = { ...options, ...Object.fromEntries(free) };
  return settled.encoder === "auto" ? { ...settled, encoder: RESNET_SMALL } : settled;
}

/** Larger images are made smaller, as for the detector `transforms`. */
export const pixelsForTransforms = (
  options: Pick<DeepOptions, "pretrain" | "pretraining">,
): number | undefined => (byTransforms(options) ? VIEWED_PIXELS : undefined);

/**
 * @throws HypersphereError `invalid-option` for rows that are no images, for encoders that cannot learn from transforms, and for
 * minutes of a pretraining that is another
 */
export function checkTransforms(
  options: Pick<DeepOptions, "pretrain" | "pretraining" | "encoder" | "minutes">,
  inputShape: readonly number[],
): void {
  if (!byTransforms(options)) {
    if (options.minutes === MINUTES) return;
    throw new HypersphereError(
      "invalid-option",
      `minutes is ${options.minutes}, the time of pretraining by transforms; pretraining is "${pretrainingOf(options)}".`,
      { hint: 'Leave it out, or ask for pretraining "transforms", which learns from images.' },
    );
  }
  if (inputShape.length !== 3) {
    throw new HypersphereError(
      "invalid-option",
      `pretraining is "transforms", which turns and moves images; these rows are none.`,
      { hint: 'Use pretraining "autoencoder" or "none".' },
    );
  }
  if (options.encoder === RESNET_SMALL) return;
  throw new HypersphereError(
    "invalid-option",
    `pretraining is "transforms", which trains the encoder ${RESNET_SMALL}; encoder is "${options.encoder}".`,
    {
      hint: `Leave the encoder out, or use pretraining "autoencoder". Maps need an encoder that slides over images, which ${RESNET_SMALL} does not.`,
    },
  );
}

/** Steps of pretraining. */
export function transformSteps(
  options: DeepOptions,
  { inputShape, train }: Pick<TrainingData, "inputShape" | "train">,
): number {
  if (!byTransforms(options)) return 0;
  const { residual } = residualFor(inputShape as Shape, options);
  return stepsOf(options.minutes, residual, Math.min(RECIPE.batchSize, train.rows));
}

/** Where the encoder sees images from: at the mean of each channel, which is as good as none in the middle of an image. */
export function channelMeans({
  inputShape,
  train,
}: Pick<TrainingData, "inputShape" | "train">): Float32Array {
  const [channels] = inputShape as Shape;
  const area = sizeOf(inputShape) / channels;
  const sums = new Float64Array(channels);
  const { data, columns, rows } = train;
  for (let k = 0; k < rows * columns; k++) sums[Math.floor((k % columns) / area)]! += data[k]!;
  return Float32Array.from({ length: columns }, (_, k) => sums[Math.floor(k / area)]! / (rows * area));
}

/** Trains the encoder to tell how images were turned and moved. Returns the encoder's parameters. */
export async function pretrainByTransforms(
  { member, design, options, data, rows, checkpoints, onEpoch }: PretrainingTask,
  runtime: Runtime,
  context: TrainingContext,
): Promise<Pretrained> {
  const layout = new ParameterLayout(design.encoder.parameters);
  const parameters = layout.initialize((name) => context.random.stream("member", member, name));
  const steps = transformSteps(options, data);
  const shape = data.inputShape as Shape;
  const { side, residual } = residualFor(shape, options);
  const squares = (matrix: TrainingData["train"]) =>
    squareImages(runtime, matrix, shape, side, context.signal);
  const images = await squares(data.train);
  const held = data.validation.rows === 0 ? images : await squares(data.validation);
  const own = viewPlan("auto", data, images, side);
  // As the encoder sees images afterwards: from its origin, and not divided by anything.
  const area = sizeOf(shape) / shape[0];
  const views = {
    ...own,
    mean: own.mean.map((_, channel) => rows.origin[channel * area]!),
    deviation: own.deviation.map(() => 1),
  };
  const task = {
    ...{ stage: "pretraining" as const, encoder: residual, steps, images, held, checkpoints },
    layout: new ParameterLayout(transformParameters(residual)),
    learningRate: RECIPE.learningRate,
    weightDecay: RECIPE.weightDecay,
    draws: {
      views,
      images: images.rows,
      batchSize: Math.min(RECIPE.batchSize, images.rows),
      mirror: shape[0] > 1,
    },
    onStep: onEpoch,
  };
  const { trained, report } = await trainNetwork(task, { member, runtime, context });
  // Heads come last in the one, the layer to the latent space in the other.
  parameters.set(trained.subarray(0, new ParameterLayout(residual.parameters).size));
  const pretrained = { parameters, report: steps === 0 ? LEFT_OUT : report };
  await checkpoints.savePretrained(pretrained);
  return pretrained;
}

/** The encoder as the objective sees it: one with batch normalisation may keep its statistics. */
export const inCompactness = (design: EncoderDesign): EncoderDesign =>
  design.frozen === undefined ? design : { ...design, encoder: design.frozen };
