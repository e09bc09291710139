import type { FeatureMatrix } from "../../features/index.js";
import type { RandomStream } from "../../math/random.js";
import type { TrainingContext } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import type { Trainer } from "../../train/trainer.js";
import { assessEvery } from "../networks/plan.js";
import { type MemberStage, openStage } from "../networks/trainer.js";
import type { SettledOptions } from "./options.js";

/** Assessments of a stage. */
const ASSESSMENTS = 20;

export interface StageTask extends Pick<MemberStage, "layout" | "batchSize" | "data" | "loss"> {
  readonly stage: "pretraining" | "training";
  readonly member: number;
  readonly matrix: FeatureMatrix;
  /** Rows that an epoch visits. */
  readonly visits: number;
  order(stream: RandomStream): Uint32Array<ArrayBuffer>;
}

/** Opens one stage of a member with the detector's options for it. */
export function openStageTrainer(
  task: StageTask,
  options: SettledOptions,
  runtime: Runtime,
  { random, signal }: TrainingContext,
): Promise<Trainer> {
  const { stage, member, layout, matrix, visits, batchSize, data } = task;
  const pretraining = stage === "pretraining";
  return openStage(
    {
      layout,
      matrix,
      visits,
      batchSize,
      data,
      loss: (step) => task.loss(step),
      shuffle: (epoch) => ({
        permutation: () => task.order(random.stream("member", member, stage, epoch)),
      }),
      optimizer: options.optimizer,
      momentum: options.momentum,
      weightDecay: pretraining ? options.pretrainWeightDecay : options.weightDecay,
      learningRate: pretraining ? options.pretrainLearningRate : options.learningRate,
      milestones: pretraining ? options.pretrainMilestones : options.milestones,
      signal,
    },
    runtime,
  );
}

/** Epochs between two assessments of a stage. */
export const assessedEvery = (epochs: number): number => assessEvery(epochs, ASSESSMENTS);
