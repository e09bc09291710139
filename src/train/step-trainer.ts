import { throwIfAborted } from "../errors.js";
import { float32, int64, type Runtime, scalarIndex, type Values } from "../runtime/index.js";
import { type ProgramSpec, stateNames, trainingProgram } from "./program.js";
import type { TrainingState } from "./trainer.js";

export interface StepTrainingOptions {
  readonly steps: number;
  /** Steps that one run takes, and whose data are made at a time. */
  readonly stepsPerRun: number;
  /** Learning rate of a step, counted from 0. */
  readonly learningRate: (step: number) => number;
  /** Data of the steps `from` to `to` (excluded), for the batches one after the other; called in order, once each. */
  readonly data: (from: number, to: number) => Values;
  /** Data that are the same for all steps, handed over once. */
  readonly constants?: Values;
  /** After each run, with the losses of its steps. Training stops where it answers false. */
  readonly onSteps: (state: TrainingState, losses: Float32Array) => Promise<boolean>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains on data that are made while training goes on, such as crops with defects drawn into them: rows number the data
 * of one run, and every row is seen once. The program's data need an open length, but for constants. Epochs of the state are steps.
 * @returns the state after the last step
 */
export async function trainSteps(
  runtime: Runtime,
  spec: ProgramSpec,
  start: TrainingState,
  { steps, stepsPerRun, learningRate, data, constants, onSteps, signal }: StepTrainingOptions,
): Promise<TrainingState> {
  if (start.epoch >= steps) return start;
  const { batchSize, optimizer } = spec;
  const session = await runtime.createSession(trainingProgram(spec).model, {
    threads: runtime.cores,
  });
  const names = stateNames(optimizer);
  const feeds = (from: number): Values => {
    const count = Math.min(steps, from + stepsPerRun) - from;
    if (count <= 0) return {};
    const schedule = Array.from({ length: count }, (_, k) =>
      optimizer.scheduleOf(from + k + 1, learningRate(from + k)),
    );
    const rows = count * batchSize;
    return {
      ...data(from, from + count),
      steps: scalarIndex(count),
      batches: int64(
        [count, batchSize],
        BigInt64Array.from({ length: rows }, (_, k) => BigInt(k)),
      ),
      weights: float32([count, batchSize], new Float32Array(rows).fill(1 / batchSize)),
      schedule: float32([count, schedule[0]!.length], Float32Array.from(schedule.flat())),
    };
  };
  let state = start;
  try {
    if (constants !== undefined) await session.bind(constants);
    let next = feeds(state.epoch);
    while (state.epoch < steps) {
      throwIfAborted(signal);
      const { parameters, optimizerStates } = state;
      const size = [parameters.length];
      const running = session.run({
        ...next,
        parameters: float32(size, parameters),
        ...Object.fromEntries(names.map((name, k) => [name, float32(size, optimizerStates[k]!)])),
      });
      const done = Math.min(steps, state.epoch + stepsPerRun);
      // While these steps run on their thread, the data of the next ones are made on this one.
      next = feeds(done);
      const result = await running;
      state = {
        epoch: done,
        parameters: result["parameters_out"]!.data as Float32Array,
        optimizerStates: names.map((name) => result[`${name}_out`]!.data as Float32Array),
      };
      if (!(await onSteps(state, result["losses"]!.data as Float32Array))) break;
    }
  } finally {
    await session.release();
  }
  return state;
}

/** Rises in equal steps to its height over `warmUp` steps, and falls to zero along half a cosine. */
export function warmedCosine(height: number, steps: number, warmUp: number): (step: number) => number {
  return (step) => {
    const rise = Math.min(1, (step + 1) / Math.max(1, warmUp));
    return height * rise * 0.5 * (1 + Math.cos((Math.PI * step) / steps));
  };
}
