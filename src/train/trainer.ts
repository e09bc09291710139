import { throwIfAborted } from "../errors.js";
import type { RandomStream } from "../math/random.js";
import { float32, int64, type Runtime, type Session, scalarIndex, type Values } from "../runtime/index.js";
import { epochBatches } from "./batches.js";
import type { Optimizer } from "./optimizers.js";
import { type ProgramSpec, stateNames, trainingProgram } from "./program.js";
import { type LearningRateSchedule, learningRateAt } from "./schedule.js";

/** One run of the program takes at most this many steps: the grain of progress, cancellation and memory. */
const STEPS_PER_RUN = 512;

/** Everything that an interrupted training needs in order to go on as if nothing had happened. */
export interface TrainingState {
  /** Epochs done. */
  readonly epoch: number;
  readonly parameters: Float32Array;
  readonly optimizerStates: readonly Float32Array[];
}

export interface TrainerOptions {
  readonly rowCount: number;
  readonly batchSize: number;
  readonly learningRate: LearningRateSchedule;
  /** The order of rows in an epoch. */
  readonly shuffle: (epoch: number) => RandomStream;
  readonly signal?: AbortSignal | undefined;
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

  /** Compiles the program and hands over its data. */
  static async open(
    runtime: Runtime,
    spec: ProgramSpec,
    data: Values,
    options: TrainerOptions,
  ): Promise<Trainer> {
    const session = await runtime.createSession(trainingProgram(spec));
    await session.bind(data);
    return new Trainer(session, spec.optimizer, options);
  }

  start(parameters: Float32Array): TrainingState {
    const optimizerStates = stateNames(this.#optimizer).map(() => new Float32Array(parameters.length));
    return { epoch: 0, parameters, optimizerStates };
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
      const together = Math.min(count - done, Math.max(1, Math.floor(STEPS_PER_RUN / stepsPerEpoch)));
      const plan = this.#plan(current.epoch, together);
      let { parameters, optimizerStates } = current;
      const stepLosses = new Float64Array(plan.steps);
      for (let from = 0; from < plan.steps; from += STEPS_PER_RUN) {
        throwIfAborted(this.#options.signal);
        const to = Math.min(plan.steps, from + STEPS_PER_RUN);
        const result = await this.#session.run({
          steps: scalarIndex(to - from),
          batches: int64([to - from, batchSize], plan.rows.subarray(from * batchSize, to * batchSize)),
          weights: float32([to - from, batchSize], plan.weights.subarray(from * batchSize, to * batchSize)),
          schedule: float32(
            [to - from, plan.width],
            plan.schedule.subarray(from * plan.width, to * plan.width),
          ),
          parameters: float32([parameters.length], parameters),
          ...Object.fromEntries(
            names.map((name, k) => [name, float32([parameters.length], optimizerStates[k]!)]),
          ),
        });
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

  #plan(firstEpoch: number, count: number) {
    const { rowCount, batchSize, learningRate, shuffle } = this.#options;
    const epochs = Array.from({ length: count }, (_, k) =>
      epochBatches(rowCount, batchSize, shuffle(firstEpoch + k)),
    );
    const stepsPerEpoch = epochs[0]!.steps;
    const steps = stepsPerEpoch * count;
    const rows = new BigInt64Array(steps * batchSize);
    const weights = new Float32Array(steps * batchSize);
    const schedule: number[] = [];
    epochs.forEach((epoch, k) => {
      rows.set(epoch.rows, k * stepsPerEpoch * batchSize);
      weights.set(epoch.weights, k * stepsPerEpoch * batchSize);
      const rate = learningRateAt(learningRate, firstEpoch + k);
      for (let step = 0; step < stepsPerEpoch; step++) {
        schedule.push(...this.#optimizer.scheduleOf((firstEpoch + k) * stepsPerEpoch + step + 1, rate));
      }
    });
    return { steps, rows, weights, schedule: Float32Array.from(schedule), width: schedule.length / steps };
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
