import type { StageProgress } from "../../train/stage.js";
import type { TrainingState } from "../../train/trainer.js";
import type { MemberCheckpoints } from "./checkpoints.js";
import type { MemberListener } from "./ensemble.js";
import type { StageReport } from "./report.js";

/** Points of the training curve. */
const ASSESSMENTS = 20;

export interface WatchedOptions {
  /** Steps of the whole training, and those that are made without a look. */
  readonly steps: number;
  readonly stepsPerRun: number;
  readonly listener: MemberListener;
  readonly checkpoints: MemberCheckpoints;
  /** The loss on what training does not see, and signs of collapse, of such parameters. */
  assess(parameters: Float32Array): Promise<{ readonly loss: number; readonly signs: readonly string[] }>;
}

/**
 * A training in steps on data drawn meanwhile, which goes on while the network is healthy. The last healthy state is kept,
 * not the one that does best on what is drawn: that is of our own making.
 */
export class WatchedSteps {
  readonly #options: WatchedOptions;
  readonly #every: number;
  #progress: StageProgress;
  #signs: readonly string[] = [];
  #losses: number[] = [];

  /** @param begin where the training stands, at its beginning or where it was stopped */
  constructor(begin: StageProgress, options: WatchedOptions) {
    this.#progress = begin;
    this.#options = options;
    const { steps, stepsPerRun } = options;
    this.#every = Math.max(1, Math.ceil(steps / ASSESSMENTS / stepsPerRun)) * stepsPerRun;
  }

  get state(): TrainingState {
    return this.#progress.state;
  }

  get healthy(): boolean {
    return this.#signs.length === 0;
  }

  /**
   * After each run of steps. @param until the step at which this part of the training ends
   * @returns whether it should go on
   */
  async onSteps(state: TrainingState, losses: Iterable<number>, until: number): Promise<boolean> {
    const { steps, listener, checkpoints, assess } = this.#options;
    this.#losses.push(...losses);
    const loss = this.#losses.reduce((sum, value) => sum + value, 0) / this.#losses.length;
    listener(state.epoch, { stage: "training", epoch: state.epoch, epochs: steps, unit: "step", loss });
    if (state.epoch % this.#every !== 0 && state.epoch !== until) return true;
    const assessed = await assess(state.parameters);
    this.#losses = [];
    this.#signs = assessed.signs;
    const { best, bestValidation, curve } = this.#progress;
    this.#progress = {
      state,
      ...(this.healthy ? { best: state, bestValidation: assessed.loss } : { best, bestValidation }),
      curve: [...curve, { epoch: state.epoch, loss, validation: assessed.loss }],
    };
    if (this.healthy) await checkpoints.save("training", this.#progress);
    return this.healthy;
  }

  /** The parameters that are kept, and what the card says of the training. */
  get result(): { readonly parameters: Float32Array; readonly report: StageReport } {
    const { best, curve } = this.#progress;
    const ended = this.healthy ? "all epochs" : "collapse";
    const report = { curve, ended, signs: this.#signs, kept: best.epoch, unit: "step" } as const;
    return { parameters: best.parameters, report };
  }
}
