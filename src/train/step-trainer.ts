import { throwIfAborted } from "../errors.js";
import { float32, int64, type Runtime, type Session, scalarIndex, type Values } from "../runtime/index.js";
import { type ProgramSpec, stateNames, trainingProgram } from "./program.js";
import { threadsFor } from "./threads.js";
import type { TrainingState } from "./trainer.js";

export interface StepTrainerOptions {
  readonly steps: number;
  /** Steps that one run takes, and whose data are made at a time. */
  readonly stepsPerRun: number;
  /** Learning rate of a step, counted from 0. */
  readonly learningRate: (step: number) => number;
  /** Data of the steps `from` to `to` (excluded), for the batches one after the other; called in order, once each. */
  readonly data: (from: number, to: number) => Values | Promise<Values>;
  /** Data that are the same for all steps, handed over once. */
  readonly constants?: Values | undefined;
  /** After each run. */
  readonly onRun?: ((run: StepRun) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StepTrainingOptions extends StepTrainerOptions {
  /** After each run, with the losses of its steps. Training stops where it answers false. */
  readonly onSteps: (state: TrainingState, losses: Float32Array) => Promise<boolean>;
}

/** What one run of the program came to. */
export interface StepRun {
  readonly state: TrainingState;
  /** Of its steps. */
  readonly losses: Float32Array;
}

/**
 * Trains on data that are made while training goes on, such as crops with defects drawn into them: rows number the data
 * of one run, and every row is seen once. The program's data need an open length, but for constants. Epochs of the state are steps.
 */
export class StepTrainer {
  readonly #session: Session;
  readonly #spec: ProgramSpec;
  readonly #options: StepTrainerOptions;
  /** The inputs of the next run, made while the last one went on. */
  #ahead: { readonly from: number; readonly values: Promise<Values> } | undefined;

  private constructor(session: Session, spec: ProgramSpec, options: StepTrainerOptions) {
    this.#session = session;
    this.#spec = spec;
    this.#options = options;
  }

  static async open(runtime: Runtime, spec: ProgramSpec, options: StepTrainerOptions): Promise<StepTrainer> {
    const { model, multiplications } = trainingProgram(spec);
    const threads = threadsFor(runtime, multiplications);
    const session = await runtime.createSession(model, { threads });
    if (options.constants !== undefined) await session.bind(options.constants);
    return new StepTrainer(session, spec, options);
  }

  /** Takes the steps of one run; runs begin at multiples of `stepsPerRun`, and the last one ends with the training. */
  async run(state: TrainingState): Promise<StepRun> {
    const { onRun, signal } = this.#options;
    throwIfAborted(signal);
    const { epoch, parameters, optimizerStates } = state;
    const names = stateNames(this.#spec.optimizer);
    const size = [parameters.length];
    const values = await (this.#ahead?.from === epoch ? this.#ahead.values : this.#feeds(epoch));
    const running = this.#session.run({
      ...values,
      parameters: float32(size, parameters),
      ...Object.fromEntries(names.map((name, k) => [name, float32(size, optimizerStates[k]!)])),
    });
    const done = this.#endOf(epoch);
    // While these steps run on their thread, the data of the next ones are made on this one.
    this.#prepare(done);
    const result = await running;
    const run: StepRun = {
      state: {
        epoch: done,
        parameters: result["parameters_out"]!.data as Float32Array,
        optimizerStates: names.map((name) => result[`${name}_out`]!.data as Float32Array),
      },
      losses: result["losses"]!.data as Float32Array,
    };
    onRun?.(run);
    return run;
  }

  /**
   * Whole runs, until `count` steps are taken or the training is at its end: what a stage is trained by.
   * @returns the state after them, and the mean loss of each run
   */
  async epochs(from: TrainingState, count: number): Promise<{ state: TrainingState; losses: number[] }> {
    let state = from;
    const losses: number[] = [];
    while (state.epoch < Math.min(from.epoch + count, this.#options.steps)) {
      const done = await this.run(state);
      state = done.state;
      losses.push(done.losses.reduce((sum, loss) => sum + loss, 0) / done.losses.length);
    }
    return { state, losses };
  }

  async close(): Promise<void> {
    // Data that nobody takes any more may still be read from a file.
    await this.#ahead?.values.catch(() => {});
    await this.#session.release();
  }

  #endOf(from: number): number {
    const { steps, stepsPerRun } = this.#options;
    return Math.min(steps, (Math.floor(from / stepsPerRun) + 1) * stepsPerRun);
  }

  #prepare(from: number): void {
    if (from >= this.#options.steps) return;
    const values = this.#feeds(from);
    // Whoever takes them meets the failure.
    values.catch(() => {});
    this.#ahead = { from, values };
  }

  async #feeds(from: number): Promise<Values> {
    const { data, learningRate } = this.#options;
    const { batchSize, optimizer } = this.#spec;
    const to = this.#endOf(from);
    const count = to - from;
    const schedule = Array.from({ length: count }, (_, k) =>
      optimizer.scheduleOf(from + k + 1, learningRate(from + k)),
    );
    const rows = count * batchSize;
    return {
      ...(await data(from, to)),
      steps: scalarIndex(count),
      batches: int64(
        [count, batchSize],
        BigInt64Array.from({ length: rows }, (_, k) => BigInt(k)),
      ),
      weights: float32([count, batchSize], new Float32Array(rows).fill(1 / batchSize)),
      schedule: float32([count, schedule[0]!.length], Float32Array.from(schedule.flat())),
    };
  }
}

/**
 * Trains as `StepTrainer` does, from a state to the last step.
 * @returns the state after it
 */
export async function trainSteps(
  runtime: Runtime,
  spec: ProgramSpec,
  start: TrainingState,
  { onSteps, ...options }: StepTrainingOptions,
): Promise<TrainingState> {
  if (start.epoch >= options.steps) return start;
  const trainer = await StepTrainer.open(runtime, spec, options);
  try {
    let state = start;
    while (state.epoch < options.steps) {
      const done = await trainer.run(state);
      state = done.state;
      if (!(await onSteps(state, done.losses))) break;
    }
    return state;
  } finally {
    await trainer.close();
  }
}

/** Rises in equal steps to its height over `warmUp` steps, and falls to zero along half a cosine. */
export function warmedCosine(height: number, steps: number, warmUp: number): (step: number) => number {
  return (step) => {
    const rise = Math.min(1, (step + 1) / Math.max(1, warmUp));
    return height * rise * 0.5 * (1 + Math.cos((Math.PI * step) / steps));
  };
}
