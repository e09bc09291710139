import { throwIfAborted } from "../errors.js";
import { type FeatureMatrix, rowStart } from "../features/index.js";
import type { RandomStream } from "../math/random.js";
import {
  float32,
  int64,
  type Runtime,
  type Session,
  scalarIndex,
  type TensorValue,
  type Values,
} from "../runtime/index.js";
import { batchesOf } from "./batches.js";
import type { Optimizer } from "./optimizers.js";
import { type ProgramSpec, stateNames, trainingProgram } from "./program.js";
import { type LearningRateSchedule, learningRateAt } from "./schedule.js";
import { threadsFor } from "./threads.js";

/** One run of the program takes at most this many steps: the grain of progress, cancellation and memory. */
const STEPS_PER_RUN = 512;
/** Streamed rows that go into one run at most, in bytes. */
const STREAMED_BYTES = 2 ** 20;

/** Everything that an interrupted training needs to continue as if nothing had happened. */
export interface TrainingState {
  /** Epochs done. */
  readonly epoch: number;
  readonly parameters: Float32Array;
  readonly optimizerStates: readonly Float32Array[];
}

/** Before the first step. */
export function startOf(optimizer: Optimizer, parameters: Float32Array): TrainingState {
  const optimizerStates = stateNames(optimizer).map(() => new Float32Array(parameters.length));
  return { epoch: 0, parameters, optimizerStates };
}

export interface TrainerOptions {
  readonly rowCount: number;
  readonly batchSize: number;
  readonly learningRate: LearningRateSchedule;
  /** The order of rows in an epoch. */
  readonly shuffle: (epoch: number) => Pick<RandomStream, "permutation">;
  /**
   * A matrix that is too large to be passed as a whole: every run gets the rows that it works with, under the name of
   * this input, whose length has to be open. The result is the same.
   */
  readonly streamed?: { readonly input: string; readonly matrix: FeatureMatrix } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The steps of one long epoch, or of several short ones. */
interface Plan {
  readonly steps: number;
  /** The order of rows in each epoch. Batches are laid out only for the steps of a run: they take three times more. */
  readonly orders: readonly Uint32Array[];
  /** float32 [steps, width]. */
  readonly schedule: Float32Array;
  readonly width: number;
}

/** Drives a training program through epochs. */
export class Trainer {
  readonly #session: Session;
  readonly #optimizer: Optimizer;
  readonly #options: TrainerOptions;

  private constructor(session: Session, optimizer: Optimizer, options: TrainerOptions) {
    this.#session = session;
    this.#optimizer = optimizer;
    this.#options = options;
  }

  /** Compiles the program and passes it its data. */
  static async open(
    runtime: Runtime,
    spec: ProgramSpec,
    data: Values,
    options: TrainerOptions,
  ): Promise<Trainer> {
    const { model, multiplications } = trainingProgram(spec);
    const threads = threadsFor(runtime, multiplications);
    const session = await runtime.createSession(model, { threads });
    await session.bind(data);
    return new Trainer(session, spec.optimizer, options);
  }

