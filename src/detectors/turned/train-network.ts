import type { FeatureMatrix } from "../../features/index.js";
import { Graph, gather, mean, reshape, serialize, type Tensor, transpose } from "../../graph/index.js";
import { batchNormalized } from "../../nn/batch-norm.js";
import type { ResidualEncoder } from "../../nn/images/resnet-small.js";
import type { ParameterLayout } from "../../nn/parameters.js";
import { float32, type Runtime, type Session } from "../../runtime/index.js";
import { optimizer } from "../../train/optimizers.js";
import type { StepContext } from "../../train/program.js";
import { withRunningStatistics } from "../../train/running-statistics.js";
import type { CurvePoint, StageEnd, StageProgress } from "../../train/stage.js";
import { trainSteps, warmedCosine } from "../../train/step-trainer.js";
import type { MemberCheckpoints } from "../networks/checkpoints.js";
import type { MemberContext } from "../networks/ensemble.js";
import type { StageReport } from "../networks/report.js";
import { type DrawPlan, Draws, drawnData } from "./draws.js";
import { seen, unlikelihood } from "./features.js";
import { transformLoss } from "./objective.js";
import { drawnTargets, drawnViews, fixedViews, JUDGED, TURNED, type ViewPlan } from "./views.js";

/** Steps of one run: between looks at the abort signal, and for each copy of the parameters. */
const STEPS_PER_RUN = 5;
/** Points of the training curve. */
const ASSESSMENTS = 20;
/** Assessments without a better one after which training ends. */
const PATIENCE = 5;
/** Share of the steps over which the learning rate rises. */
const WARM_UP = 0.05;
const BETAS = [0.9, 0.99] as const;
/** Held-out images that training is watched by, and training images that statistics are measured on, at most. */
const MOST_WATCHED = 256;
const MOST_MEASURED = 64;

export interface NetworkTask {
  readonly stage: "pretraining" | "training";
  readonly encoder: ResidualEncoder;
  readonly layout: ParameterLayout;
  /** Of AdamW. */
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly draws: DrawPlan;
  readonly steps: number;
  /** Square images to learn from, and others to be watched by. */
  readonly images: FeatureMatrix;
  readonly held: FeatureMatrix;
  /** Open. */
  readonly checkpoints: MemberCheckpoints;
  /** @param loss mean over the steps since the last point of the curve */
  onStep(step: number, loss: number): void;
}

export interface TrainedNetwork {
  readonly trained: Float32Array;
  /** Before training: as it was drawn, and with the statistics of training images. */
  readonly drawn: Float32Array;
  readonly measured: Float32Array;
  readonly report: StageReport;
}

/** One step as the training program sees it. */
export function stepLoss(
  encoder: ResidualEncoder,
  plan: ViewPlan,
  { data, rows, parameters, record }: Pick<StepContext, "data" | "rows" | "parameters" | "record">,
): Tensor {
  const own = (name: string): Tensor => gather(data.get(name)!, rows);
  // The images of the first rotation, then those of the second.
  const perView = (name: string): Tensor => {
    const turned = transpose(own(name), [1, 0]);
    return reshape(turned, [(turned.shape[0] as number) * (turned.shape[1] as number)]);
  };
  const x = gather(data.get("images")!, own("chosen"));
  const views = drawnViews(x, plan, { starts: perView("starts"), orientations: perView("orientations") });
  const targets = drawnTargets(perView("down"), perView("across"));
  return transformLoss(encoder, views, targets, parameters, { record });
}

