import { ParameterLayout } from "../../nn/parameters.js";
import type { ContrastNetwork } from "../../nn/series/contrast-network.js";
import { optimizer } from "../../train/optimizers.js";
import type { ProgramSpec } from "../../train/program.js";
import { withRunningStatistics } from "../../train/running-statistics.js";
import type { CurvePoint, StageProgress } from "../../train/stage.js";
import { trainSteps } from "../../train/step-trainer.js";
import type { TrainingState } from "../../train/trainer.js";
import { MemberCheckpoints } from "../networks/checkpoints.js";
import type { MemberContext } from "../networks/ensemble.js";
import type { StageReport } from "../networks/report.js";
import { normalisedWindows } from "../windows/normalised.js";
import type { Stretches } from "../windows/stretches.js";
import { drawnSteps } from "./feeds.js";
import { stepLoss } from "./objective.js";
import type { ContrastOptions } from "./options.js";
import { Probe, spaceSigns } from "./probe.js";

/** Steps whose windows are drawn at a time, at most. */
const MOST_STEPS_PER_RUN = 5;
/** Numbers of windows that are drawn at a time. */
const NUMBERS_PER_RUN = 2 ** 24;
/** Points of the training curve. */
const ASSESSMENTS = 20;

/** Of both, parameters of the encoder. */
export interface TrainedNetwork {
  readonly trained: Float32Array;
  readonly untrained: Float32Array;
  readonly report: StageReport;
}

/** Trains on windows and their neighbours, drawn while it trains: at first also on their order. */
export async function trainNetwork(
  network: ContrastNetwork,
  options: ContrastOptions,
  stretches: Stretches,
  { member, runtime, context, listener }: MemberContext,
): Promise<TrainedNetwork> {
  const { random, signal } = context;
  const { shape } = stretches;
  const columns = shape[0] * shape[1];
  const batchSize = Math.max(2, Math.min(options.batchSize, stretches.windows));
  const draw = { batchSize, shift: options.shift };
  const { encoder, projection, head } = network;
  // Each begins with the next: what is no longer learned is cut off.
  const layouts = {
    ordered: new ParameterLayout([...encoder, ...projection, ...head]),
    triplets: new ParameterLayout([...encoder, ...projection]),
    encoder: new ParameterLayout(encoder),
  };
  const checkpoints = new MemberCheckpoints(member, context);
  await checkpoints.open();
  const first = drawnSteps(stretches, draw, [random.stream("statistics")]);
  const initial = await withRunningStatistics(
    runtime,
    layouts.ordered,
    (x, parameters, training) => network.embed(normalisedWindows(x, shape), parameters, training),
    layouts.ordered.initialize((name) => random.stream("member", member, name)),
    { rows: batchSize, columns, data: first.anchors.data as Float32Array<ArrayBuffer> },
  );
  const watched = drawnSteps(stretches, draw, [random.stream("probe")]);
  const probe = await Probe.open(runtime, layouts.triplets, network, shape, options.margin, watched);
  try {
    const start = await probe.read(initial);
    const empty = new Float32Array(layouts.ordered.size);
    let progress: StageProgress = checkpoints.resume("training") ?? {
      state: { epoch: 0, parameters: initial, optimizerStates: [empty, empty] },
      best: { epoch: 0, parameters: initial, optimizerStates: [] },
      bestValidation: start.loss,
      curve: [],
    };
    let signs: readonly string[] = [];
    let losses: number[] = [];
    const { steps } = options;
    const stepsPerRun = Math.max(
      1,
      Math.min(MOST_STEPS_PER_RUN, Math.floor(NUMBERS_PER_RUN / (batchSize * columns))),
    );
    const every = Math.max(1, Math.ceil(steps / ASSESSMENTS / stepsPerRun)) * stepsPerRun;
    const stage = (ordered: boolean, until: number) => {
      const layout = ordered ? layouts.ordered : layouts.triplets;
      return trainSteps(
        runtime,
        programOf(network, options, layout, batchSize, stretches, ordered),
        cut(progress.state, layout),
        {
          steps: until,
          stepsPerRun,
          learningRate: (step) => learningRate(options, step),
          data: (from, to) => {
            const numbers = Array.from({ length: to - from }, (_, k) => from + k);
            const streams = numbers.map((step) => random.stream("member", member, "windows", step));
            const weights = numbers.map((step) => 1 - (step + 1) / options.orderSteps);
            return drawnSteps(stretches, draw, streams, ordered ? weights : undefined);
          },
          onSteps: async (state, stepLosses) => {
            losses.push(...stepLosses);
            const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
            listener(state.epoch, { stage: "training", epoch: state.epoch, epochs: steps, loss });
            if (state.epoch % every !== 0 && state.epoch !== until) return true;
            const reading = await probe.read(state.parameters);
            const point: CurvePoint = { epoch: state.epoch, loss, validation: reading.loss };
            losses = [];
            signs = spaceSigns(reading, start);
            const healthy = signs.length === 0;
            progress = {
              state,
              best: healthy ? state : progress.best,
              bestValidation: healthy ? reading.loss : progress.bestValidation,
              curve: [...progress.curve, point],
            };
            if (healthy) await checkpoints.save("training", progress);
            return healthy;
          },
          signal,
        },
      );
    };
    if (stretches.consecutive) await stage(true, Math.min(steps, options.orderSteps));
    if (signs.length === 0) await stage(false, steps);
    const { best, curve } = progress;
    const encoderOf = (parameters: Float32Array) => parameters.slice(0, layouts.encoder.size);
    return {
      trained: encoderOf(best.parameters),
      untrained: encoderOf(initial),
      report: { curve, ended: signs.length > 0 ? "collapse" : "all epochs", signs, kept: best.epoch },
    };
  } finally {
    await probe.close();
  }
}

/** The state of those parameters alone that come first. */
function cut(state: TrainingState, { size }: ParameterLayout): TrainingState {
  return {
    epoch: state.epoch,
    parameters: state.parameters.slice(0, size),
    optimizerStates: state.optimizerStates.map((vector) => vector.slice(0, size)),
  };
}

function programOf(
  network: ContrastNetwork,
  { margin, weightDecay }: ContrastOptions,
  layout: ParameterLayout,
  batchSize: number,
  { shape }: Stretches,
  ordered: boolean,
): ProgramSpec {
  const windows = { dtype: "float32", shape: ["windows", shape[0] * shape[1]] } as const;
  return {
    layout,
    batchSize,
    optimizer: optimizer({ name: "adamw", weightDecay }),
    data: {
      anchors: windows,
      positives: windows,
      ...(ordered && {
        earlier: windows,
        known: { dtype: "float32", shape: ["windows"] },
        weight: { dtype: "float32", shape: ["windows"] },
      }),
    },
    loss: stepLoss(network, shape, { margin, ordered }),
  };
}

/** From its height to a tenth of it, along half a cosine. */
function learningRate({ learningRate: height, steps }: ContrastOptions, step: number): number {
  const left = 0.5 * (1 + Math.cos((Math.PI * (step + 1)) / steps));
  return height * (0.1 + 0.9 * left);
}
