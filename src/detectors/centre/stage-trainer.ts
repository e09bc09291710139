import { denseFeatures, type FeatureMatrix } from "../../features/index.js";
import type { RandomStream } from "../../math/random.js";
import type { TrainingContext } from "../../model/contract.js";
import type { ParameterLayout } from "../../nn/parameters.js";
import { float32, type Runtime, type Values } from "../../runtime/index.js";
import { optimizer } from "../../train/optimizers.js";
import type { ProgramSpec } from "../../train/program.js";
import { Trainer } from "../../train/trainer.js";
import type { DeepOptions } from "./options.js";

/** Features above this many bytes stay in one place; smaller ones are copied to where a member trains. */
const LARGE_FEATURES = 64 * 2 ** 20;

/** Whether rows are handed to a program as it needs them, and not all at the beginning. */
const isLarge = ({ rows, columns }: FeatureMatrix): boolean =>
  rows * columns * Float32Array.BYTES_PER_ELEMENT > LARGE_FEATURES;

/** Overlapping rows as copies of their own, where those are small enough to be handed over as a whole. */
export const handedOver = (matrix: FeatureMatrix): FeatureMatrix =>
  isLarge(matrix) ? matrix : denseFeatures(matrix);
/** Assessments of a stage. */
const ASSESSMENTS = 20;

export interface StageTask {
  readonly stage: "pretraining" | "training";
  readonly member: number;
  readonly layout: ParameterLayout;
  readonly matrix: FeatureMatrix;
  /** Rows that an epoch visits. */
  readonly visits: number;
  readonly batchSize: number;
  order(stream: RandomStream): Uint32Array<ArrayBuffer>;
  /** What the loss sees beside "features". */
  readonly data: Values;
  readonly loss: ProgramSpec["loss"];
}

/** Compiles the program of one stage and hands its data over. */
export function openStageTrainer(
  task: StageTask,
  options: DeepOptions,
  runtime: Runtime,
  { random, signal }: TrainingContext,
): Promise<Trainer> {
  const { stage, member, matrix, data, visits, batchSize } = task;
  const { rows, columns } = matrix;
  const large = isLarge(matrix);
  const pretraining = stage === "pretraining";
  return Trainer.open(
    runtime,
    {
      layout: task.layout,
      optimizer: optimizer({
        name: options.optimizer,
        momentum: options.momentum,
        weightDecay: pretraining ? options.pretrainWeightDecay : options.weightDecay,
      }),
      batchSize,
      data: {
        features: { dtype: "float32", shape: ["rows", columns] },
        ...Object.fromEntries(
          Object.entries(data).map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
        ),
      },
      loss: task.loss,
    },
    { ...(!large && { features: float32([rows, columns], matrix.data) }), ...data },
    {
      rowCount: visits,
      batchSize,
      learningRate: {
        base: pretraining ? options.pretrainLearningRate : options.learningRate,
        milestones: pretraining ? options.pretrainMilestones : options.milestones,
        factor: 0.1,
      },
      streamed: large ? { input: "features", matrix } : undefined,
      shuffle: (epoch) => ({
        permutation: () => task.order(random.stream("member", member, stage, epoch)),
      }),
      signal,
    },
  );
}

/** Epochs between two assessments of a stage. */
export const assessEvery = (epochs: number): number => Math.max(1, Math.ceil(epochs / ASSESSMENTS));
