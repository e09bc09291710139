import { stagePlan } from "../networks/plan.js";
import type { DeepOptions, SettledOptions } from "./options.js";

/** Epochs of both stages at most, and the rows of a mini-batch, for a table of a given length. */
export interface TrainingPlan {
  readonly pretrainEpochs: number;
  readonly epochs: number;
  readonly batchSize: number;
}

/** Networks for windows and images are large, and one of them takes as long as many for tables. */
export function memberCount({ members }: DeepOptions, inputShape: readonly number[]): number {
  return members ?? (inputShape.length === 1 ? 4 : 1);
}

/** At which share of their starting distance rows are near enough to the centre, see docs/adr/0005. */
export function stopAt({ stopAt: given }: DeepOptions, inputShape: readonly number[]): number {
  return given ?? (inputShape.length === 1 ? 0.25 : 0);
}

export function trainingPlan(options: SettledOptions, rows: number): TrainingPlan {
  const { pretrain, pretrainEpochs, pretrainSteps, batchSize } = options;
  const pretraining = stagePlan({ epochs: pretrainEpochs, steps: pretrainSteps, batchSize }, rows);
  return { pretrainEpochs: pretrain ? pretraining.epochs : 0, ...stagePlan(options, rows) };
}