  start(parameters: Float32Array): TrainingState {
    return startOf(this.#optimizer, parameters);
  }

  /** Data that changes between epochs, such as a radius. */
  async update(data: Values): Promise<void> {
    await this.#session.bind(data);
  }

  /** Trains `count` epochs further. Returns the new state and the mean loss of each epoch. */
  async epochs(state: TrainingState, count: number): Promise<{ state: TrainingState; losses: number[] }> {
    const { batchSize, rowCount } = this.#options;
    const names = stateNames(this.#optimizer);
    const stepsPerEpoch = Math.ceil(rowCount / batchSize);
    let current = state;
    const losses: number[] = [];

    for (let done = 0; done < count; ) {
      // Several short epochs go into one run; a long one is cut into several.
      const together = Math.min(count - done, Math.max(1, Math.floor(this.#stepsPerRun / stepsPerEpoch)));
      const plan = this.#plan(current.epoch, together);
      let { parameters, optimizerStates } = current;
      const stepLosses = new Float64Array(plan.steps);
      let feeds = this.#feeds(plan, 0);
      for (let from = 0; from < plan.steps; from += this.#stepsPerRun) {
        throwIfAborted(this.#options.signal);
        const running = this.#session.run({
          ...feeds,
          parameters: float32([parameters.length], parameters),
          ...Object.fromEntries(
            names.map((name, k) => [name, float32([parameters.length], optimizerStates[k]!)]),
          ),
        });
        // While these steps run on their thread, the next ones are laid out on this one.
        feeds = this.#feeds(plan, from + this.#stepsPerRun);
        const result = await running;
        parameters = result["parameters_out"]!.data as Float32Array;
        optimizerStates = names.map((name) => result[`${name}_out`]!.data as Float32Array);
        stepLosses.set(result["losses"]!.data as Float32Array, from);
      }
      for (let epoch = 0; epoch < together; epoch++)
        losses.push(this.#epochLoss(stepLosses, epoch, stepsPerEpoch));
      current = { epoch: current.epoch + together, parameters, optimizerStates };
      done += together;
    }
    return { state: current, losses };
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  get #stepsPerRun(): number {
    const { streamed, batchSize } = this.#options;
    if (streamed === undefined) return STEPS_PER_RUN;
    const bytesPerStep = batchSize * streamed.matrix.columns * Float32Array.BYTES_PER_ELEMENT;
    return Math.min(STEPS_PER_RUN, Math.max(1, Math.floor(STREAMED_BYTES / bytesPerStep)));
  }

  /** The inputs of a run for the steps from `from` on, as many as one run takes. */
  #feeds({ steps, orders, schedule, width }: Plan, from: number): Values {
    const { batchSize, streamed } = this.#options;
    const to = Math.min(steps, from + this.#stepsPerRun);
    if (from >= to) return {};
    const rows = new BigInt64Array((to - from) * batchSize);
    const weights = new Float32Array((to - from) * batchSize);
    const stepsPerEpoch = steps / orders.length;
    // Several epochs are all done within one run.
    const parts = orders.map((order) =>
      batchesOf(order, batchSize, from, Math.min(to, from + stepsPerEpoch)),
    );
    parts.forEach((part, k) => {
      rows.set(part.rows, k * stepsPerEpoch * batchSize);
      weights.set(part.weights, k * stepsPerEpoch * batchSize);
    });
    return {
      steps: scalarIndex(to - from),
      weights: float32([to - from, batchSize], weights),
      schedule: float32([to - from, width], schedule.subarray(from * width, to * width)),
      batches: int64([to - from, batchSize], streamed ? rows.map((_, k) => BigInt(k)) : rows),
      ...(streamed && { [streamed.input]: rowsOf(streamed.matrix, rows) }),
    };
  }

  #plan(firstEpoch: number, count: number): Plan {
    const { rowCount, batchSize, learningRate, shuffle } = this.#options;
    const orders = Array.from({ length: count }, (_, k) => shuffle(firstEpoch + k).permutation(rowCount));
    const stepsPerEpoch = Math.ceil(rowCount / batchSize);
    const steps = stepsPerEpoch * count;
    const width = this.#optimizer.scheduleOf(1, 0).length;
    const schedule = new Float32Array(steps * width);
    for (let step = 0; step < steps; step++) {
      const rate = learningRateAt(learningRate, firstEpoch + Math.floor(step / stepsPerEpoch));
      schedule.set(this.#optimizer.scheduleOf(firstEpoch * stepsPerEpoch + step + 1, rate), step * width);
    }
    return { steps, orders, schedule, width };
  }

  /** The mean over rows: batches count by their size. */
  #epochLoss(stepLosses: Float64Array, epoch: number, stepsPerEpoch: number): number {
    const { rowCount, batchSize } = this.#options;
    let sum = 0;
    for (let step = 0; step < stepsPerEpoch; step++) {
      const size = Math.min(batchSize, rowCount - step * batchSize);
      sum += stepLosses[epoch * stepsPerEpoch + step]! * size;
    }
    return sum / rowCount;
  }
}

/** The rows listed, one after the other. */
function rowsOf(matrix: FeatureMatrix, rows: BigInt64Array): TensorValue {
  const { columns, data } = matrix;
  const picked = new Float32Array(rows.length * columns);
  const words = new Uint32Array(rows.buffer);
  for (let k = 0; k < rows.length; k++) {
    const start = rowStart(matrix, words[2 * k]!);
    for (let c = 0; c < columns; c++) picked[k * columns + c] = data[start + c]!;
  }
  return float32([rows.length, columns], picked);
}
