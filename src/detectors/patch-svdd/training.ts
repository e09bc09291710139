import type { TrainingContext } from "../../model/contract.js";
import type { PatchEncoder } from "../../nn/images/patch-encoder.js";
import { ParameterLayout } from "../../nn/parameters.js";
import type { Runtime } from "../../runtime/index.js";
import { collapseSigns, type LatentSnapshot } from "../../train/health.js";
import { optimizer } from "../../train/optimizers.js";
import { learningRateAt } from "../../train/schedule.js";
import { runStage } from "../../train/stage.js";
import { StepTrainer } from "../../train/step-trainer.js";
import { startOf } from "../../train/trainer.js";
import { MemberCheckpoints } from "../networks/checkpoints.js";
import { assessEvery } from "../networks/plan.js";
import { type StageReport, stageReport } from "../networks/report.js";
import { stepViews, viewData, viewFeeds } from "./feeds.js";
import { PatchJudge } from "./judge.js";
import { pairLosses, patchLoss, patchParameters } from "./objective.js";
import type { PatchSvddOptions } from "./options.js";
import type { PatchImages } from "./patch-images.js";
import { type BySize, bySize, type PatchSize } from "./patch-sizes.js";
import { standardised } from "./start.js";
import { type CropPlan, type CropViews, cropSide, drawViews } from "./view-pairs.js";

/** Crops that one run of the training program is given at most, in bytes, and steps that it takes at most. */
const CROP_BYTES = 24e6;
const MOST_STEPS = 16;
/** Images that the crops of a run are cut from at most. */
const IMAGES_PER_RUN = 32;
const ASSESSMENTS = 8;
/** Held-out crops that training is judged by, and those that the encoders' start is fitted to. */
const HELD_OUT_CROPS = 16;
const START_CROPS = 8;
/** Shares of the training after which the learning rate falls, to so much of it. */
const FALLS = [0.6, 0.85] as const;
const FALL = 0.3;

/** At the start of training and at its end. */
export interface BeforeAndAfter<T> {
  readonly start: T;
  readonly end: T;
}

/** What became of the training; epochs are steps. */
export interface PatchTrainingReport extends StageReport {
  /** Share of held-out position pairs whose direction is told; an eighth is chance. */
  readonly skill: BySize<BeforeAndAfter<number>>;
  readonly spaces: BySize<BeforeAndAfter<LatentSnapshot>>;
}

export interface TrainedPatches {
  /** Of the encoders alone. */
  readonly layout: ParameterLayout;
  readonly parameters: Float32Array;
  readonly untrained: Float32Array;
  readonly report: PatchTrainingReport;
}

export interface PatchTask {
  readonly options: PatchSvddOptions;
  readonly encoder: PatchEncoder;
  readonly sizes: readonly PatchSize[];
  /** To learn from. */
  readonly images: PatchImages;
  /** To be judged by. */
  readonly heldOut: PatchImages;
}

