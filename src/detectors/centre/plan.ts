import { stagePlan } from "../networks/plan.js";
import type { DeepOptions, Pretraining, SettledOptions } from "./options.js";

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

/** What the encoder learns first. The older option says whether it learns to reconstruct rows. */
export const pretrainingOf = ({
  pretraining,
  pretrain,
}: Pick<DeepOptions, "pretraining" | "pretrain">): Pretraining =>
  pretraining ?? (pretrain ? "autoencoder" : "none");

/** Epochs of pretraining are those of an autoencoder; another has steps of its own. */
export function trainingPlan(options: SettledOptions, rows: number): TrainingPlan {
  const { pretrainEpochs, pretrainSteps, batchSize } = options;
  const pretraining = stagePlan({ epochs: pretrainEpochs, steps: pretrainSteps, batchSize }, rows);
  const reconstructs = pretrainingOf(options) === "autoencoder";
  return { pretrainEpochs: reconstructs ? pretraining.epochs : 0, ...stagePlan(options, rows) };
}