/** Trains a network to tell how images were turned and moved. */
export async function trainNetwork(
  task: NetworkTask,
  { member, runtime, context }: Pick<MemberContext, "member" | "runtime" | "context">,
): Promise<TrainedNetwork> {
  const { stage, encoder, layout, draws: drawPlan, steps, images, held, checkpoints } = task;
  const { random, signal } = context;
  const { views: plan, batchSize } = drawPlan;
  const drawn = layout.initialize((name) => random.stream("member", member, name));
  const measured = await withRunningStatistics(
    runtime,
    layout,
    (x, parameters, training) =>
      encoder
        .train(transpose(fixedViews(x, plan, TURNED), [2, 3, 1, 0]), parameters, (layer, map) =>
          batchNormalized(layer, map, parameters, training),
        )
        .at(-1)!,
    drawn,
    { ...images, rows: Math.min(images.rows, MOST_MEASURED) },
  );
  const probe = await Probe.open(runtime, layout, encoder, plan, held);
  try {
    const start = await probe.loss(measured);
    const empty = new Float32Array(layout.size);
    let progress: StageProgress = checkpoints.resume(stage) ?? {
      state: { epoch: 0, parameters: measured, optimizerStates: [empty, empty] },
      best: { epoch: 0, parameters: measured, optimizerStates: [] },
      bestValidation: start,
      curve: [],
    };
    let ended: StageEnd = "all epochs";
    let signs: readonly string[] = [];
    const every = Math.max(1, Math.ceil(steps / ASSESSMENTS / STEPS_PER_RUN)) * STEPS_PER_RUN;
    let losses: number[] = [];
    const source = new Draws(drawPlan, random);
    await trainSteps(
      runtime,
      {
        layout,
        batchSize,
        optimizer: optimizer({ name: "adamw", weightDecay: task.weightDecay, betas: BETAS }),
        data: { images: { dtype: "float32", shape: [images.rows, images.columns] }, ...drawnData },
        loss: (step) => stepLoss(encoder, plan, step),
      },
      progress.state,
      {
        steps,
        stepsPerRun: STEPS_PER_RUN,
        learningRate: warmedCosine(task.learningRate, steps, Math.round(WARM_UP * steps)),
        data: (from, to) => source.steps(from, to),
        constants: { images: float32([images.rows, images.columns], images.data) },
        onSteps: async (state, stepLosses) => {
          losses.push(...stepLosses);
          const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
          task.onStep(state.epoch, loss);
          if (state.epoch % every !== 0 && state.epoch !== steps) return true;
          const validation = await probe.loss(state.parameters);
          const point: CurvePoint = { epoch: state.epoch, loss, validation };
          losses = [];
          if (!Number.isFinite(validation)) {
            signs = ["its loss on held-out images is not finite"];
            ended = "collapse";
            return false;
          }
          const better = validation < progress.bestValidation;
          progress = {
            state,
            best: better ? state : progress.best,
            bestValidation: better ? validation : progress.bestValidation,
            curve: [...progress.curve, point],
          };
          if (state.epoch - progress.best.epoch >= PATIENCE * every) {
            ended = "no improvement";
            return false;
          }
          // Only what training goes on from: after its end, a run that resumes would take steps that were never taken.
          await checkpoints.save(stage, progress);
          return true;
        },
        signal,
      },
    );
    const { best, curve } = progress;
    return {
      trained: best.parameters,
      drawn,
      measured,
      report: { curve, ended, signs, kept: best.epoch, unit: "step" },
    };
  } finally {
    await probe.close();
  }
}

/** The loss on held-out images, always in the same views, with the statistics that scoring uses. */
class Probe {
  readonly #session: Session;
  readonly #size: number;

  private constructor(session: Session, size: number) {
    this.#session = session;
    this.#size = size;
  }

  static async open(
    runtime: Runtime,
    layout: ParameterLayout,
    encoder: ResidualEncoder,
    plan: ViewPlan,
    { rows: all, columns, data }: FeatureMatrix,
  ): Promise<Probe> {
    const rows = Math.min(all, MOST_WATCHED);
    const graph = new Graph();
    const vector = graph.input("parameters", "float32", [layout.size]);
    const images = graph.input("images", "float32", [rows, columns]);
    const judged = seen(images, JUDGED, { encoder, plan }, layout.tensors(vector));
    graph.output("loss", mean(unlikelihood(judged)));
    const session = await runtime.createSession(serialize(graph), { threads: runtime.cores });
    await session.bind({ images: float32([rows, columns], data.slice(0, rows * columns)) });
    return new Probe(session, layout.size);
  }

  /** Of a view, as the loss of a step is. */
  async loss(parameters: Float32Array): Promise<number> {
    const { loss } = await this.#session.run({ parameters: float32([this.#size], parameters) });
    return (loss!.data[0] as number) / JUDGED.length;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
