import { throwIfAborted } from "../../errors.js";
import type { TrainingContext } from "../../model/contract.js";
import type { PatchEncoder } from "../../nn/images/patch-encoder.js";
import { ParameterLayout } from "../../nn/parameters.js";
import type { Runtime } from "../../runtime/index.js";
import { collapseSigns, type LatentSnapshot } from "../../train/health.js";
import { optimizer } from "../../train/optimizers.js";
import { runStage } from "../../train/stage.js";
import { Trainer, type TrainingState } from "../../train/trainer.js";
import { MemberCheckpoints } from "../networks/checkpoints.js";
import { assessEvery } from "../networks/plan.js";
import { type StageReport, stageReport } from "../networks/report.js";
import { type BySize, bySize, patchData, patchFeeds, stepSamples } from "./feeds.js";
import { PatchJudge } from "./judge.js";
import { PATCH_SIDES, type PatchSize, patchLoss, patchParameters, sampleLosses } from "./objective.js";
import type { PatchSvddOptions } from "./options.js";
import type { PatchImages } from "./patch-images.js";
import { drawSamples, type PatchSamples, sampleSize } from "./patch-pairs.js";

/** Patches that one run of the training program is given at most, in bytes, and steps that it takes at most. */
const PATCH_BYTES = 24e6;
const MOST_STEPS = 16;
/** Images that the patches of a run are cut from at most. */
const IMAGES_PER_RUN = 32;
const ASSESSMENTS = 8;
/** Held-out samples that training is judged by. */
const HELD_OUT: Readonly<Record<PatchSize, number>> = { small: 96, large: 48 };

/** At the start of training and at its end. */
export interface Change<T> {
  readonly start: T;
  readonly end: T;
}

/** What became of the training; epochs are runs of the program. */
export interface PatchTrainingReport extends StageReport {
  readonly stepsPerEpoch: number;
  /** Share of held-out position pairs whose direction is told; an eighth is chance. */
  readonly skill: BySize<Change<number>>;
  readonly spaces: BySize<Change<LatentSnapshot>>;
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

/** Trains the encoders, and the classifiers that only training needs, on patches that are drawn anew for every step. */
export async function trainPatches(
  { options, encoder, sizes, images, heldOut }: PatchTask,
  runtime: Runtime,
  context: TrainingContext,
): Promise<TrainedPatches> {
  const { random, signal } = context;
  const specs = patchParameters(encoder, sizes, options.initialization);
  const layout = new ParameterLayout([...specs.encoder, ...specs.classifiers]);
  const encoderLayout = new ParameterLayout(specs.encoder);
  const initial = layout.initialize((name) => random.stream("member", 0, name));

  const perStep = { small: options.batchSize, large: options.largeBatchSize };
  const bytesPerStep = sizes.reduce(
    (sum, size) =>
      sum + Float32Array.BYTES_PER_ELEMENT * perStep[size] * sampleSize(PATCH_SIDES[size], encoder.channels),
    0,
  );
  const stepsPerRun = Math.max(
    1,
    Math.min(MOST_STEPS, options.steps, Math.floor(PATCH_BYTES / bytesPerStep)),
  );
  const runs = Math.ceil(options.steps / stepsPerRun);

  const draw = async (
    from: PatchImages,
    count: (size: PatchSize) => number,
    ...names: readonly (string | number)[]
  ): Promise<BySize<PatchSamples>> => {
    const stream = random.stream("patches", ...names);
    const read = await from.read(stream.permutation(from.count).subarray(0, IMAGES_PER_RUN));
    const noise = options.noise / from.deviation;
    return bySize(sizes, (size) => drawSamples(stream, read, PATCH_SIDES[size], count(size), noise));
  };
  const ofRun = (run: number): Promise<BySize<PatchSamples>> =>
    draw(images, (size) => stepsPerRun * perStep[size], "run", run);

  const checkpoints = new MemberCheckpoints(0, context);
  await checkpoints.open();
  const held = await draw(heldOut, (size) => HELD_OUT[size], "held out");
  const judge = await PatchJudge.open(runtime, layout, encoder, held, options.lambda);
  const trainer = await Trainer.open(
    runtime,
    {
      layout,
      optimizer: optimizer({ name: "adam", weightDecay: 0 }),
      // A row is all that a step sees.
      batchSize: 1,
      data: patchData(sizes, perStep, encoder.channels),
      loss: (step) =>
        patchLoss(
          sizes.map((size) =>
            sampleLosses(encoder, size, stepSamples(step, size, perStep[size]), step.parameters),
          ),
          options.lambda,
        ),
    },
    {},
    {
      rowCount: stepsPerRun,
      batchSize: 1,
      learningRate: { base: options.learningRate, milestones: [], factor: 1 },
      shuffle: () => ({ permutation: inOrder }),
      signal,
    },
  );
  const cut = new CutAhead(ofRun, runs);
  const onFreshPatches = {
    async epochs(from: TrainingState, count: number) {
      let state = from;
      const losses: number[] = [];
      for (let k = 0; k < count; k++) {
        throwIfAborted(signal);
        await trainer.update(patchFeeds(await cut.take(state.epoch), stepsPerRun));
        const running = trainer.epochs(state, 1);
        cut.begin(state.epoch + 1);
        const done = await running;
        state = done.state;
        losses.push(...done.losses);
        context.onProgress?.({
          stage: "training",
          fraction: (TRAINING_SHARE * state.epoch) / runs,
          epoch: state.epoch,
          epochs: runs,
          loss: losses.at(-1)!,
        });
      }
      return { state, losses };
    },
  };
  try {
    const start = await judge.read(initial);
    const result = await runStage(onFreshPatches, checkpoints.resume("training") ?? trainer.start(initial), {
      epochs: runs,
      every: assessEvery(runs, ASSESSMENTS),
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
        stepsPerEpoch: stepsPerRun,
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

const inOrder = (count: number): Uint32Array<ArrayBuffer> => Uint32Array.from({ length: count }, (_, k) => k);

/** Cuts the patches of the next run while those of this one are trained on. */
class CutAhead {
  readonly #cut: (run: number) => Promise<BySize<PatchSamples>>;
  readonly #runs: number;
  #ahead: { readonly run: number; readonly samples: Promise<BySize<PatchSamples>> } | undefined;

  constructor(cut: (run: number) => Promise<BySize<PatchSamples>>, runs: number) {
    this.#cut = cut;
    this.#runs = runs;
  }

  begin(run: number): void {
    if (run >= this.#runs) return;
    const samples = this.#cut(run);
    // Whoever takes them meets the failure.
    samples.catch(() => {});
    this.#ahead = { run, samples };
  }

  take(run: number): Promise<BySize<PatchSamples>> {
    return this.#ahead?.run === run ? this.#ahead.samples : this.#cut(run);
  }
}
