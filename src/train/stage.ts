import type { TrainingState } from "./trainer.js";

/** What takes a stage further: a `Trainer`, or a `StepTrainer`, whose epochs are steps. */
export interface StageTrainer {
  /** @returns the state after so many epochs, and losses of which the curve shows the last */
  epochs(from: TrainingState, count: number): Promise<{ state: TrainingState; losses: number[] }>;
}

export interface Assessment {
  /** What training should minimise, on held-out rows. */
  readonly validation: number;
  /** Signs that something is wrong with this state; none when healthy. */
  readonly signs: readonly string[];
  /** Why training should go no further, though the state is healthy: it fits training rows better than others. */
  readonly overfitting?: boolean;
  /** What else is worth following from epoch to epoch, by name; part of the curve. */
  readonly readings?: Readonly<Record<string, number>>;
}

export interface StageOptions {
  readonly epochs: number;
  /** Epochs between assessments. */
  readonly every: number;
  /** Stop after this many epochs without improvement on held-out rows. */
  readonly patience: number;
  assess(state: TrainingState): Promise<Assessment>;
  /** Before each stretch of epochs, with the state that it starts from. */
  prepare?(state: TrainingState): Promise<void>;
  onEpochs(epoch: number, loss: number): void;
  /** After each assessment: the point from which an interrupted stage continues. */
  onAssessed?(progress: StageProgress): Promise<void>;
}

/** One point of a training curve. */
export interface CurvePoint {
  readonly epoch: number;
  readonly loss: number;
  readonly validation: number;
  /**
   * Of stages that draw rows together: `spread`, how far the latent space spreads as a share of that at the start, and the
   * radius of a soft boundary; absent in models of earlier versions.
   */
  readonly readings?: Readonly<Record<string, number>>;
}

/** The state of a stage between two assessments. */
export interface StageProgress {
  readonly state: TrainingState;
  /** The healthy state that did best on held-out rows. */
  readonly best: TrainingState;
  readonly bestValidation: number;
  readonly curve: readonly CurvePoint[];
}

/** What brought a stage to its end. */
export type StageEnd = "all epochs" | "no improvement" | "overfitting" | "collapse";

export interface StageResult {
  /** The healthy state that did best on held-out rows; the starting state, where no later one was better. */
  readonly state: TrainingState;
  readonly curve: readonly CurvePoint[];
  readonly ended: StageEnd;
  /** What was wrong at the end, where it ended in a collapse. */
  readonly signs: readonly string[];
}

/**
 * Trains until the epochs are used up, held-out rows stop improving, or the state looks unhealthy. Either way the
 * result is the best healthy state: a collapse is rolled back, not reported as success.
 */
export async function runStage(
  trainer: StageTrainer,
  from: TrainingState | StageProgress,
  options: StageOptions,
): Promise<StageResult> {
  let progress: StageProgress;
  if ("best" in from) progress = from;
  else {
    const { validation } = await options.assess(from);
    progress = { state: from, best: from, bestValidation: validation, curve: [] };
  }
  const result = (ended: StageEnd, signs: readonly string[] = []): StageResult => ({
    state: progress.best,
    curve: progress.curve,
    ended,
    signs,
  });

  while (progress.state.epoch < options.epochs) {
    const count = Math.min(options.every, options.epochs - progress.state.epoch);
    await options.prepare?.(progress.state);
    const { state, losses } = await trainer.epochs(progress.state, count);
    const loss = losses.at(-1)!;
    const { validation, signs, overfitting = false, readings } = await options.assess(state);
    const point = { epoch: state.epoch, loss, validation, ...(readings && { readings }) };
    const curve = [...progress.curve, point];
    options.onEpochs(state.epoch, loss);
    const better = signs.length === 0 && !overfitting && validation < progress.bestValidation;
    progress = {
      state,
      best: better ? state : progress.best,
      bestValidation: better ? validation : progress.bestValidation,
      curve,
    };
    if (signs.length > 0) return result("collapse", signs);
    if (overfitting) return result("overfitting");
    if (state.epoch - progress.best.epoch >= options.patience) return result("no improvement");
    await options.onAssessed?.(progress);
  }
  return result("all epochs");
}