/** Trains the encoders, and the classifiers that only training needs, on crops that are drawn anew for every step. */
export async function trainPatches(
  { options, encoder, sizes, images, heldOut }: PatchTask,
  runtime: Runtime,
  context: TrainingContext,
): Promise<TrainedPatches> {
  const { random, signal } = context;
  const specs = patchParameters(
    encoder,
    sizes,
    options.initialization === "standardised" ? "he" : options.initialization,
  );
  const layout = new ParameterLayout([...specs.encoder, ...specs.classifiers]);
  const encoderLayout = new ParameterLayout(specs.encoder);

  const { cropsPerStep: crops, pairsPerCrop: pairs } = options;
  const plan: CropPlan = { sizes, side: cropSide(sizes, images.shape), crops, pairs };
  const bytesPerStep =
    Float32Array.BYTES_PER_ELEMENT * 2 * plan.crops * encoder.channels * plan.side * plan.side;
  const stepsPerRun = Math.max(1, Math.min(MOST_STEPS, options.steps, Math.floor(CROP_BYTES / bytesPerStep)));

  const draw = async (
    from: PatchImages,
    of: CropPlan,
    steps: number,
    noise: number,
    ...names: readonly (string | number)[]
  ): Promise<CropViews> => {
    const stream = random.stream("views", ...names);
    const read = await from.read(
      stream.permutation(from.count).subarray(0, Math.min(IMAGES_PER_RUN, steps * of.crops)),
    );
    return drawViews(stream, read, of, steps, noise / from.deviation);
  };
  const drawn = layout.initialize((name) => random.stream("member", 0, name));
  const initial =
    options.initialization === "standardised"
      ? await standardised(
          runtime,
          layout,
          drawn,
          encoder,
          sizes,
          (await draw(images, { ...plan, crops: START_CROPS }, 1, 0, "start")).views,
          plan.side,
        )
      : drawn;
  const checkpoints = new MemberCheckpoints(0, context);
  await checkpoints.open();
  const heldPlan = { ...plan, crops: HELD_OUT_CROPS };
  const held = await draw(heldOut, heldPlan, 1, options.noise, "held out");
  const judge = await PatchJudge.open(runtime, layout, encoder, heldPlan, held, options.lambda);
  const adam = optimizer({ name: "adam", weightDecay: 0 });
  const rate = {
    base: options.learningRate,
    milestones: FALLS.map((share) => Math.ceil(share * options.steps)),
    factor: FALL,
  };
  const trainer = await StepTrainer.open(
    runtime,
    {
      layout,
      optimizer: adam,
      // A row is all that a step sees.
      batchSize: 1,
      data: viewData(plan, encoder.channels),
      loss: (step) =>
        patchLoss(
          pairLosses(encoder, stepViews(step, plan, encoder.channels), step.parameters),
          options.lambda,
        ),
    },
    {
      steps: options.steps,
      stepsPerRun,
      learningRate: (step) => learningRateAt(rate, step),
      data: async (from, to) => {
        const views = await draw(images, plan, to - from, options.noise, "steps", from);
        return viewFeeds(views, to - from);
      },
      onRun: ({ state: { epoch }, losses }) =>
        context.onProgress?.({
          stage: "training",
          fraction: (TRAINING_SHARE * epoch) / options.steps,
          epoch,
          epochs: options.steps,
          unit: "step",
          loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
        }),
      signal,
    },
  );
  try {
    const start = await judge.read(initial);
    const result = await runStage(trainer, checkpoints.resume("training") ?? startOf(adam, initial), {
      epochs: options.steps,
      every: stepsPerRun * assessEvery(Math.ceil(options.steps / stepsPerRun), ASSESSMENTS),
      patience: Number.POSITIVE_INFINITY,
      assess: async ({ parameters }) => {
        const { loss, health } = await judge.read(parameters);
        // Patches that lie in a few directions tell where they are as well as others.
        const signs = sizes.flatMap((size) =>
          collapseSigns(health[size]!, start.health[size]!, { directions: false }).map(
            (sign) => `${size} patches: ${sign}`,
          ),
        );
        return { validation: loss, signs };
      },
      onEpochs: () => {},
      onAssessed: (progress) => checkpoints.save("training", progress),
    });
    const end = await judge.read(result.state.parameters);
    return {
      layout: encoderLayout,
      parameters: result.state.parameters.slice(0, encoderLayout.size),
      untrained: initial.slice(0, encoderLayout.size),
      report: {
        ...stageReport(result),
        unit: "step",
        skill: bySize(sizes, (size) => ({ start: start.skill[size]!, end: end.skill[size]! })),
        spaces: bySize(sizes, (size) => ({ start: start.health[size]!, end: end.health[size]! })),
      },
    };
  } finally {
    await trainer.close();
    await judge.close();
  }
}

/** Of the progress of a fit. */
export const TRAINING_SHARE = 0.6;
